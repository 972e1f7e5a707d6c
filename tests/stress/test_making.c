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
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHILDREN = 400, WRITERS = 3, RECORDS = 20, PERIOD_US = 20, HELD_TURNS = 70, HELD_MS = 90, TOO_LONG_MS = 150, TRIALS = 20 };
enum answer { ALL_COUNTED = 0, SOME_REFUSED = 1, MISCOUNTED = 2, NOT_TRACED = 3, TOO_LONG = 4 };

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

static enum answer quiet_maker(void)
{
	record_some(1);
	return count_answer();
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

static enum answer count_with_macros(void)
{
	const uint64_t dropped = checker_counter(dropped) + recorder.header->dropped_early;
	if (checker_counter(recorded) + dropped != atomic_load(&checker_written) + atomic_load(&checker_refused))
		return MISCOUNTED;
	return dropped ? SOME_REFUSED : ALL_COUNTED;
}

static enum answer quiet_maker_with_macros(void)
{
	record_some(1);
	return count_with_macros();
}

static enum answer maker_interrupted_by_macros(void)
{
	set_timer(PERIOD_US);
	record_some(1);
	set_timer(0);
	return count_with_macros();
}

/* How often the thread has slept; 0: it is gone. */
static unsigned long sleeps_of(pid_t tid)
{
	char path[64], line[128];
	unsigned long sleeps = 0;
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)tid);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file) && sscanf(line, "voluntary_ctxt_switches: %lu", &sleeps) != 1)
		;
	if (file)
		fclose(file);
	return sleeps;
}

static atomic_int waiting_tid;
static atomic_bool waiter_is_through;

static void *write_while_it_is_made(void *data)
{
	atomic_store(&waiting_tid, gettid());
	record_some((uint32_t)(uintptr_t)data);
	atomic_store(&waiter_is_through, true);
	return NULL;
}

/* In the maker, when all is made and nobody may use it yet: as long as a machine with forty programs for each processor takes. */
static void hold_the_maker(void)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, write_while_it_is_made, (void *)(uintptr_t)2) != 0)
		_exit(99);
	pthread_detach(thread);
	while (!atomic_load(&waiter_is_through) &&
	       (!atomic_load(&waiting_tid) || sleeps_of(atomic_load(&waiting_tid)) < HELD_TURNS))
		sched_yield();
}

static enum answer held_maker(void)
{
	recorder.made = hold_the_maker;
	record_some(1);
	while (!atomic_load(&waiter_is_through))
		sched_yield();
	return count_answer();
}

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void do_nothing(int signal)
{
	(void)signal;
}

static bool held_too_long;

/* The waiter gets no millisecond without a signal. */
static void hold_the_maker_amid_signals(void)
{
	pthread_t thread;
	const uint64_t begin = now_ms();
	if (pthread_create(&thread, NULL, write_while_it_is_made, (void *)(uintptr_t)2) != 0)
		_exit(99);
	while (!atomic_load(&waiter_is_through) && now_ms() < begin + HELD_MS) {
		pthread_kill(thread, SIGALRM);
		usleep(50);
	}
	pthread_detach(thread);
	held_too_long = now_ms() > begin + TOO_LONG_MS;
}

static enum answer held_maker_amid_signals(void)
{
	recorder.made = hold_the_maker_amid_signals;
	record_some(1);
	while (!atomic_load(&waiter_is_through))
		sched_yield();
	return held_too_long ? TOO_LONG : count_answer();
}

static void handle_alarm(void (*handler)(int))
{
	const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
}

static void judge(unsigned number, int status)
{
	cr_assert(WIFEXITED(status), "child %u: status %#x", number, status);
	cr_assert_neq(WEXITSTATUS(status), MISCOUNTED, "child %u: records were lost without count, or counted twice", number);
	cr_assert_leq(WEXITSTATUS(status), SOME_REFUSED);
}

static _Noreturn void live(enum answer (*life)(void))
{
	const enum answer answer = life();
	recorder_leave();
	_exit((int)answer);
}

