/* syslog(3): the message as it goes to the logger, with the level that its priority says. */
#include "again.h"
#include "config.h"
#include "libc.h"
#include "priority.h"
#include "record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

enum { PLAIN = -1, IDENT_BYTES = 64 };

/* What openlog(3) was told, for the events; a copy, since programs free theirs. Two threads that call it at once may mix it: so they do in libc. */
static char ident[IDENT_BYTES];

/*
 * As setlogmask(3) has it: libc does not look at a message that is masked, whose arguments may be gone. Asked, libc would take its lock, which
 * it does not for such a message: a handler may have interrupted who holds it.
 */
static int log_mask = 0xff;

static bool is_masked(int priority)
{
	return !(__atomic_load_n(&log_mask, __ATOMIC_RELAXED) & LOG_MASK(LOG_PRI(priority)));
}

/* A function of its own: libc's runs without this text on the stack, which may be a handler's of 8 KB. */
static __attribute__((noinline)) void record_logged(int priority, const char *format, va_list arguments, const void *caller)
{
	char text[RECORD_TEXT_BYTES * 2];
	const struct record_origin origin = {SOURCE_SYSLOG, level_of_priority(priority), caller, 0};
	const int length = vsnprintf(text, sizeof(text), format, arguments);
	if (length > 0)
		record_named(&origin, text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1, (size_t)length,
			     "ident", ident);
}

static void log_text(int priority, int flag, const char *format, va_list arguments, const void *caller)
{
	va_list again;
	const int error = errno; /* what %m stands for */
	va_copy(again, arguments);
	if (flag == PLAIN)
		REAL(vsyslog)(priority, format, arguments);
	else
		REAL(__vsyslog_chk)(priority, flag, format, arguments);
	const int saved_errno = errno;
	if (agent_ready && (config.set.capture & CAPTURE_SYSLOG) && !is_masked(priority) && again_allowed(format)) {
		errno = error;
		record_logged(priority, format, again, caller);
	}
	va_end(again);
	errno = saved_errno;
}

EXPORT void openlog(const char *name, int options, int facility)
{
	if (agent_ready) {
		const size_t bytes = name ? strnlen(name, sizeof(ident) - 1) : 0;
		memcpy(ident, name ? name : "", bytes);
		ident[bytes] = 0;
	}
	REAL(openlog)(name, options, facility);
}

EXPORT int setlogmask(int mask)
{
	if (mask)
		__atomic_store_n(&log_mask, mask, __ATOMIC_RELAXED);
	return REAL(setlogmask)(mask);
}

#define CALLER __builtin_return_address(0)

EXPORT void syslog(int priority, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	log_text(priority, PLAIN, format, arguments, CALLER);
	va_end(arguments);
}

EXPORT void vsyslog(int priority, const char *format, va_list arguments)
{
	log_text(priority, PLAIN, format, arguments, CALLER);
}

EXPORT void __syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	log_text(priority, flag, format, arguments, CALLER);
	va_end(arguments);
}

EXPORT void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments)
{
	log_text(priority, flag, format, arguments, CALLER);
}
