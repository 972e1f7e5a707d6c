/* The other points where a stream's buffer is emptied or changes: what inlined putc() left there is recorded before. */
#include "stream.h"

#include <stdlib.h>
#include <wchar.h>

static FILE *with_rest_taken(FILE *stream)
{
	if (agent_ready)
		stream_take_rest(stream);
	return stream;
}

EXPORT int fseek(FILE *stream, long offset, int whence)
{
	return REAL(fseek)(with_rest_taken(stream), offset, whence);
}

EXPORT int fseeko(FILE *stream, off_t offset, int whence)
{
	return REAL(fseeko)(with_rest_taken(stream), offset, whence);
}

EXPORT int fseeko64(FILE *stream, off64_t offset, int whence)
{
	return REAL(fseeko64)(with_rest_taken(stream), offset, whence);
}

EXPORT int fsetpos(FILE *stream, const fpos_t *position)
{
	return REAL(fsetpos)(with_rest_taken(stream), position);
}

EXPORT int fsetpos64(FILE *stream, const fpos64_t *position)
{
	return REAL(fsetpos64)(with_rest_taken(stream), position);
}

EXPORT void rewind(FILE *stream)
{
	REAL(rewind)(with_rest_taken(stream));
}

EXPORT int setvbuf(FILE *stream, char *buffer, int mode, size_t bytes)
{
	return REAL(setvbuf)(with_rest_taken(stream), buffer, mode, bytes);
}

EXPORT void setbuf(FILE *stream, char *buffer)
{
	REAL(setbuf)(with_rest_taken(stream), buffer);
}

EXPORT void setbuffer(FILE *stream, char *buffer, size_t bytes)
{
	REAL(setbuffer)(with_rest_taken(stream), buffer, bytes);
}

EXPORT void setlinebuf(FILE *stream)
{
	REAL(setlinebuf)(with_rest_taken(stream));
}

EXPORT int fcloseall(void)
{
	with_rest_taken(stdout);
	with_rest_taken(stderr);
	return REAL(fcloseall)();
}