/* Handlers that come at any time: on some machines a few of them, on others none, hit the making. */
static void run_children(enum answer (*life)(void), void (*handler)(int))
{
	handle_alarm(handler);
	for (unsigned i = 0; i < checker_work(CHILDREN); i++) {
		int status;
		const pid_t child = fork();
		if (child == 0)
			live(life);
		cr_assert_eq(waitpid(child, &status, 0), child);
		judge(i, status);
	}
}

/* True where the child is stopped behind a system call, false where it is before one. */
static bool has_made_call(pid_t child)
{
	struct __ptrace_syscall_info info;
	cr_assert_gt(ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info), 0);
	return info.op == PTRACE_SYSCALL_INFO_EXIT;
}

/* The handler runs after system call number `at` of the child. Returns its status; *reached: it made so many. */
static int interrupt_after_call(pid_t child, unsigned at, bool *reached)
{
	unsigned made = 0;
	int status, signal = 0;
	*reached = false;
	cr_assert_eq(waitpid(child, &status, WUNTRACED), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_TRACED)
		cr_skip_test("no ptrace(2)");
	cr_assert(WIFSTOPPED(status));
	cr_assert_eq(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
	while (!*reached) {
		cr_assert_eq(ptrace(PTRACE_SYSCALL, child, 0, signal), 0);
		cr_assert_eq(waitpid(child, &status, 0), child);
		if (!WIFSTOPPED(status))
			return status;
		signal = WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
		*reached = signal == 0 && has_made_call(child) && made++ == at;
	}
	cr_assert_eq(kill(child, SIGALRM), 0);
	cr_assert_eq(ptrace(PTRACE_DETACH, child, 0, 0), 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	return status;
}

/* Children that make a recorder, interrupted after the first, the second, ... of all the system calls that this takes. */
static void interrupt_after_each_call(enum answer (*life)(void), void (*handler)(int))
{
	bool reached = true;
	unsigned refused = 0;
	handle_alarm(handler);
	for (unsigned at = 0; reached; at++) {
		const pid_t child = fork();
		if (child == 0) {
			if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
				_exit(NOT_TRACED);
			kill(getpid(), SIGSTOP); /* the next call is the maker's first */
			live(life);
		}
		const int status = interrupt_after_call(child, at, &reached);
		judge(at, status);
		refused += WEXITSTATUS(status) == SOME_REFUSED;
	}
	cr_assert_gt(refused, 10, "the making takes more system calls than that, and finds no recorder after any of them");
}

Test(making, handlers_interrupt_the_maker)
{
	run_children(interrupted_maker, record_in_handler);
}

Test(making, threads_and_handlers_at_once)
{
	run_children(many_makers, record_in_handler);
}

Test(making, macros_in_handlers)
{
	site_init();
	run_children(maker_interrupted_by_macros, macro_in_handler);
}

Test(making, a_handler_after_each_system_call)
{
	interrupt_after_each_call(quiet_maker, record_in_handler);
}

Test(making, a_macro_in_a_handler_after_each_system_call)
{
	site_init();
	interrupt_after_each_call(quiet_maker_with_macros, macro_in_handler);
}

/* Others wait for a maker that takes its time, and lose nothing. */
Test(making, of_a_recorder_that_is_slow)
{
	int status;
	const pid_t child = fork();
	if (child == 0)
		live(held_maker);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == ALL_COUNTED, "status %#x", status);
}

/* Nor where signals cut their sleep short all the time: a profiler's timer, say. On a busy machine a trial may take too long to say anything. */
Test(making, of_a_recorder_that_is_slow_amid_signals)
{
	int status = TOO_LONG << 8;
	handle_alarm(do_nothing);
	for (unsigned i = 0; i < TRIALS && status == TOO_LONG << 8; i++) {
		const pid_t child = fork();
		if (child == 0)
			live(held_maker_amid_signals);
		cr_assert_eq(waitpid(child, &status, 0), child);
	}
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == ALL_COUNTED, "status %#x", status);
}
