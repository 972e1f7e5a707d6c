/* The printf family, plain and fortified. */
#include "again.h"
#include "stream.h"

#include <errno.h>
#include <stdlib.h>

enum { PLAIN = -1 };

/* `flag` is a constant at each use, here and below: PLAIN, or what the fortified functions were given. */
static inline __attribute__((always_inline)) int call_real(FILE *stream, int flag, const char *format, va_list arguments)
{
	/* Not REAL(): what is recorded comes after the constructor. */
	return flag == PLAIN ? libc.vfprintf(stream, format, arguments) : libc.__vfprintf_chk(stream, flag, format, arguments);
}

/* The call's result, and where its text did not stay in the buffer, what it was: that has to be formatted again. */
struct printed {
	int result;
	bool missing;
};

static inline __attribute__((always_inline)) struct printed print_and_record(struct stream_slot *slot, FILE *stream, int flag,
									     const char *format, va_list arguments,
									     const void *caller)
{
	const struct stream_call call = stream_begin(slot, stream, caller);
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

static inline __attribute__((always_inline)) struct printed print_locked(struct stream_slot *slot, FILE *stream, int flag,
									 const char *format, va_list arguments, const void *caller)
{
	struct stream_lock lock;
	if (__builtin_expect(stream_refuses(stream, format, 1), 0))
		return (struct printed){call_real(stream, flag, format, arguments), false};
	stream_lock(&lock, stream);
	const struct printed printed = print_and_record(slot, stream, flag, format, arguments, caller);
	stream_unlock(&lock);
	return printed;
}

/* A function of its own, so that the one below needs no frame for it. */
static __attribute__((noinline)) struct printed print_plain_locked(struct stream_slot *slot, FILE *stream, const char *format,
								   va_list arguments, const void *caller)
{
	return print_locked(slot, stream, PLAIN, format, arguments, caller);
}

static __attribute__((noinline)) struct printed print_plain(FILE *stream, const char *format, va_list arguments, const void *caller)
{
	struct stream_slot *slot = stream_slot_of(stream);
	if (!slot)
		return (struct printed){REAL(vfprintf)(stream, format, arguments), false};
	if (__builtin_expect(stream_has_threads(), 0))
		return print_plain_locked(slot, stream, format, arguments, caller);
	return print_and_record(slot, stream, PLAIN, format, arguments, caller);
}

static __attribute__((noinline)) struct printed print_checked(FILE *stream, int flag, const char *format, va_list arguments,
							      const void *caller)
{
	struct stream_slot *slot = stream_slot_of(stream);
	if (!slot)
		return (struct printed){REAL(__vfprintf_chk)(stream, flag, format, arguments), false};
	if (__builtin_expect(stream_has_threads(), 0))
		return print_locked(slot, stream, flag, format, arguments, caller);
	return print_and_record(slot, stream, flag, format, arguments, caller);
}

static __attribute__((noinline)) void record_missing(FILE *stream, int length, const char *format, va_list again,
						     const void *caller)
{
	const struct stream_slot *slot = stream_slot_of(stream);
	if (!slot)
		return;
	const struct record_origin origin = stream_origin(slot, caller);
	again_record(&origin, length, format, again);
}

static int print_fd(int fd, int flag, const char *format, va_list arguments, const void *caller)
{
	va_list again;
	va_copy(again, arguments);
	const int result = flag == PLAIN ? REAL(vdprintf)(fd, format, arguments)
					 : REAL(__vdprintf_chk)(fd, flag, format, arguments);
	const int saved_errno = errno;
	struct record_origin origin;
	if (result > 0 && write_origin(fd, caller, &origin))
		again_record(&origin, result, format, again);
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
	again_forbid();
	return REAL(register_printf_function)(specifier, print_it, arguments);
}

EXPORT int register_printf_specifier(int specifier, void *print_it, void *arguments)
{
	again_forbid();
	return REAL(register_printf_specifier)(specifier, print_it, arguments);
}
