/*
 * Ticks to wall clock: along lines through noted pairs, in the wall clock of the earlier pair. What is done to the wall clock
 * between two pairs moves nothing before the second; a counter that began anew begins an era.
 */
#include "clock_scale.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>

#define SECOND   1000000000ull
#define DAY      (86400 * SECOND)
#define MIDNIGHT (1800000000 * SECOND) /* in realtime */

/* What a machine shows `ns` after its recorder was made. */
struct machine {
	double ticks_per_ns;
	uint64_t ticks, monotonic, realtime; /* at that moment */
};

static const struct machine counter = {2.596, 1ull << 45, 777 * SECOND, MIDNIGHT};
static const struct machine nanoseconds = {1.0, 777 * SECOND, 777 * SECOND, MIDNIGHT};

static struct recorder_pairs pairs; /* of the test's own process */

static struct clock_pair at(const struct machine *machine, uint64_t ns)
{
	return (struct clock_pair){
		.ticks = machine->ticks + (uint64_t)((long double)ns * (long double)machine->ticks_per_ns),
		.monotonic_ns = machine->monotonic + ns,
		.realtime_ns = machine->realtime + ns,
	};
}

static void expect_at(const struct clock_scale *scale, const struct machine *machine, uint64_t ns, int64_t error_max)
{
	const int64_t error = clock_scale_ns(scale, 0, at(machine, ns).ticks) - (int64_t)(MIDNIGHT + ns);
	cr_assert(error >= -error_max && error <= error_max, "%" PRId64 " ns off at %" PRIu64 " ns", error, ns);
}

/* Every quarter of a day, of a process that runs for `days`. */
static void expect_line(const struct machine *machine, enum clock_kind kind, unsigned days)
{
	const struct recorder_clock clock = {.kind = kind, .begin = at(machine, 0), .end = at(machine, days * DAY)};
	struct clock_scale scale;
	clock_scale_init(&scale, &clock, &pairs, NULL);
	for (uint64_t ns = 0; ns <= days * DAY; ns += DAY / 4)
		expect_at(&scale, machine, ns, 100);
}

Test(clock_scale, counter)
{
	expect_line(&counter, CLOCK_KIND_TSC, 1);
	expect_line(&counter, CLOCK_KIND_TSC, 1000);
}

Test(clock_scale, nanoseconds)
{
	expect_line(&nanoseconds, CLOCK_KIND_MONOTONIC, 1);
	expect_line(&nanoseconds, CLOCK_KIND_MONOTONIC, 1000);
}

/* A process that was killed has noted no end; the present, much later, does as well. */
Test(clock_scale, present_in_place_of_the_end)
{
	const struct recorder_clock clock = {.kind = CLOCK_KIND_TSC, .begin = at(&counter, 0)};
	const struct clock_pair now = at(&counter, DAY);
	struct clock_scale scale;
	clock_scale_init(&scale, &clock, &pairs, &now);
	expect_at(&scale, &counter, 60 * SECOND, 100);
}

/* The end that was noted counts, not the present: the machine may have been started again since. */
Test(clock_scale, noted_end_comes_first)
{
	const struct recorder_clock clock = {.kind = CLOCK_KIND_TSC, .begin = at(&counter, 0), .end = at(&counter, SECOND)};
	const struct clock_pair now = {.ticks = 5, .monotonic_ns = 5, .realtime_ns = MIDNIGHT + DAY};
	struct clock_scale scale;
	clock_scale_init(&scale, &clock, &pairs, &now);
	expect_at(&scale, &counter, SECOND / 2, 100);
}

Test(clock_scale, events_before_the_beginning)
{
	const struct recorder_clock clock = {
		.kind = CLOCK_KIND_TSC, .begin = at(&counter, SECOND), .end = at(&counter, 2 * SECOND)};
	struct clock_scale scale;
	clock_scale_init(&scale, &clock, &pairs, NULL);
	cr_assert(clock_scale_ns(&scale, 0, at(&counter, 0).ticks) - (int64_t)MIDNIGHT < 100);
}

/* The wall clock is put an hour forward or back while the program runs: all its events stand in the time of its beginning. */
Test(clock_scale, wall_clock_is_set)
{
	static const int64_t steps[] = {3600 * (int64_t)SECOND, -3600 * (int64_t)SECOND};
	for (int i = 0; i < 2; i++) {
		struct recorder_clock clock = {.kind = CLOCK_KIND_TSC, .begin = at(&counter, 0), .end = at(&counter, 60 * SECOND)};
		struct clock_scale scale;
		clock.end.realtime_ns += (uint64_t)steps[i];
		clock_scale_init(&scale, &clock, &pairs, NULL);
		for (uint64_t ns = 0; ns <= 60 * SECOND; ns += SECOND)
			expect_at(&scale, &counter, ns, 100);
	}
}

/* A suspend reset the counter: two eras, each with its own line, and an event is of the latest that can be. */
Test(clock_scale, counter_began_anew)
{
	const struct machine resumed = {2.596, 1000, counter.monotonic + 60 * SECOND, MIDNIGHT + DAY};
	struct recorder_clock clock = {.kind = CLOCK_KIND_TSC, .begin = at(&counter, 0), .end = at(&resumed, 10 * SECOND)};
	struct clock_scale scale;
	pairs.fine[0] = at(&counter, 30 * SECOND);
	pairs.fine[1] = at(&resumed, SECOND);
	clock_scale_init(&scale, &clock, &pairs, NULL);
	const uint64_t before = at(&counter, 59 * SECOND).ticks, after = at(&resumed, 9 * SECOND).ticks;
	cr_assert(clock_scale_era(&scale, before) == 0 && clock_scale_era(&scale, after) == 1);
	const int64_t error_before = clock_scale_ns(&scale, 0, before) - (int64_t)(MIDNIGHT + 59 * SECOND);
	const int64_t error_after = clock_scale_ns(&scale, 1, after) - (int64_t)(MIDNIGHT + DAY + 9 * SECOND);
	cr_assert(error_before > -100 && error_before < 100 && error_after > -100 && error_after < 100, "%" PRId64 " %" PRId64,
		  error_before, error_after);
}

