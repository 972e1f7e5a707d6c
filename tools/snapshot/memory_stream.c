#include "memory_stream.h"

#include "arena.h"

FILE *memory_stream_open(char **text, size_t *bytes)
{
	FILE *stream = open_memstream(text, bytes);

	if (!stream)
		arena_no_memory(BUFSIZ);
	return stream;
}

/* fclose(3) of glibc 2.36 answers 0 where it had no memory for the text, too. */
void memory_stream_close(FILE *stream, char *const *text)
{
	const long bytes = ftell(stream);
	const int failed = fflush(stream) != 0 || ferror(stream);

	if (fclose(stream) != 0 || failed || !*text)
		arena_no_memory(bytes > 0 ? (size_t)bytes : BUFSIZ);
}
