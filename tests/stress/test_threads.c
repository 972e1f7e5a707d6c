/*
 * Threads that come and go: ten thousand short ones, a thousand at once, and thousands that are cancelled in mid-record. Nothing is
 * lost without count (G5), and memory is what history needs: never more than the configuration says.
 */
#include "checker.h"

#include "lane.h"
#include "numbered.h"
#include "reader.h"
#include "recorder_file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SHORT_LIVED = 10000, AT_A_TIME = 8, LIVE = 1000, CANCELLED = 3000, SMALL_STACK = 64 * 1024 };

TestSuite(threads, .init = checker_start, .fini = checker_stop, .timeout = 3600);
TestSuite(growing_threads, .init = checker_start_growing, .fini = checker_stop, .timeout = 3600);

static void start(pthread_t *thread, void *(*function)(void *), void *argument)
{
	pthread_attr_t small;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, SMALL_STACK);
	cr_assert_eq(pthread_create(thread, &small, function, argument), 0);
	pthread_attr_destroy(&small);
}

/* Memory -------------------------------------------------------------------------------------------------------------------- */

/* Bytes of a range of the file that are backed by memory. */
static uint64_t backed(int fd, uint64_t begin, uint64_t end)
{
	uint64_t sum = 0;
	while (begin < end) {
		const off_t data = lseek(fd, (off_t)begin, SEEK_DATA);
		if (data < 0 || (uint64_t)data >= end)
			break;
		const off_t hole = lseek(fd, data, SEEK_HOLE);
		cr_assert_gt(hole, data);
		begin = (uint64_t)hole < end ? (uint64_t)hole : end;
		sum += begin - (uint64_t)data;
	}
	return sum;
}

/*
 * A lane that was taken has the memory of its ring and no more, another has none; the first is made with the file, and what nobody
 * wrote to there is backed without being data. The whole file is no larger than its lanes and the sections that the header names.
 */
static void expect_memory_bounded(void)
{
	const struct recorder_view view = checker_view();
	struct stat status;
	const uint64_t lane_bytes = (uint64_t)view.header.lane_units * LANE_UNIT_BYTES;
	const int fd = open(recorder.path, O_RDONLY | O_CLOEXEC);
	cr_assert(fd >= 0 && fstat(fd, &status) == 0);
	uint64_t lanes = 0;
	for (uint32_t lane = 0; lane < view.lanes; lane++) {
		const struct lane_control control = checker_control(lane);
		const uint64_t at = view.header.lanes_offset + lane * lane_bytes;
		const uint64_t has = backed(fd, at, at + lane_bytes);
		const uint64_t ring = (uint64_t)(control.units || lane ? control.units : LANE_UNITS_INITIAL) * LANE_UNIT_BYTES;
		cr_assert(has == ring || (lane == 0 && has < ring), "lane %u of %u units has %lu bytes", lane, control.units,
			  (unsigned long)has);
		cr_assert(control.units <= LANE_UNITS_INITIAL || control.head > control.units / 2,
			  "lane %u grew to %u for %lu units", lane, control.units, (unsigned long)control.head);
		lanes += ring;
	}
	close(fd);
	/* The read that found the end of the map had a page of its own. */
	const uint64_t others = view.header.lanes_offset + view.header.sites_reserved +
				(view.header.maps_used / RECORDER_PAGE + 2) * RECORDER_PAGE;
	cr_assert_leq((uint64_t)status.st_blocks * 512, lanes + others, "%ld bytes beside the lanes, not %lu",
		      (long)((uint64_t)status.st_blocks * 512 - lanes), (unsigned long)others);
}

/* History grows from nothing to twice what the ring can hold; the memory goes with it. */
Test(growing_threads, memory_follows_history)
{
	expect_memory_bounded();
	uint32_t seen = 0, sizes = 0;
	for (uint32_t number = 0; number < 1000; number++) {
		checker_write(1, number);
		expect_memory_bounded();
		sizes += thread_state.control->units != seen;
		seen = thread_state.control->units;
	}
	cr_assert(sizes == 3 && seen == recorder.header->lane_units, "%u sizes up to %u units", sizes, seen);
	checker_expect_counters();
	checker_expect_owned_lanes_whole();
}

/* Many ------------------------------------------------------------------------------------------------------------------------ */

static void *say_three(void *data)
{
	for (uint32_t number = 0; number < 3; number++)
		checker_write((uint32_t)(uintptr_t)data, number);
	return NULL;
}

Test(growing_threads, ten_thousand_short_ones)
{
	pthread_t threads[AT_A_TIME];
	const uintptr_t count = checker_work(SHORT_LIVED);
	checker_watch();
	for (uintptr_t i = 0; i < count; i++) {
		if (i >= AT_A_TIME)
			pthread_join(threads[i % AT_A_TIME], NULL);
		start(&threads[i % AT_A_TIME], say_three, (void *)i);
	}
	for (uintptr_t i = 0; i < AT_A_TIME && i < count; i++)
		pthread_join(threads[i], NULL);
	checker_unwatch();
	checker_expect_counters();
	checker_expect_owned_lanes_whole();
	expect_memory_bounded();
	cr_assert_eq(checker_counter(recorded), 3 * count, "each had a lane of its own, which refuses nothing");
	cr_assert_eq(recorder.controls[recorder.header->lanes_owned].recorded, 0,
		     "the lanes of the dead are enough for the living");
}

static void *say_and_go(void *data)
{
	checker_write((uint32_t)(uintptr_t)data, 0);
	return NULL;
}

