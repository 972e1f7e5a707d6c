/* What libc itself composes and prints to standard error, unseen by other hooks: perror, psignal, warn, err, error. */
#include "again.h"
#include "siginfo_text.h"
#include "stream.h"

#include "arch_variadic.h"

#include <err.h>
#include <errno.h>
#include <error.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#define CALLER __builtin_return_address(0)

#undef error
#undef error_at_line

enum { PREFIX_BYTES = 512, SUFFIX_BYTES = SIGINFO_TEXT_BYTES };

struct parts {
	char prefix[PREFIX_BYTES], suffix[SUFFIX_BYTES];
};

/* What stands around a message is formatted, too: not with the program's specifiers. */
static bool wanted(void)
{
	return agent_ready && stream_slot_of(stderr) && again_allowed(NULL);
}

__attribute__((format(printf, 3, 4))) static void put(char *to, size_t bytes, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	if (vsnprintf(to, bytes, format, arguments) < 0)
		*to = 0;
	va_end(arguments);
}

/* One line: prefix, formatted text (format may be NULL), suffix. `error` is what errno was when the program called. */
static void record_line(const struct parts *parts, int error, const char *format, va_list arguments, const void *caller)
{
	const struct record_origin origin = stream_origin(stream_slot_of(stderr), caller);
	const struct again_message message = {parts->prefix, format, parts->suffix};
	errno = error;
	again_record_message(&origin, &message, arguments);
}

static void record_fixed(const struct parts *parts, const void *caller, ...)
{
	va_list none;
	va_start(none, caller);
	record_line(parts, 0, NULL, none, caller);
	va_end(none);
}

/* perror, psignal, psiginfo --------------------------------------------------------------------------------------------------- */

EXPORT void perror(const char *prefix)
{
	const int error = errno;
	REAL(perror)(prefix);
	const int saved_errno = errno;
	if (wanted()) {
		struct parts parts;
		errno = error; /* for %m */
		put(parts.prefix, sizeof(parts.prefix), "%s%s", prefix ? prefix : "", prefix && *prefix ? ": " : "");
		put(parts.suffix, sizeof(parts.suffix), "%m");
		record_fixed(&parts, CALLER);
	}
	errno = saved_errno;
}

/* The suffix is there. */
static void record_signal(struct parts *parts, const char *prefix, const void *caller)
{
	put(parts->prefix, sizeof(parts->prefix), "%s%s", prefix ? prefix : "", prefix && *prefix ? ": " : "");
	record_fixed(parts, caller);
}

EXPORT void psignal(int number, const char *prefix)
{
	struct parts parts;
	REAL(psignal)(number, prefix);
	const int saved_errno = errno;
	const char *description = siginfo_signal_words(number);
	if (wanted()) {
		if (description)
			put(parts.suffix, sizeof(parts.suffix), "%s", description);
		else
			put(parts.suffix, sizeof(parts.suffix), "Unknown signal %d", number);
		record_signal(&parts, prefix, CALLER);
	}
	errno = saved_errno;
}

EXPORT void psiginfo(const siginfo_t *info, const char *prefix)
{
	struct parts parts;
	REAL(psiginfo)(info, prefix);
	const int saved_errno = errno;
	if (wanted()) {
		siginfo_text(info, parts.suffix, sizeof(parts.suffix));
		record_signal(&parts, prefix, CALLER);
	}
	errno = saved_errno;
}

/* warn, err ------------------------------------------------------------------------------------------------------------------- */

/* `coded`: the text of errno stands at the end. Recorded first: err(3) does not come back. */
static void record_warning(bool coded, const char *format, va_list arguments, const void *caller)
{
	struct parts parts = {"", ""};
	va_list again;
	const int error = errno;
	if (!wanted())
		return;
	put(parts.prefix, sizeof(parts.prefix), "%s: ", program_invocation_short_name);
	if (coded)
		put(parts.suffix, sizeof(parts.suffix), "%s%m", format ? ": " : "");
	va_copy(again, arguments);
	record_line(&parts, error, format, again, caller);
	va_end(again);
	errno = error;
}

