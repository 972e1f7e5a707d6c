/*
 * duration.h - "500ms", "60s", "5m", "1h"; a number alone is seconds.
 */
#ifndef TTLOG_CLI_DURATION_H
#define TTLOG_CLI_DURATION_H

#include <stdint.h>

/* 0 and *ns, at most 365 days; or -EINVAL. */
int duration_parse(const char *text, uint64_t *ns);

#endif
