/* The printf family, plain and fortified. */
#include "stream.h"

#include <errno.h>
#include <stdlib.h>

enum { PLAIN = -1, PRINT_TEXT_BYTES = 4096 };

/* A program's own conversion specifiers may have side effects: nothing is formatted twice from then on. */
static bool own_specifiers;

/* `flag` is a constant at each use, here and below: PLAIN, or what the fortified functions were given. */
static inline __attribute__((always_inline)) int call_real(FILE *stream, int flag, const char *format, va_list arguments)
{
	/* Not REAL(): what is recorded comes after the constructor. */
	return flag == PLAIN ? libc.vfprintf(stream, format, arguments) : libc.__vfprintf_chk(stream, flag, format, arguments);
}

static __attribute__((noinline)) void record_again(const struct record_origin *origin, int length, const char *format,
						   va_list arguments)
{
	char text[PRINT_TEXT_BYTES];
	const int saved_errno = errno;
	if (__atomic_load_n(&own_specifiers, __ATOMIC_RELAXED))
		return;
	if (vsnprintf(text, sizeof(text), format, arguments) >= 0) {
		const size_t full = (size_t)length;
		record_text(origin, text, full < sizeof(text) ? full : sizeof(text) - 1, full);
	}
	errno = saved_errno;
}

/* The call's result, and where its text did not stay in the buffer, what it was: that has to be formatted again. */
struct printed {
	int result;
	bool missing;
};

static inline __attribute__((always_inline)) struct printed print_and_record(FILE *stream, int flag, const char *format,
									     va_list arguments, const void *caller)
{
	const struct stream_call call = stream_begin(stream, caller);
	struct printed printed = {call_real(stream, flag, format, arguments), false};
	if (printed.result > 0) {
		if (stream_appended(&call, (size_t)printed.result))
			stream_record_inline(&call, call.at, (size_t)printed.result);
		else
			printed.missing = true;
	}
	stream_end(&call);
	return printed;
}

static inline __attribute__((always_inline)) struct printed print_locked(FILE *stream, int flag, const char *format,
									 va_list arguments, const void *caller)
{
	struct stream_lock lock;
	stream_lock(&lock, stream);
	const struct printed printed = print_and_record(stream, flag, format, arguments, caller);
	stream_unlock(&lock);
	return printed;
}

/* A function of its own, so that the one below needs no frame for it. */
static __attribute__((noinline)) struct printed print_plain_locked(FILE *stream, const char *format, va_list arguments,
								   const void *caller)
{
	return print_locked(stream, PLAIN, format, arguments, caller);
}

static __attribute__((noinline)) struct printed print_plain(FILE *stream, const char *format, va_list arguments, const void *caller)
{
	if (!stream_wanted(stream))
		return (struct printed){REAL(vfprintf)(stream, format, arguments), false};
	if (__builtin_expect(stream_has_threads(), 0))
		return print_plain_locked(stream, format, arguments, caller);
	return print_and_record(stream, PLAIN, format, arguments, caller);
}

static __attribute__((noinline)) struct printed print_checked(FILE *stream, int flag, const char *format, va_list arguments,
							      const void *caller)
{
	if (!stream_wanted(stream))
		return (struct printed){REAL(__vfprintf_chk)(stream, flag, format, arguments), false};
	if (__builtin_expect(stream_has_threads(), 0))
		return print_locked(stream, flag, format, arguments, caller);
	return print_and_record(stream, flag, format, arguments, caller);
}

static __attribute__((noinline)) void record_missing(FILE *stream, int length, const char *format, va_list again,
						     const void *caller)
{
	const bool error = stream_kind(stream) != 0;
	const struct record_origin origin = {error ? SOURCE_STDERR : SOURCE_STDOUT, error ? LEVEL_WARN : LEVEL_INFO, caller};
	record_again(&origin, length, format, again);
}

static int print_fd(int fd, int flag, const char *format, va_list arguments, const void *caller)
{
	va_list again;
	va_copy(again, arguments);
	const int result = flag == PLAIN ? REAL(vdprintf)(fd, format, arguments)
					 : REAL(__vdprintf_chk)(fd, flag, format, arguments);
	const int saved_errno = errno;
	if (result > 0 && (fd == 1 || fd == 2) && (stream_recorded & (unsigned)fd)) {
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

/* `call` prints with `arguments`. They are started again where the text is missing: a copy would wait for what va_start() has just stored. */
#define PRINT_ARGUMENTS(stream, call)                                                                                              \
	va_list arguments;                                                                                                         \
	va_start(arguments, format);                                                                                               \
	const struct printed printed = call;                                                                                       \
	va_end(arguments);                                                                                                         \
	if (__builtin_expect(printed.missing, 0)) {                                                                                \
		va_start(arguments, format);                                                                                       \
		record_missing(stream, printed.result, format, arguments, CALLER);                                                 \
		va_end(arguments);                                                                                                 \
	}                                                                                                                          \
	return printed.result

#define PRINT_LIST(stream, call)                                                                                                   \
	va_list again;                                                                                                             \
	va_copy(again, arguments);                                                                                                 \
	const struct printed printed = call;                                                                                       \
	if (__builtin_expect(printed.missing, 0))                                                                                  \
		record_missing(stream, printed.result, format, again, CALLER);                                                     \
	va_end(again);                                                                                                             \
	return printed.result

EXPORT int printf(const char *format, ...)
{
	PRINT_ARGUMENTS(stdout, print_plain(stdout, format, arguments, CALLER));
}

EXPORT int fprintf(FILE *stream, const char *format, ...)
{
	PRINT_ARGUMENTS(stream, print_plain(stream, format, arguments, CALLER));
}

EXPORT int vprintf(const char *format, va_list arguments)
{
	PRINT_LIST(stdout, print_plain(stdout, format, arguments, CALLER));
}

EXPORT int vfprintf(FILE *stream, const char *format, va_list arguments)
{
	PRINT_LIST(stream, print_plain(stream, format, arguments, CALLER));
}

EXPORT int __printf_chk(int flag, const char *format, ...)
{
	PRINT_ARGUMENTS(stdout, print_checked(stdout, flag, format, arguments, CALLER));
}

EXPORT int __fprintf_chk(FILE *stream, int flag, const char *format, ...)
{
	PRINT_ARGUMENTS(stream, print_checked(stream, flag, format, arguments, CALLER));
}

EXPORT int __vprintf_chk(int flag, const char *format, va_list arguments)
{
	PRINT_LIST(stdout, print_checked(stdout, flag, format, arguments, CALLER));
}

EXPORT int __vfprintf_chk(FILE *stream, int flag, const char *format, va_list arguments)
{
	PRINT_LIST(stream, print_checked(stream, flag, format, arguments, CALLER));
}

/* To a descriptor ------------------------------------------------------------------------------------------------------------- */

EXPORT int dprintf(int fd, const char *format, ...)
{
	WITH_ARGUMENTS(format, print_fd(fd, PLAIN, format, arguments, CALLER));
}

EXPORT int vdprintf(int fd, const char *format, va_list arguments)
{
	return print_fd(fd, PLAIN, format, arguments, CALLER);
}

EXPORT int __dprintf_chk(int fd, int flag, const char *format, ...)
{
	WITH_ARGUMENTS(format, print_fd(fd, flag, format, arguments, CALLER));
}

EXPORT int __vdprintf_chk(int fd, int flag, const char *format, va_list arguments)
{
	return print_fd(fd, flag, format, arguments, CALLER);
}

/* Specifiers ------------------------------------------------------------------------------------------------------------------- */

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
