/*
 * Ticks to wall clock: the line through the pair of the beginning and that of the end, along CLOCK_MONOTONIC, in the wall clock of the beginning.
 * So a wall clock that is set in between moves nothing, and what cannot be known (the counter began anew) does no harm to the order.
 */
#include "reader.h"

#include <criterion/criterion.h>
#include <inttypes.h>

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
	const int64_t error = clock_scale_ns(scale, at(machine, ns).ticks) - (int64_t)(MIDNIGHT + ns);
	cr_assert(error >= -error_max && error <= error_max, "%" PRId64 " ns off at %" PRIu64 " ns", error, ns);
}

/* Every quarter of a day, of a process that runs for `days`. */
static void expect_line(const struct machine *machine, enum clock_kind kind, unsigned days)
{
	const struct recorder_clock clock = {.kind = kind, .begin = at(machine, 0), .end = at(machine, days * DAY)};
	struct clock_scale scale;
	clock_scale_init(&scale, &clock, NULL);
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
	clock_scale_init(&scale, &clock, &now);
	expect_at(&scale, &counter, 60 * SECOND, 100);
}

/* The end that was noted counts, not the present: the machine may have been started again since. */
Test(clock_scale, noted_end_comes_first)
{
	const struct recorder_clock clock = {.kind = CLOCK_KIND_TSC, .begin = at(&counter, 0), .end = at(&counter, SECOND)};
	const struct clock_pair now = {.ticks = 5, .monotonic_ns = 5, .realtime_ns = MIDNIGHT + DAY};
	struct clock_scale scale;
	clock_scale_init(&scale, &clock, &now);
	expect_at(&scale, &counter, SECOND / 2, 100);
}

Test(clock_scale, events_before_the_beginning)
{
	const struct recorder_clock clock = {
		.kind = CLOCK_KIND_TSC, .begin = at(&counter, SECOND), .end = at(&counter, 2 * SECOND)};
	struct clock_scale scale;
	clock_scale_init(&scale, &clock, NULL);
	cr_assert(clock_scale_ns(&scale, at(&counter, 0).ticks) - (int64_t)MIDNIGHT < 100);
}

/* The wall clock is put an hour forward or back while the program runs: all its events stand in the time of its beginning. */
Test(clock_scale, wall_clock_is_set)
{
	static const int64_t steps[] = {3600 * (int64_t)SECOND, -3600 * (int64_t)SECOND};
	for (int i = 0; i < 2; i++) {
		struct recorder_clock clock = {.kind = CLOCK_KIND_TSC, .begin = at(&counter, 0), .end = at(&counter, 60 * SECOND)};
		struct clock_scale scale;
		clock.end.realtime_ns += (uint64_t)steps[i];
		clock_scale_init(&scale, &clock, NULL);
		for (uint64_t ns = 0; ns <= 60 * SECOND; ns += SECOND)
			expect_at(&scale, &counter, ns, 100);
	}
}

/* After a suspend, or another boot's file: no rate can be had. Times are wrong then; their order is not, and nothing overflows. */
Test(clock_scale, counter_began_anew)
{
	const struct recorder_clock clock = {.kind = CLOCK_KIND_TSC,
					     .begin = at(&counter, 0),
					     .end = {.ticks = 1000, .monotonic_ns = at(&counter, 60 * SECOND).monotonic_ns}};
	struct clock_scale scale;
	clock_scale_init(&scale, &clock, NULL);
	const int64_t first = clock_scale_ns(&scale, at(&counter, 0).ticks),
		      second = clock_scale_ns(&scale, at(&counter, SECOND).ticks), anew = clock_scale_ns(&scale, 10);
	cr_assert_eq(first, (int64_t)MIDNIGHT);
	cr_assert(first < second && anew < first && clock_scale_ns(&scale, 20) > anew);
}

/* A hostile file. */
Test(clock_scale, no_pairs)
{
	const struct recorder_clock clock = {.kind = CLOCK_KIND_TSC};
	const struct clock_pair same = {.ticks = 0, .monotonic_ns = 0};
	struct clock_scale scale;
	clock_scale_init(&scale, &clock, NULL);
	cr_assert_eq(clock_scale_ns(&scale, 5), 5);
	clock_scale_init(&scale, &clock, &same);
	cr_assert_eq(clock_scale_ns(&scale, 5), 5);
}

/*
 * What one line cannot follow, as a figure: NTP slews the clock by `ppm` in the first half of a run, so the rate changes in the middle. The error
 * is largest there: a quarter of the run times the slew. A table of pairs in the recorder would divide it by the number of its pieces.
 */
Test(clock_scale, slewed_clock)
{
	const uint64_t half = 30 * SECOND;
	const double ppm = 100;
	struct machine slewed = counter;
	struct recorder_clock clock = {.kind = CLOCK_KIND_TSC, .begin = at(&counter, 0), .end = at(&counter, 2 * half)};
	struct clock_scale scale;
	slewed.ticks_per_ns = counter.ticks_per_ns * (1 - ppm * 1e-6); /* the clock goes faster: fewer ticks in one of its ns */
	clock.end.ticks = at(&slewed, half).ticks + at(&counter, half).ticks - counter.ticks;
	clock_scale_init(&scale, &clock, NULL);
	const int64_t error = clock_scale_ns(&scale, at(&slewed, half).ticks) - (int64_t)(MIDNIGHT + half);
	cr_assert(error < -1499000 && error > -1501000, "%" PRId64 " ns", error);
}
