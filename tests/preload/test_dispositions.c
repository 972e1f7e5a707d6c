/*
 * Dispositions are virtual: thousands of calls of all that sets, asks for and uses them, with the agent and without, and every answer,
 * and all that a handler sees of its surroundings, is the same.
 *
 * What is known to differ, because somebody else than the program answers: /proc/self/status shows the agent's handlers in SigCgt, and
 * a handler's ucontext names the agent's alternate stack in uc_stack.
 */
#include "command.h"
#include "newer_libc.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(dispositions, .init = place_init, .fini = place_fini, .timeout = 200);

static void check_same(struct where where, const char *const *argv, size_t least)
{
	const struct outcome plain = process_run(&(struct process_setup){.argv = argv, .limit_s = 60});
	const struct outcome agent = process_run(&(struct process_setup){.argv = argv, .agent = true, .limit_s = 60});
	cr_assert(plain.status == 0 && plain.out.size >= least, "%s:%d: %s, %zu bytes without the agent:\n%s", where.file,
		  where.line, status_text(plain.status), plain.out.size, plain.err.data);
	expect_same_at(where, &plain, &agent);
	expect_no_snapshot_at(where, &agent);
}

enum { NO_REAL_TIME = 77 }; /* realtime.c */

#define RANDOM_CALLS "3000"

static void check_random(struct where where, const char *seed)
{
	check_same(where, LIST(PROGRAM("dispositions"), RANDOM_CALLS, seed), 200000);
}

/* TTLOG_SEED=s: one more. */
Test(dispositions, random_calls)
{
	static const char *const seeds[] = {"1", "2", "3", "4"};
	for (size_t i = 0; i < sizeof(seeds) / sizeof(*seeds); i++)
		check_random(HERE, seeds[i]);
	if (getenv("TTLOG_SEED"))
		check_random(HERE, getenv("TTLOG_SEED"));
}

/* That a handler wished for a stack, where there is none, is kept from the kernel only where it is known whose code the handler is. */
static void need_wishes(void)
{
	if (!_dl_find_object)
		cr_skip_test("before glibc 2.35 a handler with SA_ONSTACK and no stack set runs on the agent's");
}

Test(dispositions, deliveries)
{
	need_wishes();
	check_same(HERE, LIST(PROGRAM("deliveries")), 10000);
}

/* As a shell's background job, as nohup, and with signals blocked by whoever started it. */
Test(dispositions, inherited)
{
	check_same(HERE, LIST("sh", "-c", "trap '' INT TERM HUP SEGV USR1; exec \"$0\" inherited", PROGRAM("dispositions")), 100);
	check_same(HERE,
		   LIST("perl", "-MPOSIX", "-e",
			"sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGSEGV, SIGTERM, SIGUSR2)); exec $ARGV[0], 'inherited'",
			PROGRAM("dispositions")),
		   100);
}

/* Its handler asked for an alternate stack and there is none: the kernel finds no place for it. The agent's stack is not there for it. */
Test(dispositions, no_stack_for_an_overflow)
{
	need_wishes();
	const struct process_setup setup = {.argv = LIST(PROGRAM("deliveries"), "overflow")};
	struct process_setup with = setup;
	with.agent = true;
	const struct outcome plain = process_run(&setup), agent = process_run(&with);
	cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == SIGSEGV, "%s", status_text(plain.status));
	expect_same(plain, agent);
	/* Nobody in the process was asked, and it had said nothing: its parent knows. */
	struct snapshot snapshot;
	TTLOG_RUN(PROGRAM("deliveries"), "overflow");
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "SIGSEGV");
}

/* Nobody spins for what a thread of a lower priority has: there is one processor. */
Test(dispositions, of_a_real_time_thread)
{
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(PROGRAM("realtime")), .limit_s = 60});
	if (WIFEXITED(plain.status) && WEXITSTATUS(plain.status) == NO_REAL_TIME)
		cr_skip_test("SCHED_FIFO is not allowed here");
	check_same(HERE, LIST(PROGRAM("realtime")), 10);
}

static uint64_t caught_by(bool agent)
{
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("grep", "SigCgt", "/proc/self/status"), .agent = agent});
	cr_assert(strncmp(outcome.out.data, "SigCgt:", 7) == 0, "%s", outcome.out.data);
	return strtoull(outcome.out.data + 7, NULL, 16);
}

/* The known difference is this and no more. */
Test(dispositions, caught_in_proc)
{
	static const int captured[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGINT, SIGTERM, SIGQUIT, SIGHUP};
	uint64_t expected = caught_by(false);
	for (size_t i = 0; i < sizeof(captured) / sizeof(*captured); i++)
		expected |= 1ull << (captured[i] - 1);
	cr_assert(caught_by(true) == expected);
}
