#include "clock_now.h"

#include "arch_counter.h"

#include <time.h>

/* Of the readings, the one that was interrupted least counts. */
#define READINGS 5u

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t read_pair(uint32_t kind, struct clock_pair *pair)
{
	uint64_t before = clock_ns(CLOCK_MONOTONIC), after;
	uint64_t ticks = kind == CLOCK_KIND_TSC ? arch_counter() : 0;

	pair->realtime_ns = clock_ns(CLOCK_REALTIME);
	after = clock_ns(CLOCK_MONOTONIC);
	pair->monotonic_ns = before + (after - before) / 2;
	pair->ticks = kind == CLOCK_KIND_TSC ? ticks : pair->monotonic_ns;
	return after - before;
}

struct clock_pair clock_now(uint32_t kind)
{
	struct clock_pair best, pair;
	uint64_t shortest = read_pair(kind, &best);

	for (unsigned i = 1; i < READINGS; i++) {
		uint64_t took = read_pair(kind, &pair);
		if (took < shortest) {
			shortest = took;
			best = pair;
		}
	}
	return best;
}
