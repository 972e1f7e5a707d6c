/* priority.h - syslog's priorities as levels. */
#ifndef TTLOG_HOOK_PRIORITY_H
#define TTLOG_HOOK_PRIORITY_H

#include "event.h"

#include <syslog.h>

static inline enum event_level level_of_priority(int priority)
{
	static const unsigned char levels[8] = {
		[LOG_EMERG] = LEVEL_FATAL,  [LOG_ALERT] = LEVEL_FATAL, [LOG_CRIT] = LEVEL_FATAL, [LOG_ERR] = LEVEL_ERROR,
		[LOG_WARNING] = LEVEL_WARN, [LOG_NOTICE] = LEVEL_INFO, [LOG_INFO] = LEVEL_INFO,  [LOG_DEBUG] = LEVEL_DEBUG,
	};
	return (enum event_level)levels[LOG_PRI(priority)];
}

#endif
