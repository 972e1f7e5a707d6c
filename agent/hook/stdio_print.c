/* The printf family, plain and fortified. */
#include "stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { PLAIN = -1, PRINT_TEXT_BYTES = 4096 };

/* A program's own conversion specifiers may have side effects: nothing is formatted twice from then on. */
static bool own_specifiers;

static int call_real(FILE *stream, int flag, const char *format, va_list arguments)
{
	return flag == PLAIN ? REAL(vfprintf)(stream, format, arguments) : REAL(__vfprintf_chk)(stream, flag, format, arguments);
}

static __attribute__((noinline)) void record_again(const struct record_origin *origin, int length, const char *format,
						   va_list arguments)
{
	char text[PRINT_TEXT_BYTES];
	if (__atomic_load_n(&own_specifiers, __ATOMIC_RELAXED))
		return;
	if (vsnprintf(text, sizeof(text), format, arguments) < 0)
		return;
	const size_t full = (size_t)length;
	record_text(origin, text, full < sizeof(text) ? full : sizeof(text) - 1, full);
}

static int print_and_record(struct stream_call *call, int flag, const char *format, va_list arguments)
{
	va_list again;
	const char *text;
	va_copy(again, arguments);
	const int result = call_real(call->stream, flag, format, arguments);
	const int saved_errno = errno;
	if (result > 0 && stream_appended(call, (size_t)result, &text))
		record_text(&call->origin, text, (size_t)result, (size_t)result);
	else if (result > 0)
		record_again(&call->origin, result, format, again);
	stream_end(call);
	va_end(again);
	errno = saved_errno;
	return result;
}

static int print(FILE *stream, int flag, const char *format, va_list arguments, const void *caller)
{
	struct stream_call call;
	int result;
	if (!stream_wanted(stream))
		return call_real(stream, flag, format, arguments);
	stream_begin(&call, stream, true, caller);
	if (!call.locked)
		return print_and_record(&call, flag, format, arguments);
	pthread_cleanup_push(stream_unlock, &call); /* 8 ns, so only where there is something to unlock */
	result = print_and_record(&call, flag, format, arguments);
	pthread_cleanup_pop(1);
	return result;
}

static int print_fd(int fd, int flag, const char *format, va_list arguments, const void *caller)
{
	va_list again;
	va_copy(again, arguments);
	const int result = flag == PLAIN ? REAL(vdprintf)(fd, format, arguments)
					 : REAL(__vdprintf_chk)(fd, flag, format, arguments);
	const int saved_errno = errno;
	if (result > 0 && agent_ready && (fd == 1 || fd == 2) && (config.set.capture & (CAPTURE_STDOUT << (fd - 1)))) {
		const struct record_origin origin = {fd == 1 ? SOURCE_WRITE1 : SOURCE_WRITE2, fd == 1 ? LEVEL_INFO : LEVEL_WARN,
						     caller};
		record_again(&origin, result, format, again);
	}
	va_end(again);
	errno = saved_errno;
	return result;
}

#define CALLER __builtin_return_address(0)

#define WITH_ARGUMENTS(last, call)                                                                                                 \
	va_list arguments;                                                                                                         \
	va_start(arguments, last);                                                                                                 \
	const int result = call;                                                                                                   \
	va_end(arguments);                                                                                                         \
	return result

EXPORT int printf(const char *format, ...)
{
	WITH_ARGUMENTS(format, print(stdout, PLAIN, format, arguments, CALLER));
}

EXPORT int fprintf(FILE *stream, const char *format, ...)
{
	WITH_ARGUMENTS(format, print(stream, PLAIN, format, arguments, CALLER));
}

EXPORT int vprintf(const char *format, va_list arguments)
{
	return print(stdout, PLAIN, format, arguments, CALLER);
}

EXPORT int vfprintf(FILE *stream, const char *format, va_list arguments)
{
	return print(stream, PLAIN, format, arguments, CALLER);
}

EXPORT int dprintf(int fd, const char *format, ...)
{
	WITH_ARGUMENTS(format, print_fd(fd, PLAIN, format, arguments, CALLER));
}

EXPORT int vdprintf(int fd, const char *format, va_list arguments)
{
	return print_fd(fd, PLAIN, format, arguments, CALLER);
}

EXPORT int __printf_chk(int flag, const char *format, ...)
{
	WITH_ARGUMENTS(format, print(stdout, flag, format, arguments, CALLER));
}

EXPORT int __fprintf_chk(FILE *stream, int flag, const char *format, ...)
{
	WITH_ARGUMENTS(format, print(stream, flag, format, arguments, CALLER));
}

EXPORT int __vprintf_chk(int flag, const char *format, va_list arguments)
{
	return print(stdout, flag, format, arguments, CALLER);
}

EXPORT int __vfprintf_chk(FILE *stream, int flag, const char *format, va_list arguments)
{
	return print(stream, flag, format, arguments, CALLER);
}

EXPORT int __dprintf_chk(int fd, int flag, const char *format, ...)
{
	WITH_ARGUMENTS(format, print_fd(fd, flag, format, arguments, CALLER));
}

EXPORT int __vdprintf_chk(int fd, int flag, const char *format, va_list arguments)
{
	return print_fd(fd, flag, format, arguments, CALLER);
}

EXPORT int register_printf_function(int specifier, void *print_it, void *arguments)
{
	__atomic_store_n(&own_specifiers, true, __ATOMIC_RELAXED);
	return REAL(register_printf_function)(specifier, print_it, arguments);
}

EXPORT int register_printf_specifier(int specifier, void *print_it, void *arguments)
{
	__atomic_store_n(&own_specifiers, true, __ATOMIC_RELAXED);
	return REAL(register_printf_specifier)(specifier, print_it, arguments);
}
