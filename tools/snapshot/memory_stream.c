#include "memory_stream.h"

#include "arena.h"

FILE *memory_stream_open(char **text, size_t *bytes)
{
	FILE *stream = open_memstream(text, bytes);

	if (!stream)
		arena_no_memory(BUFSIZ);
	return stream;
}

void memory_stream_close(FILE *stream)
{
	const long bytes = ftell(stream);
	const int failed = fflush(stream) != 0 || ferror(stream);

	if (fclose(stream) != 0 || failed)
		arena_no_memory(bytes > 0 ? (size_t)bytes : BUFSIZ);
}
