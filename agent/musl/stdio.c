/* musl's stdio: the printf family, puts fputs fwrite putc and their twins. */
#include "again.h"
#include "libc_ways.h"
#include "spoken.h"

#include <errno.h>
#include <string.h>

#define CALLER __builtin_return_address(0)

#undef putc
#undef putchar
#undef putc_unlocked
#undef putchar_unlocked

/* Formatted ------------------------------------------------------------------------------------------------------------------------ */

static int print(FILE *stream, const char *format, va_list arguments, const void *caller)
{
	struct record_origin origin;
	va_list again;
	va_copy(again, arguments);
	const int error = errno; /* what %m stands for */
	const int result = REAL(vfprintf)(stream, format, arguments);
	const int saved_errno = errno;
	if (result > 0 && spoken_begin(&origin, stream, caller)) {
		errno = error;
		again_record(&origin, result, format, again);
	}
	va_end(again);
	errno = saved_errno;
	return result;
}

static int print_fd(int fd, const char *format, va_list arguments, const void *caller)
{
	struct record_origin origin;
	va_list again;
	va_copy(again, arguments);
	const int error = errno;
	const int result = REAL(vdprintf)(fd, format, arguments);
	const int saved_errno = errno;
	if (result > 0 && write_origin(fd, caller, &origin)) {
		errno = error;
		again_record(&origin, result, format, again);
	}
	va_end(again);
	errno = saved_errno;
	return result;
}

#define WITH_ARGUMENTS(call)                                                                                                       \
	va_list arguments;                                                                                                         \
	va_start(arguments, format);                                                                                               \
	const int result = call;                                                                                                   \
	va_end(arguments);                                                                                                         \
	return result

EXPORT int printf(const char *format, ...)
{
	WITH_ARGUMENTS(print(stdout, format, arguments, CALLER));
}

EXPORT int fprintf(FILE *stream, const char *format, ...)
{
	WITH_ARGUMENTS(print(stream, format, arguments, CALLER));
}

EXPORT int vprintf(const char *format, va_list arguments)
{
	return print(stdout, format, arguments, CALLER);
}

EXPORT int vfprintf(FILE *stream, const char *format, va_list arguments)
{
	return print(stream, format, arguments, CALLER);
}

EXPORT int dprintf(int fd, const char *format, ...)
{
	WITH_ARGUMENTS(print_fd(fd, format, arguments, CALLER));
}

EXPORT int vdprintf(int fd, const char *format, va_list arguments)
{
	return print_fd(fd, format, arguments, CALLER);
}

/* As it is ------------------------------------------------------------------------------------------------------------------------- */

EXPORT int puts(const char *line)
{
	char copy[RECORD_TEXT_BYTES];
	struct record_origin origin;
	const int result = REAL(puts)(line);
	if (result < 0 || !spoken_begin(&origin, stdout, CALLER))
		return result;
	const size_t bytes = strlen(line);
	if (bytes < sizeof(copy)) { /* a line and its end are one event */
		memcpy(copy, line, bytes);
		copy[bytes] = '\n';
		record_text(&origin, copy, bytes + 1, bytes + 1);
	} else {
		record_text(&origin, line, bytes, bytes);
	}
	return result;
}

static void record_given(FILE *stream, const void *text, size_t bytes, const void *caller)
{
	struct record_origin origin;
	if (bytes && spoken_begin(&origin, stream, caller))
		spoken_record(&origin, stream, text, bytes);
}

EXPORT int fputs(const char *text, FILE *stream)
{
	const int result = REAL(fputs)(text, stream);
	if (result >= 0)
		record_given(stream, text, strlen(text), CALLER);
	return result;
}

EXPORT int fputs_unlocked(const char *text, FILE *stream)
{
	const int result = REAL(fputs_unlocked)(text, stream);
	if (result >= 0)
		record_given(stream, text, strlen(text), CALLER);
	return result;
}

EXPORT size_t fwrite(const void *data, size_t size, size_t count, FILE *stream)
{
	const size_t result = REAL(fwrite)(data, size, count, stream);
	record_given(stream, data, result * size, CALLER);
	return result;
}

EXPORT size_t fwrite_unlocked(const void *data, size_t size, size_t count, FILE *stream)
{
	const size_t result = REAL(fwrite_unlocked)(data, size, count, stream);
	record_given(stream, data, result * size, CALLER);
	return result;
}

EXPORT int putw(int word, FILE *stream)
{
	const int result = REAL(putw)(word, stream);
	if (result == 0)
		record_given(stream, &word, sizeof(word), CALLER);
	return result;
}

/* One by one ----------------------------------------------------------------------------------------------------------------------- */

static int put(int character, FILE *stream, const void *caller)
{
	struct record_origin origin;
	const int result = REAL(fputc)(character, stream);
	const int saved_errno = errno;
	if (result != EOF && agent_ready && write_origin(libc_stream_number(stream), caller, &origin))
		spoken_gather(&origin, stream, (char)character);
	errno = saved_errno;
	return result;
}

EXPORT int fputc(int character, FILE *stream)
{
	return put(character, stream, CALLER);
}

EXPORT int putc(int character, FILE *stream)
{
	return put(character, stream, CALLER);
}

EXPORT int _IO_putc(int character, FILE *stream)
{
	return put(character, stream, CALLER);
}

EXPORT int putchar(int character)
{
	return put(character, stdout, CALLER);
}

EXPORT int fputc_unlocked(int character, FILE *stream)
{
	return put(character, stream, CALLER);
}

EXPORT int putc_unlocked(int character, FILE *stream)
{
	return put(character, stream, CALLER);
}

EXPORT int _IO_putc_unlocked(int character, FILE *stream)
{
	return put(character, stream, CALLER);
}

EXPORT int putchar_unlocked(int character)
{
	return put(character, stdout, CALLER);
}
