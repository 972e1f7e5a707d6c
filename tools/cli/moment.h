/*
 * moment.h - a point in time as people write it, absolute or counted from the end of what they look at.
 *
 * Pure but for the time zone of the environment (TZ), which times without a zone are taken in. Single-threaded.
 */
#ifndef TTLOG_CLI_MOMENT_H
#define TTLOG_CLI_MOMENT_H

#include <stdint.h>

struct moment {
	enum { MOMENT_ABSOLUTE, MOMENT_BEFORE_END, MOMENT_OF_DAY } kind;
	int64_t ns;   /* since 1970-01-01 UTC; from the end (negative: before it); since midnight */
	int has_zone; /* of a time of day: `zone` is said, not the local one */
	int32_t zone; /* seconds east of UTC */
};

/*
 * -5s -200ms -1.5m +10us      from the end: us ms s m h d, seconds where no unit is said
 * 2026-11-23 13:37:40.101     local, with Z or +02:00 of that zone; T for the blank; seconds, their fraction, or the time may be left out
 * 13:37:40                    on the day of the end
 * @1790000000.5               seconds since 1970-01-01 UTC
 *
 * 0, or -EINVAL.
 */
int moment_parse(const char *text, struct moment *moment);

/* ns since 1970-01-01 UTC, 0 for what lies before that; `end_ns` likewise. */
uint64_t moment_resolve(const struct moment *moment, uint64_t end_ns);

/* For error texts. */
#define MOMENT_FORMS                                                                                                               \
	"not a time: \"2026-11-23 13:37:40\" (with Z: UTC), \"13:37:40\", \"@1790000000\", or from the end: \"-5s\", \"-200ms\""

#endif
