/*
 * clock_scale.h - ticks of a recorder to nanoseconds of CLOCK_REALTIME.
 *
 * Between two noted pairs (recorder.h) time runs along the line through both; wall time starts from the earlier one, so that a
 * clock that is set in between moves what comes after the next pair, and nothing before. Where the counter began anew (a
 * suspend that resets it) an era ends: ticks mean something within an era only. Pure; no allocation.
 */
#ifndef TTLOG_FORMAT_CLOCK_SCALE_H
#define TTLOG_FORMAT_CLOCK_SCALE_H

#include "recorder.h"

#include <stdbool.h>

#define CLOCK_SCALE_PAIRS (CLOCK_PAIRS_FINE + CLOCK_PAIRS_COARSE + 2)

struct clock_scale {
	struct clock_pair pairs[CLOCK_SCALE_PAIRS]; /* in the order of CLOCK_MONOTONIC */
	uint32_t era[CLOCK_SCALE_PAIRS];            /* of each pair */
	double rate[CLOCK_SCALE_PAIRS];             /* ns per tick behind each pair */
	uint32_t count;
};

/* `now` is used where the file has no end pair; NULL: there is none either. Without two pairs a tick is taken for a nanosecond. */
void clock_scale_init(struct clock_scale *scale, const struct recorder_clock *clock, const struct recorder_pairs *pairs,
		      const struct clock_pair *now);

/* The latest era that such ticks can be of. */
uint32_t clock_scale_era(const struct clock_scale *scale, uint64_t ticks);
int64_t clock_scale_ns(const struct clock_scale *scale, uint32_t era, uint64_t ticks);
/* The same of CLOCK_MONOTONIC. */
int64_t clock_scale_monotonic_ns(const struct clock_scale *scale, uint32_t era, uint64_t ticks);

#endif
