/*
 * The record path under fire: writers, handlers that interrupt them, and a reader that never stops, which knows what may be read.
 */
#include "checker.h"

#include "lane.h"
#include "numbered.h"
#include "reader.h"
#include "recorder_file.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { RECORDS = 20000, THREADS_FEW = 4, THREADS_MANY = 80, HANDLERS = 1000000 };

TestSuite(lanes, .init = checker_start, .fini = checker_stop, .timeout = 3600);
TestSuite(few_lanes, .init = checker_start_few_lanes, .fini = checker_stop, .timeout = 3600);
TestSuite(growing_lanes, .init = checker_start_growing, .fini = checker_stop, .timeout = 3600);

static atomic_bool done;

static void *writer(void *data)
{
	const uint32_t id = (uint32_t)(uintptr_t)data;
	const unsigned records = checker_work(RECORDS);
	for (uint32_t number = 0; number < records; number++)
		checker_write(id, number);
	return NULL;
}

static void join(const pthread_t *threads, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

Test(lanes, owned_lanes_with_a_reader)
{
	pthread_t threads[THREADS_FEW];
	checker_watch();
	for (uintptr_t i = 0; i < THREADS_FEW; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, writer, (void *)i), 0);
	join(threads, THREADS_FEW);
	checker_unwatch();
	checker_expect_counters();
	checker_expect_owned_lanes_whole();
	cr_assert_eq(atomic_load(&checker_refused), 0, "an owned lane without handlers refuses nothing");
}

/* Interrupts a record in the middle and writes laps over its place (G2, G4): some 10 units each, the ring has 1,024. */
static void burst(int signal)
{
	static atomic_uint bursts;
	(void)signal;
	const uint32_t id = HANDLERS + atomic_fetch_add(&bursts, 1);
	for (uint32_t number = 0; number < 300; number++)
		checker_write(id, number);
}

static void *disturber(void *victims)
{
	const pthread_t *threads = victims;
	while (!atomic_load(&done)) {
		for (int i = 0; i < THREADS_FEW; i++)
			pthread_kill(threads[i], SIGUSR1);
		sched_yield();
	}
	return NULL;
}

static void *disturbed_writer(void *data)
{
	const uint32_t id = (uint32_t)(uintptr_t)data;
	for (uint32_t number = 0; !atomic_load(&done); number++)
		checker_write(id, number);
	return NULL;
}

/* Records of handlers that interrupted one in its middle stand in the shared lanes: until that has happened often enough. */
static uint64_t nested_records(void)
{
	const struct lane_control *shared = &recorder.controls[recorder.header->lanes_owned];
	return __atomic_load_n(&shared[0].recorded, __ATOMIC_RELAXED) + __atomic_load_n(&shared[1].recorded, __ATOMIC_RELAXED);
}

Test(lanes, handlers_write_whole_laps_into_interrupted_records)
{
	pthread_t threads[THREADS_FEW], disturbing;
	/* A handler is not interrupted by another of its kind: with 3 laps in each there would be no end. */
	const struct sigaction action = {.sa_handler = burst, .sa_flags = SA_RESTART};
	sigaction(SIGUSR1, &action, NULL);
	for (uintptr_t i = 0; i < THREADS_FEW; i++)
		pthread_create(&threads[i], NULL, disturbed_writer, (void *)i);
	checker_watch();
	pthread_create(&disturbing, NULL, disturber, threads);
	while (nested_records() < checker_work(5000)) {
		cr_assert_lt(atomic_load(&checker_written), checker_work(10000000), "no handler interrupts a record");
		sched_yield();
	}
	atomic_store(&done, true);
	pthread_join(disturbing, NULL);
	join(threads, THREADS_FEW);
	checker_unwatch();
	checker_expect_counters();
}

static pthread_barrier_t all_here;

/* All live at once, and each has its lane before the first can be gone. */
static void *crowded_writer(void *data)
{
	const uint32_t id = (uint32_t)(uintptr_t)data;
	const unsigned records = checker_work(RECORDS / 4);
	checker_write(id, 0);
	pthread_barrier_wait(&all_here);
	for (uint32_t number = 1; number < records; number++)
		checker_write(id, number);
	return NULL;
}