/* Nothing was noted between a reset and the end: one pair in the era of the end, whose rate is the other's. */
Test(clock_scale, era_of_one_pair)
{
	const struct machine resumed = {2.596, 1000, counter.monotonic + 60 * SECOND, MIDNIGHT + DAY};
	const struct recorder_clock clock = {.kind = CLOCK_KIND_TSC, .begin = at(&counter, 0), .end = at(&resumed, 10 * SECOND)};
	pairs.fine[0] = at(&counter, SECOND);
	struct clock_scale scale;
	clock_scale_init(&scale, &clock, &pairs, NULL);
	const int64_t error = clock_scale_ns(&scale, 1, at(&resumed, 5 * SECOND).ticks) - (int64_t)(MIDNIGHT + DAY + 5 * SECOND);
	cr_assert(error > -1000 && error < 1000, "%" PRId64 " ns", error);
}

/* A suspend in which the counter ran on: CLOCK_MONOTONIC stood still, CLOCK_REALTIME did not. */
Test(clock_scale, counter_ran_through_a_suspend)
{
	struct recorder_clock clock = {.kind = CLOCK_KIND_TSC, .begin = at(&counter, 0), .end = at(&counter, 3600 * SECOND)};
	struct clock_scale scale;
	pairs.fine[0] = at(&counter, SECOND);
	pairs.fine[1] = at(&counter, 3000 * SECOND);
	pairs.fine[1].monotonic_ns -= 2900 * SECOND;
	clock.end.monotonic_ns -= 2900 * SECOND;
	clock_scale_init(&scale, &clock, &pairs, NULL);
	expect_at(&scale, &counter, SECOND + SECOND / 2, 1000);
	expect_at(&scale, &counter, 2999 * SECOND, 1000);
	expect_at(&scale, &counter, 3001 * SECOND, 1000);
}

/* A hostile file. */
Test(clock_scale, no_pairs)
{
	const struct recorder_clock clock = {.kind = CLOCK_KIND_TSC};
	const struct clock_pair same = {.ticks = 0, .monotonic_ns = 0};
	struct clock_scale scale;
	clock_scale_init(&scale, &clock, &pairs, NULL);
	cr_assert_eq(clock_scale_ns(&scale, 0, 5), 5);
	clock_scale_init(&scale, &clock, &pairs, &same);
	cr_assert_eq(clock_scale_ns(&scale, 0, 5), 5);
}

/*
 * NTP slews the clock by 100 ppm in the first half of a run of 60 s: one line through its ends is 1.5 ms off in the middle, a
 * quarter of the run times the slew. With four pairs a second it is off by that part of a quarter second.
 */
static int64_t slewed_error(unsigned noted)
{
	const uint64_t half = 30 * SECOND + SECOND / 2;
	struct machine slewed = counter, after;
	struct recorder_clock clock = {.kind = CLOCK_KIND_TSC, .begin = at(&counter, 0)};
	struct clock_scale scale;
	int64_t worst = 0;
	slewed.ticks_per_ns = counter.ticks_per_ns * (1 - 100e-6); /* the clock goes faster: fewer ticks in one of its ns */
	after = slewed;
	after.ticks = at(&slewed, half).ticks - (at(&counter, half).ticks - counter.ticks);
	after.ticks_per_ns = counter.ticks_per_ns;
	clock.end = at(&after, 2 * half);
	for (unsigned i = 0; i < noted; i++)
		pairs.fine[i] = at(i * SECOND / 4 < half ? &slewed : &after, i * SECOND / 4);
	clock_scale_init(&scale, &clock, &pairs, NULL);
	for (uint64_t ns = 0; ns < 2 * half; ns += SECOND / 50) {
		const uint64_t ticks = at(ns < half ? &slewed : &after, ns).ticks;
		const int64_t error = clock_scale_ns(&scale, 0, ticks) - (int64_t)(MIDNIGHT + ns);
		worst = llabs(error) > worst ? llabs(error) : worst;
	}
	return worst;
}

Test(clock_scale, slewed_clock)
{
	const int64_t line = slewed_error(0), pieces = slewed_error(244);
	cr_assert(line > 1400000 && line < 1600000, "%" PRId64 " ns by one line", line);
	cr_assert(pieces < 10000, "%" PRId64 " ns by four lines a second", pieces);
}

/* Of a hostile file: pairs that lie whole lives apart, and ticks that no counter has. Time stops at its end, and does not turn round. */
Test(clock_scale, impossible_pairs)
{
	const struct recorder_clock clock = {.kind = CLOCK_KIND_TSC, .begin = {1, 1, 1}, .end = {2, INT64_MAX / 2, INT64_MAX / 2}};
	struct clock_scale scale;
	int64_t before = 0;
	clock_scale_init(&scale, &clock, &pairs, NULL);
	for (uint64_t ticks = 1; ticks <= INT64_MAX / 2; ticks <<= 1) {
		const int64_t ns = clock_scale_ns(&scale, 0, ticks);
		cr_assert(ns >= before && clock_scale_monotonic_ns(&scale, 0, ticks) == ns, "%" PRId64 " after %" PRId64, ns,
			  before);
		before = ns;
	}
	cr_assert_eq(before, INT64_MAX);
}