/* Where the lanes of the dead are taken over in turn, the history that goes is the oldest. */
Test(threads, history_of_the_dead_stays)
{
	for (uintptr_t i = 0; i < 500; i++) {
		pthread_t thread;
		start(&thread, say_and_go, (void *)i);
		pthread_join(thread, NULL);
	}
	checker_expect_counters();
	cr_assert_eq(atomic_load(&checker_refused), 0);
	cr_assert_eq(checker_read().records, 500, "history of dead threads stays");
}

static pthread_barrier_t all_here;

static void *live(void *data)
{
	const uint32_t id = (uint32_t)(uintptr_t)data;
	const unsigned records = checker_work(40);
	checker_write(id, 0);
	pthread_barrier_wait(&all_here);
	for (uint32_t number = 1; number <= records; number++)
		checker_write(id, number);
	return NULL;
}

Test(growing_threads, a_thousand_at_once)
{
	static pthread_t threads[LIVE];
	pthread_barrier_init(&all_here, NULL, LIVE);
	checker_watch();
	for (uintptr_t i = 0; i < LIVE; i++)
		start(&threads[i], live, (void *)i);
	for (int i = 0; i < LIVE; i++)
		pthread_join(threads[i], NULL);
	checker_unwatch();
	checker_expect_counters();
	checker_expect_owned_lanes_whole();
	expect_memory_bounded();
	const uint64_t calls = checker_counter(recorded) + checker_counter(dropped);
	cr_assert_eq(calls, LIVE * (uint64_t)(checker_work(40) + 1));
}

/* Cancelled -------------------------------------------------------------------------------------------------------------------- */

/* Written by one thread, read by the one that cancels it and, when it is gone, by the judge. */
struct victim {
	pthread_t thread;
	uint32_t id;
	timer_t timer;
	atomic_uint began, ended; /* calls of the record path */
	atomic_bool caught;       /* in the middle of a record, by its timer */
};

enum { CATCH_NS = 20000 };

static _Thread_local struct victim *self;

/* Comes at any instruction; at one within a record the thread stays until it is cancelled there. */
static void stay_in_record(int signal)
{
	(void)signal;
	if (!self || atomic_load(&self->began) == atomic_load(&self->ended))
		return;
	atomic_store(&self->caught, true);
	for (;;)
		pause();
}

static void set_own_timer(struct victim *victim)
{
	const long period = CATCH_NS + (long)(numbered_hash(victim->id) % CATCH_NS);
	const struct itimerspec periodic = {{0, period}, {0, period}};
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
	event._sigev_un._tid = gettid();
	cr_assert_eq(timer_create(CLOCK_MONOTONIC, &event, &victim->timer), 0);
	cr_assert_eq(timer_settime(victim->timer, 0, &periodic, NULL), 0);
}

static void *record_until_cancelled(void *data)
{
	struct victim *victim = data;
	char text[NUMBERED_MAX];
	int before;
	self = victim;
	set_own_timer(victim);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
	for (uint32_t number = 0;; number++) {
		const uint32_t bytes = numbered_make(text, victim->id, number);
		atomic_fetch_add_explicit(&victim->began, 1, memory_order_relaxed);
		lane_write(record_fields(victim->id, LEVEL_INFO, SOURCE_STDOUT, 0), text, bytes);
		atomic_fetch_add_explicit(&victim->ended, 1, memory_order_relaxed);
	}
	return NULL;
}

static void cancel(struct victim *victim, uint64_t *began, uint64_t *interrupted)
{
	while (!atomic_load(&victim->caught))
		sched_yield();
	pthread_cancel(victim->thread);
	pthread_join(victim->thread, NULL);
	timer_delete(victim->timer);
	const unsigned lost = atomic_load(&victim->began) - atomic_load(&victim->ended);
	cr_assert_leq(lost, 1u, "one thread makes one call at a time");
	*began += atomic_load(&victim->began);
	*interrupted += lost;
}

static void expect_calls(uint64_t began, uint64_t interrupted)
{
	const uint64_t counted = checker_counter(recorded) + checker_counter(dropped);
	cr_assert(counted <= began && counted + interrupted >= began, "%lu calls of which %lu were cut short; %lu counted",
		  (unsigned long)began, (unsigned long)interrupted, (unsigned long)counted);
}

/* Some ten units each: the ring has 1,024. */
enum { LAPS = 500 };

static void *say_laps(void *data)
{
	for (uint32_t number = 0; number < LAPS; number++)
		checker_write((uint32_t)(uintptr_t)data, number);
	return NULL;
}

/* A lane whose owner was cancelled in mid-record is as good as new for the thread that takes it over. */
Test(threads, cancelled_in_the_middle_of_records)
{
	const struct sigaction action = {.sa_handler = stay_in_record};
	uint64_t began = 0, interrupted = 0;
	cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
	for (uint32_t i = 0; i < checker_work(CANCELLED); i++) {
		struct victim victim = {.id = i};
		start(&victim.thread, record_until_cancelled, &victim);
		cancel(&victim, &began, &interrupted);
	}
	cr_assert_eq(interrupted, checker_work(CANCELLED));
	expect_calls(began, interrupted);
	const uint64_t recorded = checker_counter(recorded), dropped = checker_counter(dropped);
	const uint32_t heirs = recorder.header->lanes_owned;
	for (uintptr_t i = 0; i < heirs; i++) {
		pthread_t thread;
		start(&thread, say_laps, (void *)(checker_work(CANCELLED) + i));
		pthread_join(thread, NULL);
	}
	cr_assert_eq(checker_counter(dropped), dropped, "%lu records found no place in lanes of cancelled threads",
		     (unsigned long)(checker_counter(dropped) - dropped));
	cr_assert_eq(checker_counter(recorded), recorded + (uint64_t)heirs * LAPS);
	checker_expect_owned_lanes_whole();
}