EXPORT void vwarn(const char *format, va_list arguments)
{
	record_warning(true, format, arguments, CALLER);
	REAL(vwarn)(format, arguments);
}

EXPORT void vwarnx(const char *format, va_list arguments)
{
	record_warning(false, format, arguments, CALLER);
	REAL(vwarnx)(format, arguments);
}

EXPORT __attribute__((noreturn)) void verr(int status, const char *format, va_list arguments)
{
	record_warning(true, format, arguments, CALLER);
	REAL(verr)(status, format, arguments);
	__builtin_unreachable();
}

EXPORT __attribute__((noreturn)) void verrx(int status, const char *format, va_list arguments)
{
	record_warning(false, format, arguments, CALLER);
	REAL(verrx)(status, format, arguments);
	__builtin_unreachable();
}

EXPORT void warn(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	record_warning(true, format, arguments, CALLER);
	REAL(vwarn)(format, arguments);
	va_end(arguments);
}

EXPORT void warnx(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	record_warning(false, format, arguments, CALLER);
	REAL(vwarnx)(format, arguments);
	va_end(arguments);
}

EXPORT __attribute__((noreturn)) void err(int status, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	record_warning(true, format, arguments, CALLER);
	REAL(verr)(status, format, arguments);
	__builtin_unreachable();
}

EXPORT __attribute__((noreturn)) void errx(int status, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	record_warning(false, format, arguments, CALLER);
	REAL(verrx)(status, format, arguments);
	__builtin_unreachable();
}

/* error ----------------------------------------------------------------------------------------------------------------------- */

/*
 * error(3) and error_at_line(3) have no form that takes a list of arguments, so the real one is not called but jumped to, with the
 * program's registers and stack as they came (arch_variadic.h). What is recorded was looked at before.
 */
static void end_of_error(struct parts *parts, int code)
{
	errno = code;
	put(parts->suffix, sizeof(parts->suffix), "%s%m", ": ");
	if (!code)
		parts->suffix[0] = 0;
}

__attribute__((used, visibility("hidden"))) void *error_before(va_list arguments, const void *caller)
{
	struct parts parts;
	const int saved_errno = errno;
	if (wanted()) {
		(void)va_arg(arguments, int); /* exit status */
		const int code = va_arg(arguments, int);
		const char *format = va_arg(arguments, const char *);
		stream_take_rest(stdout); /* the real one flushes it */
		put(parts.prefix, sizeof(parts.prefix), "%s: ", program_invocation_name);
		if (error_print_progname)
			parts.prefix[0] = 0; /* it prints by itself, through hooks that see it */
		end_of_error(&parts, code);
		record_line(&parts, saved_errno, format, arguments, caller);
	}
	errno = saved_errno;
	return (void *)&REAL(error);
}

__attribute__((used, visibility("hidden"))) void *error_at_line_before(va_list arguments, const void *caller)
{
	struct parts parts;
	const int saved_errno = errno;
	if (wanted()) {
		(void)va_arg(arguments, int);
		const int code = va_arg(arguments, int);
		const char *file = va_arg(arguments, const char *);
		const unsigned line = va_arg(arguments, unsigned);
		const char *format = va_arg(arguments, const char *);
		stream_take_rest(stdout);
		if (file)
			put(parts.prefix, sizeof(parts.prefix), "%s:%s:%u: ", program_invocation_name, file, line);
		else
			put(parts.prefix, sizeof(parts.prefix), "%s: ", program_invocation_name);
		end_of_error(&parts, code);
		record_line(&parts, saved_errno, format, arguments, caller);
	}
	errno = saved_errno;
	return (void *)&REAL(error_at_line);
}

ARCH_JUMP_AFTER(error, error_before);
ARCH_JUMP_AFTER(error_at_line, error_at_line_before);
