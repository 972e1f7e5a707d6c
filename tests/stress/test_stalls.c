/*
 * A writer that stops in the middle of a record while others write laps over its place, and then goes on (G4): its record is
 * dropped and counted or whole, never mixed into another's; and what the others write meanwhile is not lost.
 *
 * A handler that waits for a byte from a pipe is what stops it.
 */
#include "checker.h"

#include "lane.h"
#include "reader.h"
#include "recorder_file.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHARERS = 8, PARKED = 2, LAPS = 4, CAUGHT = 20, ROUNDS_MAX = 20000, LAP_RECORDS = 400, HANDLERS = 1000000 };

TestSuite(stalls, .init = checker_start, .fini = checker_stop, .timeout = 3600);

static int gate[2];
static atomic_uint parked, resumed, ready;
static atomic_bool done;
static pthread_barrier_t all_here;

static void park(int signal)
{
	char byte;
	(void)signal;
	atomic_fetch_add(&parked, 1);
	while (read(gate[0], &byte, 1) != 1)
		;
	atomic_fetch_add(&resumed, 1);
}

/* A record of its own first: a handler may. */
static void park_and_record(int signal)
{
	static atomic_uint number;
	checker_write(HANDLERS, atomic_fetch_add(&number, 1));
	park(signal);
}

static void set_handler(int signal, void (*handler)(int))
{
	const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	cr_assert_eq(sigaction(signal, &action, NULL), 0);
}

static void await(const atomic_uint *count, unsigned wanted)
{
	while (atomic_load(count) < wanted)
		sched_yield();
}

static void release(unsigned count)
{
	const unsigned before = atomic_load(&resumed);
	for (unsigned i = 0; i < count; i++)
		cr_assert_eq(write(gate[1], "", 1), 1);
	await(&resumed, before + count);
}

/* Shared lanes ----------------------------------------------------------------------------------------------------------------- */

/* Holds an owned lane, so that the others have to share. */
static void *own_a_lane(void *data)
{
	checker_write((uint32_t)(uintptr_t)data, 0);
	pthread_barrier_wait(&all_here);
	while (!atomic_load(&done))
		sched_yield();
	return NULL;
}

static void *share_a_lane(void *data)
{
	atomic_fetch_add(&ready, 1);
	for (uint32_t number = 0; !atomic_load(&done); number++)
		checker_write((uint32_t)(uintptr_t)data, number);
	return NULL;
}

static uint64_t shared_head(uint32_t which)
{
	return __atomic_load_n(&recorder.controls[recorder.header->lanes_owned + which].head, __ATOMIC_RELAXED);
}

/* Until the shared lanes together went round so often; a lane whose writers are all parked stands still. */
static void await_laps(void)
{
	const uint64_t before = shared_head(0) + shared_head(1);
	while (shared_head(0) + shared_head(1) < before + 2 * LAPS * LANE_UNITS_INITIAL)
		sched_yield();
}

static void stall_sharers(void (*handler)(int))
{
	pthread_t owners[64], sharers[SHARERS];
	const unsigned owned = recorder.header->lanes_owned;
	cr_assert(pipe(gate) == 0 && owned < 64);
	set_handler(SIGUSR1, handler);
	pthread_barrier_init(&all_here, NULL, owned + 1);
	for (uintptr_t i = 0; i < owned; i++)
		cr_assert_eq(pthread_create(&owners[i], NULL, own_a_lane, (void *)i), 0);
	pthread_barrier_wait(&all_here);
	for (uintptr_t i = 0; i < SHARERS; i++)
		cr_assert_eq(pthread_create(&sharers[i], NULL, share_a_lane, (void *)(owned + i)), 0);
	await(&ready, SHARERS);
	for (unsigned round = 0; atomic_load(&checker_refused) < checker_work(CAUGHT); round++) {
		cr_assert_lt(round, checker_work(ROUNDS_MAX), "no writer was ever stopped in mid-record");
		const unsigned before = atomic_load(&parked);
		for (unsigned i = 0; i < PARKED; i++)
			pthread_kill(sharers[(round + i) % SHARERS], SIGUSR1);
		await(&parked, before + PARKED);
		await_laps();
		checker_read();
		release(PARKED);
	}
	atomic_store(&done, true);
	for (unsigned i = 0; i < SHARERS; i++)
		pthread_join(sharers[i], NULL);
	for (unsigned i = 0; i < owned; i++)
		pthread_join(owners[i], NULL);
	checker_expect_counters();
	cr_assert_eq(checker_counter(recorded) - owned, recorder.controls[owned].recorded + recorder.controls[owned + 1].recorded,
		     "all but the owners wrote into shared lanes");
}

Test(stalls, of_writers_in_a_shared_lane)
{
	stall_sharers(park);
}

Test(stalls, of_writers_in_a_shared_lane_whose_handlers_record)
{
	stall_sharers(park_and_record);
}

/* Owned lane ------------------------------------------------------------------------------------------------------------------- */

static atomic_uint bursts;

