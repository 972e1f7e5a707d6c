/* The agent for musl, in programs of musl: they end as without it, and what they said and how they died is in the snapshot. */
#include "expect.h"
#include "heard.h"
#include "place.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#define MUSL_AGENT BUILT("libttlog_agent_musl.so")
#define SPEAKER    PROGRAM("musl_speak")

static void init(void)
{
	place_init();
	if (!is_executable(SPEAKER))
		cr_skip_test("musl-tools were not there as this was built");
}

TestSuite(musl, .init = init, .fini = place_fini, .timeout = 60);

/* Once without the agent and once with it: the same bytes, the same end. */
static struct outcome run(const char *what)
{
	struct outcome outcomes[2];
	for (int agent = 0; agent < 2; agent++)
		outcomes[agent] = process_run(&(struct process_setup){.argv = LIST(SPEAKER, what),
								      .environment = heard_environment,
								      .agent = agent,
								      .agent_library = MUSL_AGENT});
	expect_same(outcomes[0], outcomes[1]);
	return outcomes[1];
}

static struct outcome run_until_death(const char *what, struct snapshot *snapshot)
{
	const struct outcome outcome = run(what);
	expect_one_snapshot(outcome, snapshot);
	expect_sound(snapshot, outcome.pid);
	return outcome;
}

/* What came out, as it is in the snapshot, byte by byte. */
static void expect_all_heard(const char *what, struct snapshot *snapshot)
{
	const struct outcome outcome = run_until_death(what, snapshot);
	const struct bytes out = heard_text(snapshot, SOURCE_STDOUT, SOURCE_WRITE1),
			   err = heard_text(snapshot, SOURCE_STDERR, SOURCE_WRITE2);
	cr_assert_str_eq(out.data, outcome.out.data);
	cr_assert_str_eq(err.data, outcome.err.data);
	expect_signal(snapshot, SIGABRT, SI_TKILL);
}

Test(musl, is_heard)
{
	struct snapshot snapshot;
	expect_all_heard("said", &snapshot);
	expect_event(&snapshot, SOURCE_WRITE2, "writev");
	const struct snapshot_event *log = expect_event(&snapshot, SOURCE_SYSLOG, "syslog 7");
	cr_assert(log->level == LEVEL_WARN);
}

Test(musl, is_heard_one_by_one)
{
	struct snapshot snapshot;
	expect_all_heard("one_by_one", &snapshot);
	expect_event(&snapshot, SOURCE_STDOUT, "putchar");
	expect_event(&snapshot, SOURCE_STDERR, "!"); /* no line's end comes behind it */
}

Test(musl, composes_messages)
{
	struct snapshot snapshot;
	expect_all_heard("messages", &snapshot);
	expect_event(&snapshot, SOURCE_STDERR, "musl_speak: warn 1: Permission denied");
}

Test(musl, dies_in_a_thread)
{
	struct snapshot snapshot;
	run_until_death("thread", &snapshot);
	expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_innermost(&snapshot, "die_in_thread");
	expect_event(&snapshot, SOURCE_STDERR, "thread");
	expect_event(&snapshot, SOURCE_STDERR, "x");
	cr_assert_eq(snapshot.thread_count, 2);
}

Test(musl, overflows_the_stack_of_a_thread)
{
	struct snapshot snapshot;
	run_until_death("overflow", &snapshot);
	cr_assert(snapshot.signal.number == SIGSEGV);
	expect_innermost(&snapshot, "deeper");
}

Test(musl, fails_an_assertion)
{
	struct snapshot snapshot;
	run_until_death("assert", &snapshot);
	expect_signal(&snapshot, SIGABRT, SI_TKILL);
	expect_event_holding(&snapshot, "main: Assertion `argc == 0' failed.");
}

Test(musl, dies_in_a_child)
{
	struct snapshot snapshot;
	const struct outcome outcome = run("child");
	expect_one_snapshot(outcome, &snapshot);
	cr_assert(snapshot.pid != (uint32_t)outcome.pid && snapshot.signal.number == SIGSEGV);
	expect_event(&snapshot, SOURCE_STDERR, "child");
}

Test(musl, writes_a_log_file)
{
	struct snapshot snapshot;
	run_until_death("log", &snapshot);
	expect_event(&snapshot, SOURCE_FILE, "logged 1");
}

Test(musl, ends_without_a_death)
{
	const struct outcome outcome = run("ends");
	expect_no_snapshot(outcome);
}
