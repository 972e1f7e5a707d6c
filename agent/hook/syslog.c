/* syslog(3): the message as it goes to the logger, with the level that its priority says. */
#include "config.h"
#include "libc.h"
#include "record.h"

#include <errno.h>
#include <stdio.h>
#include <syslog.h>

enum { PLAIN = -1 };

static enum event_level level_of(int priority)
{
	static const unsigned char levels[8] = {
		[LOG_EMERG] = LEVEL_FATAL,  [LOG_ALERT] = LEVEL_FATAL, [LOG_CRIT] = LEVEL_FATAL, [LOG_ERR] = LEVEL_ERROR,
		[LOG_WARNING] = LEVEL_WARN, [LOG_NOTICE] = LEVEL_INFO, [LOG_INFO] = LEVEL_INFO,  [LOG_DEBUG] = LEVEL_DEBUG,
	};
	return (enum event_level)levels[LOG_PRI(priority)];
}

static void log_text(int priority, int flag, const char *format, va_list arguments, const void *caller)
{
	char text[RECORD_TEXT_BYTES * 2];
	va_list again;
	const int error = errno; /* what %m stands for */
	va_copy(again, arguments);
	if (flag == PLAIN)
		REAL(vsyslog)(priority, format, arguments);
	else
		REAL(__vsyslog_chk)(priority, flag, format, arguments);
	const int saved_errno = errno;
	if (agent_ready && (config.set.capture & CAPTURE_SYSLOG)) {
		const struct record_origin origin = {SOURCE_SYSLOG, level_of(priority), caller, 0};
		errno = error;
		const int length = vsnprintf(text, sizeof(text), format, again);
		if (length > 0)
			record_text(&origin, text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1,
				    (size_t)length);
	}
	va_end(again);
	errno = saved_errno;
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
