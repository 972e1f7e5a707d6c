#include "clock_scale.h"

#include "word.h"

#include <stddef.h>

/* A pair that may be written meanwhile. False: not there, or changed under our eyes. */
static bool read_pair(const struct clock_pair *from, struct clock_pair *pair)
{
	pair->ticks = word_seen(&from->ticks);
	pair->monotonic_ns = word_get(&from->monotonic_ns);
	pair->realtime_ns = word_get(&from->realtime_ns);
	word_fence_gets();
	return pair->ticks && word_get(&from->ticks) == pair->ticks;
}

/* Sorted as they come; one that is there already (a coarse one among the recent) is left out. */
static void insert(struct clock_scale *scale, const struct clock_pair *from)
{
	struct clock_pair pair;
	uint32_t at = scale->count;
	if (!read_pair(from, &pair))
		return;
	while (at && scale->pairs[at - 1].monotonic_ns >= pair.monotonic_ns)
		at--;
	if (at < scale->count && scale->pairs[at].monotonic_ns == pair.monotonic_ns)
		return;
	for (uint32_t i = scale->count++; i > at; i--)
		scale->pairs[i] = scale->pairs[i - 1];
	scale->pairs[at] = pair;
}

static double distance(double a, double b)
{
	return a > b ? a - b : b - a;
}

/*
 * The rate between two pairs of an era: by CLOCK_MONOTONIC, which nobody sets; but in a suspend that stands still while the
 * counter may run on, and then CLOCK_REALTIME is nearer to the rate before.
 */
static double rate_between(const struct clock_pair *from, const struct clock_pair *to, double before)
{
	const double ticks = (double)(to->ticks - from->ticks);
	const double monotonic = (double)(int64_t)(to->monotonic_ns - from->monotonic_ns) / ticks;
	const double realtime = (double)(int64_t)(to->realtime_ns - from->realtime_ns) / ticks;
	return before > 0 && distance(realtime, before) < distance(monotonic, before) ? realtime : monotonic;
}

/* The last pair of an era goes on as the one before it; an era of one pair as its neighbours, or a tick is a nanosecond. */
static void set_rates(struct clock_scale *scale, double unknown)
{
	double rate = 0;
	for (uint32_t i = 0; i < scale->count; i++) {
		if (i + 1 < scale->count && scale->era[i + 1] == scale->era[i])
			rate = rate_between(&scale->pairs[i], &scale->pairs[i + 1], rate);
		scale->rate[i] = rate;
	}
	for (uint32_t i = scale->count; i-- > 0;) {
		if (scale->rate[i] > 0)
			unknown = scale->rate[i];
		else
			scale->rate[i] = unknown;
	}
}

void clock_scale_init(struct clock_scale *scale, const struct recorder_clock *clock, const struct recorder_pairs *pairs,
		      const struct clock_pair *now)
{
	scale->count = 0;
	insert(scale, &clock->begin);
	for (uint32_t i = 0; i < CLOCK_PAIRS_COARSE; i++)
		insert(scale, &pairs->coarse[i]);
	for (uint32_t i = 0; i < CLOCK_PAIRS_FINE; i++)
		insert(scale, &pairs->fine[i]);
	if (clock->end.ticks)
		insert(scale, &clock->end);
	else if (now)
		insert(scale, now);
	for (uint32_t i = 0; i < scale->count; i++)
		scale->era[i] = i ? scale->era[i - 1] + (scale->pairs[i].ticks <= scale->pairs[i - 1].ticks) : 0;
	set_rates(scale, 1.0);
}

/* An event is noted before the pair that it made due; beyond all pairs it is of the era that went furthest. */
uint32_t clock_scale_era(const struct clock_scale *scale, uint64_t ticks)
{
	uint32_t furthest = 0;
	for (uint32_t i = scale->count; i-- > 0;) {
		const bool last_of_era = i + 1 == scale->count || scale->era[i + 1] != scale->era[i];
		if (last_of_era && ticks <= scale->pairs[i].ticks + CLOCK_PAIR_TICKS)
			return scale->era[i];
		if (scale->pairs[i].ticks > scale->pairs[furthest].ticks)
			furthest = i;
	}
	return scale->count ? scale->era[furthest] : 0;
}

/* The first pair of that era or a later one. */
static uint32_t era_begin(const struct clock_scale *scale, uint32_t era)
{
	uint32_t low = 0, high = scale->count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (scale->era[middle] < era)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Pairs of a hostile file may lie any number of years apart. */
static int64_t whole_ns(double ns)
{
	if (ns > -9e18 && ns < 9e18)
		return (int64_t)ns;
	return ns > 0 ? INT64_MAX : INT64_MIN;
}

static int64_t moved(uint64_t ns, int64_t delta)
{
	int64_t sum;
	if (__builtin_add_overflow((int64_t)ns, delta, &sum))
		return delta > 0 ? INT64_MAX : INT64_MIN;
	return sum;
}

/* The last pair of the era that is before the ticks, or its first; NULL: the era has none. *delta: ns from there. */
static const struct clock_pair *pair_before(const struct clock_scale *scale, uint32_t era, uint64_t ticks, int64_t *delta)
{
	uint32_t low = era_begin(scale, era), high = era_begin(scale, era + 1);
	if (low == high)
		return NULL;
	while (high - low > 1) {
		const uint32_t middle = low + (high - low) / 2;
		if (scale->pairs[middle].ticks < ticks)
			low = middle;
		else
			high = middle;
	}
	*delta = whole_ns((double)(int64_t)(ticks - scale->pairs[low].ticks) * scale->rate[low]);
	return &scale->pairs[low];
}

int64_t clock_scale_ns(const struct clock_scale *scale, uint32_t era, uint64_t ticks)
{
	int64_t delta;
	const struct clock_pair *pair = pair_before(scale, era, ticks, &delta);
	return pair ? moved(pair->realtime_ns, delta) : (int64_t)ticks;
}

int64_t clock_scale_monotonic_ns(const struct clock_scale *scale, uint32_t era, uint64_t ticks)
{
	int64_t delta;
	const struct clock_pair *pair = pair_before(scale, era, ticks, &delta);
	return pair ? moved(pair->monotonic_ns, delta) : (int64_t)ticks;
}
