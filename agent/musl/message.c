/* What musl itself composes and prints to standard error, unseen by other hooks: perror, psignal, warn, err. */
#include "again.h"
#include "spoken.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define CALLER __builtin_return_address(0)

enum { PREFIX_BYTES = 512, SUFFIX_BYTES = 256 };

/* `prefix: format: suffix`, as far as they are there. errno is what it was. */
static void record(const char *prefix, const char *format, va_list arguments, const char *suffix, const void *caller)
{
	char before[PREFIX_BYTES], behind[SUFFIX_BYTES];
	struct record_origin origin;
	const int saved_errno = errno;
	if (spoken_begin(&origin, stderr, caller)) {
		snprintf(before, sizeof(before), "%s%s", prefix ? prefix : "", prefix && *prefix ? ": " : "");
		snprintf(behind, sizeof(behind), "%s%s", suffix && format ? ": " : "", suffix ? suffix : "");
		again_record_message(&origin, &(struct again_message){before, format, behind}, arguments);
	}
	errno = saved_errno;
}

static void record_fixed(const char *prefix, const char *suffix, const void *caller, ...)
{
	va_list none;
	va_start(none, caller);
	record(prefix, NULL, none, suffix, caller);
	va_end(none);
}

EXPORT void perror(const char *prefix)
{
	const int error = errno;
	REAL(perror)(prefix);
	record_fixed(prefix, strerror(error), CALLER);
}

EXPORT void psignal(int number, const char *prefix)
{
	REAL(psignal)(number, prefix);
	record_fixed(prefix, strsignal(number), CALLER);
}

static void warn_with(const char *format, va_list arguments, int error, const void *caller)
{
	va_list again;
	va_copy(again, arguments);
	if (error < 0)
		REAL(vwarnx)(format, arguments);
	else
		REAL(vwarn)(format, arguments);
	if (error >= 0)
		errno = error; /* what %m stands for */
	record(program_invocation_short_name, format, again, error < 0 ? NULL : strerror(error), caller);
	va_end(again);
}

#define WITH_ARGUMENTS(call)                                                                                                       \
	va_list arguments;                                                                                                         \
	va_start(arguments, format);                                                                                               \
	call;                                                                                                                      \
	va_end(arguments)

EXPORT void vwarn(const char *format, va_list arguments)
{
	warn_with(format, arguments, errno, CALLER);
}

EXPORT void vwarnx(const char *format, va_list arguments)
{
	warn_with(format, arguments, -1, CALLER);
}

EXPORT void warn(const char *format, ...)
{
	WITH_ARGUMENTS(warn_with(format, arguments, errno, CALLER));
}

EXPORT void warnx(const char *format, ...)
{
	WITH_ARGUMENTS(warn_with(format, arguments, -1, CALLER));
}

EXPORT __attribute__((noreturn)) void verr(int status, const char *format, va_list arguments)
{
	warn_with(format, arguments, errno, CALLER);
	exit(status);
}

EXPORT __attribute__((noreturn)) void verrx(int status, const char *format, va_list arguments)
{
	warn_with(format, arguments, -1, CALLER);
	exit(status);
}

EXPORT __attribute__((noreturn)) void err(int status, const char *format, ...)
{
	WITH_ARGUMENTS(warn_with(format, arguments, errno, CALLER));
	exit(status);
}

EXPORT __attribute__((noreturn)) void errx(int status, const char *format, ...)
{
	WITH_ARGUMENTS(warn_with(format, arguments, -1, CALLER));
	exit(status);
}