/* Of handlers that interrupted their thread in the middle of a record: those stand in the shared lanes. */
static uint64_t nested_records(void)
{
	const struct lane_control *shared = &recorder.controls[recorder.header->lanes_owned];
	return __atomic_load_n(&shared[0].recorded, __ATOMIC_RELAXED) + __atomic_load_n(&shared[1].recorded, __ATOMIC_RELAXED);
}

/* Comes while the same thread is parked in its handler, in the middle of a record: more than a lap. */
static void write_laps(int signal)
{
	const uint32_t id = HANDLERS + 1 + atomic_fetch_add(&bursts, 1);
	(void)signal;
	for (uint32_t number = 0; number < LAP_RECORDS; number++)
		checker_write(id, number);
	atomic_fetch_add(&ready, 1);
}

static void *own_and_write(void *unused)
{
	(void)unused;
	for (uint32_t number = 0; !atomic_load(&done); number++)
		checker_write(1, number);
	return NULL;
}

/* Nothing of an owned lane is lost or moved by what its handlers write, wherever they stopped it. */
Test(stalls, of_an_owner_whose_handlers_write_laps)
{
	pthread_t owner;
	cr_assert_eq(pipe(gate), 0);
	set_handler(SIGUSR1, park_and_record);
	set_handler(SIGUSR2, write_laps);
	cr_assert_eq(pthread_create(&owner, NULL, own_and_write, NULL), 0);
	await(&checker_written, 1); /* what a handler says while its thread takes a lane is dropped */
	checker_watch();
	for (unsigned round = 0; nested_records() < checker_work(CAUGHT) * LAP_RECORDS; round++) {
		cr_assert_lt(round, checker_work(ROUNDS_MAX), "no writer was ever stopped in mid-record");
		pthread_kill(owner, SIGUSR1);
		await(&parked, round + 1);
		pthread_kill(owner, SIGUSR2);
		await(&ready, round + 1);
		release(1);
	}
	atomic_store(&done, true);
	pthread_join(owner, NULL);
	checker_unwatch();
	checker_expect_counters();
	cr_assert_eq(atomic_load(&checker_refused), 0, "one thread in turn with itself: nothing is refused");
	cr_assert_eq(recorder.controls[0].recorded + nested_records(), checker_counter(recorded),
		     "one lane, and what interrupted it");
	checker_expect_owned_lanes_whole();
}

/* Several records of one thread stand half written at once, each interrupted by the handler of the next: one in its own lane, the others shared. */
static atomic_uint depth;

static void nest(int signal)
{
	static atomic_uint number;
	const unsigned level = atomic_fetch_add(&depth, 1);
	checker_write(HANDLERS + 1000000 + level, atomic_fetch_add(&number, 1));
	if (level == 0)
		write_laps(signal);
	atomic_fetch_sub(&depth, 1);
}

Test(stalls, of_records_within_records)
{
	static const int signals[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGHUP, SIGTERM};
	pthread_t owner;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		set_handler(signals[i], nest);
	cr_assert_eq(pthread_create(&owner, NULL, own_and_write, NULL), 0);
	checker_watch();
	for (unsigned round = 0; nested_records() < checker_work(CAUGHT) * LAP_RECORDS; round++) {
		cr_assert_lt(round, checker_work(ROUNDS_MAX * 100), "no writer was ever stopped in mid-record");
		pthread_kill(owner, signals[round % (sizeof(signals) / sizeof(*signals))]);
	}
	atomic_store(&done, true);
	pthread_join(owner, NULL);
	checker_unwatch();
	checker_expect_counters();
	checker_expect_owned_lanes_whole();
}

/* Fork ------------------------------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t in_child, caught;
static pid_t child;

/* In the middle of a record; in the child that record goes on when the handler returns, after one of the child's own. */
static void fork_and_record(int signal)
{
	if (in_child || child || thread_state.ready != LANE_NOT_READY)
		return;
	caught++;
	child = fork();
	in_child = child == 0;
	if (in_child)
		checker_write(HANDLERS, (uint32_t)signal);
}

/*
 * The child has a recorder of its own by then. The record that was interrupted goes on in nobody's memory, or in the child's,
 * where the handler came before it had found its place.
 */
static void live_as_child(void)
{
	for (uint32_t number = 0; number < 10; number++)
		checker_write(2, number);
	const struct reading reading = checker_read();
	recorder_leave();
	_exit((reading.records == 11 || reading.records == 12) && reading.torn == 0 ? 0 : 1);
}

Test(stalls, of_a_record_whose_handler_forks)
{
	const struct itimerval often = {{0, 50}, {0, 50}};
	set_handler(SIGALRM, fork_and_record);
	checker_write(1, 0);
	setitimer(ITIMER_REAL, &often, NULL);
	for (uint32_t number = 1; caught < (int)checker_work(CAUGHT); number++) {
		int status = -1;
		checker_write(1, number);
		if (in_child)
			live_as_child();
		if (!child)
			continue;
		const pid_t ended = child;
		while (waitpid(ended, &status, 0) != ended)
			;
		cr_assert_eq(status, 0, "the child ended with %x", (unsigned)status);
		child = 0;
	}
	checker_expect_owned_lanes_whole();
}