Test(growing_lanes, more_threads_than_lanes_share)
{
	pthread_t threads[THREADS_MANY];
	pthread_barrier_init(&all_here, NULL, THREADS_MANY);
	checker_watch();
	for (uintptr_t i = 0; i < THREADS_MANY; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, crowded_writer, (void *)i), 0);
	join(threads, THREADS_MANY);
	checker_unwatch();
	checker_expect_counters();
	const struct lane_control *shared = &recorder.controls[recorder.header->lanes_owned];
	const uint64_t calls = shared[0].recorded + shared[1].recorded + shared[0].dropped + shared[1].dropped;
	const uint64_t expected = (uint64_t)checker_work(RECORDS / 4) * (THREADS_MANY - recorder.header->lanes_owned);
	cr_assert_eq(calls, expected, "%lu calls in shared lanes, not %lu; refused %u", (unsigned long)calls,
		     (unsigned long)expected, atomic_load(&checker_refused));
	checker_expect_owned_lanes_whole();
}

/* TTLOG_LANES: as many threads have a lane of their own, the others share. */
Test(few_lanes, are_as_many_as_asked_for)
{
	enum { WRITERS = 10 };
	pthread_t threads[WRITERS];
	pthread_barrier_init(&all_here, NULL, WRITERS);
	for (uintptr_t i = 0; i < WRITERS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, crowded_writer, (void *)i), 0);
	join(threads, WRITERS);
	checker_expect_counters();
	checker_expect_owned_lanes_whole();
	const unsigned records = checker_work(RECORDS / 4);
	for (unsigned i = 0; i < 3; i++)
		cr_assert_eq(recorder.controls[i].recorded, records);
	cr_assert_eq(nested_records() + atomic_load(&checker_refused), (uint64_t)records * (WRITERS - 3));
}

/* What the reader returns of a lane whose history is known to the unit: overwritten is what no longer fits, and nothing else. */
Test(growing_lanes, exactly_what_fits_is_readable)
{
	for (uint32_t number = 0; number < checker_work(5000); number++) {
		checker_write(1, number);
		const struct lane_control *control = thread_state.control;
		uint64_t fits = 0, units = 0;
		for (uint32_t k = number; fits <= number; k--, fits++) {
			units += record_units(numbered_bytes(1, k));
			if (units > control->units)
				break;
		}
		cr_assert_eq(control->recorded, number + 1);
		cr_assert_leq(control->units, recorder.header->lane_units);
		const uint64_t readable = checker_read_lane(0).records;
		cr_assert_eq(readable, fits, "after %u records %lu can be read, %lu fit", number + 1, (unsigned long)readable,
			     (unsigned long)fits);
	}
	checker_expect_owned_lanes_whole();
}

/* A writer that was stopped in the middle of a unit for ever: its unit is a hole, everything else goes on (G4). */
Test(lanes, a_stalled_unit_is_a_hole)
{
	checker_write(1, 0);
	thread_state.ready = LANE_NOT_READY; /* as a thread that found no lane of its own */
	checker_write(1, 1);
	const uint32_t index = recorder.header->lanes_owned + thread_state.tid % recorder.header->lanes_shared;
	struct lane_control *control = &recorder.controls[index];
	uint64_t *units = (uint64_t *)(void *)(recorder.lanes + (uint64_t)index * recorder.header->lane_units * LANE_UNIT_BYTES);
	const uint64_t hole = control->head;
	control->head++;
	uint64_t *stamp = units + hole * LANE_UNIT_BYTES / sizeof(*units);
	*stamp = unit_stamp(hole, UNIT_BUSY); /* as if handed out, claimed and never committed */
	for (uint32_t number = 2; number < 5000; number++)
		checker_write(1, number);
	cr_assert_gt(control->head, 2 * recorder.header->lane_units, "not a lap");
	cr_assert_eq(*stamp, unit_stamp(hole, UNIT_BUSY), "somebody wrote over a busy unit");
	checker_expect_counters();
	cr_assert_eq(atomic_load(&checker_refused), 0, "the record moves on past the hole");
}

/* A handler left the record that it had interrupted by longjmp: the half record stays alone, the thread goes on in a shared lane. */
Test(lanes, an_abandoned_record)
{
	checker_write(1, 0);
	struct lane_control *own = thread_state.control;
	thread_state.ready = LANE_NOT_READY; /* as in the middle of a record */
	own->head += 3;
	for (uint32_t number = 1; number < 1000; number++)
		checker_write(1, number);
	cr_assert_eq(own->recorded, 1);
	cr_assert_eq(nested_records(), 999);
	checker_expect_counters();
	cr_assert_eq(atomic_load(&checker_refused), 0);
	cr_assert_eq(checker_read_lane(0).torn, 1, "the half record is counted");
}
