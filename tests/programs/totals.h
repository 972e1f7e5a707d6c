/*
 * totals.h - the last line of a program with macros: "RECORDED HANDED_OUT LOST DROPPED" on standard output, all of it before that line.
 */
#ifndef TTLOG_TESTS_TOTALS_H
#define TTLOG_TESTS_TOTALS_H

#include <ttlog.h>

#include "check.h"

enum { TOTALS_FLUSH_MS = 100000 };

static inline void totals_say(void)
{
	struct ttlog_stats now = {.size = sizeof(now)};
	CHECK_EQUAL(ttlog_flush(TOTALS_FLUSH_MS), 0);
	CHECK_EQUAL(ttlog_stats(&now), 0);
	printf("%llu %llu %llu %llu\n", (unsigned long long)now.recorded, (unsigned long long)now.handed_out,
	       (unsigned long long)now.lost, (unsigned long long)now.dropped);
}

#endif
