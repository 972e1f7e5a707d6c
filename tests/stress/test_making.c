/*
 * The recorder comes into being under fire: handlers interrupt the thread that makes it, other threads wait for it. What finds no
 * recorder is counted in the one that is made (G5).
 *
 * A forked child has no recorder, so each child makes one. It answers with its exit status: no assertion may run there.
 */
#define TTLOG_ABI_ONLY
#include "checker.h"
#include "ttlog.h"

#include "lane.h"
#include "numbered.h"
#include "record.h"
#include "recorder_file.h"
#include "site.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 400, WRITERS = 3, RECORDS = 20, PERIOD_US = 20 };
enum answer { ALL_COUNTED = 0, SOME_REFUSED = 1, MISCOUNTED = 2 };

TestSuite(making, .init = checker_start, .fini = checker_stop, .timeout = 3600);

static void record_in_handler(int signal)
{
	static atomic_uint number;
	(void)signal;
	checker_write(1000000, atomic_fetch_add(&number, 1));
}

static void set_timer(long period_us)
{
	const struct itimerval timer = {{0, period_us}, {0, period_us}};
	setitimer(ITIMER_REAL, &timer, NULL);
}

static enum answer count_answer(void)
{
	const uint64_t dropped = checker_counter(dropped) + recorder.header->dropped_early;
	if (checker_counter(recorded) != atomic_load(&checker_written) || dropped != atomic_load(&checker_refused))
		return MISCOUNTED;
	return atomic_load(&checker_refused) ? SOME_REFUSED : ALL_COUNTED;
}

static void record_some(uint32_t writer)
{
	for (uint32_t number = 0; number < RECORDS; number++)
		checker_write(writer, number);
}

static enum answer interrupted_maker(void)
{
	set_timer(PERIOD_US);
	record_some(1);
	set_timer(0);
	return count_answer();
}

static void *write_some(void *data)
{
	record_some((uint32_t)(uintptr_t)data);
	return NULL;
}

static enum answer many_makers(void)
{
	pthread_t threads[WRITERS];
	set_timer(PERIOD_US);
	for (uintptr_t i = 0; i < WRITERS; i++)
		if (pthread_create(&threads[i], NULL, write_some, (void *)i) != 0)
			_exit(99);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	set_timer(0);
	return count_answer();
}

/* Macro events, which go another way: each is counted once, whatever there is when it comes. */
static void macro_in_handler(int signal)
{
	static struct ttlog_site site = {.message = "handler", .file = "file", .function = "function", .level = TTLOG_LEVEL_INFO};
	(void)signal;
	atomic_fetch_add(&checker_written, 1);
	record_api.event(&site);
}

static enum answer maker_interrupted_by_macros(void)
{
	set_timer(PERIOD_US);
	record_some(1);
	set_timer(0);
	const uint64_t dropped = checker_counter(dropped) + recorder.header->dropped_early;
	if (checker_counter(recorded) + dropped != atomic_load(&checker_written) + atomic_load(&checker_refused))
		return MISCOUNTED;
	return dropped ? SOME_REFUSED : ALL_COUNTED;
}

/* Returns how many children refused something. */
static unsigned run_children(enum answer (*life)(void), void (*handler)(int))
{
	const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	unsigned refused = 0;
	cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
	for (unsigned i = 0; i < checker_work(CHILDREN); i++) {
		int status;
		const pid_t child = fork();
		if (child == 0) {
			const enum answer answer = life();
			recorder_leave();
			_exit((int)answer);
		}
		cr_assert(waitpid(child, &status, 0) == child && WIFEXITED(status), "child %u: status %#x", i, status);
		cr_assert_neq(WEXITSTATUS(status), MISCOUNTED, "child %u: records were lost without count, or counted twice", i);
		cr_assert_leq(WEXITSTATUS(status), SOME_REFUSED);
		refused += WEXITSTATUS(status) == SOME_REFUSED;
	}
	return refused;
}

Test(making, handlers_interrupt_the_maker)
{
	cr_assert_gt(run_children(interrupted_maker, record_in_handler), 0,
		     "no handler ever interrupted the making: nothing was tried");
}

Test(making, threads_and_handlers_at_once)
{
	run_children(many_makers, record_in_handler);
}

Test(making, macros_in_handlers)
{
	site_init();
	cr_assert_gt(run_children(maker_interrupted_by_macros, macro_in_handler), 0, "nothing was tried");
}
