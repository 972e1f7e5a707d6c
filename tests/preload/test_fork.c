/*
 * Processes that multiply or change: each has a recorder of its own, and none is left behind.
 */
#include "describe.h"
#include "expect.h"
#include "newer_libc.h"
#include "place.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(forks, .init = place_init, .fini = place_fini, .timeout = 100);

static struct outcome run_both(struct where where, const char *mode)
{
	struct outcome outcomes[2];
	for (int agent = 0; agent < 2; agent++)
		outcomes[agent] = process_run(&(struct process_setup){.argv = LIST(PROGRAM("forks"), mode), .agent = agent});
	expect_same_at(where, &outcomes[0], &outcomes[1]);
	return outcomes[1];
}

/* The child's snapshot holds the child's events only, and the parent ends as it would have. */
static void check_child(const char *mode)
{
	struct snapshot snapshot;
	const struct outcome agent = run_both(HERE, mode);
	cr_assert(agent.status == 0 && strstr(agent.err.data, "child died of 11"), "%s", agent.err.data);
	expect_one_snapshot(agent, &snapshot);
	cr_assert(snapshot.pid != agent.pid && snapshot.ppid == agent.pid);
	expect_sound(&snapshot, (pid_t)snapshot.pid);
	expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_innermost(&snapshot, "child_dies_here");
	expect_event(&snapshot, SOURCE_STDERR, "child says 1");
	expect_event(&snapshot, SOURCE_WRITE2, "child says 2");
	expect_no_event_holding(&snapshot, "parent says");
	expect_no_degradations(&snapshot);
	cr_assert(recorder_of(agent.pid) == NULL, "the parent's recorder is left");
}

Test(forks, fork)
{
	check_child("fork");
}

/* No atfork handler sees these. */
Test(forks, raw_fork)
{
	check_child("raw_fork");
}

Test(forks, _Fork)
{
	if (!_Fork)
		cr_skip_test("this libc has no _Fork(3)");
	check_child("_Fork");
}

/* The child says nothing before it dies: its recorder is made by its death. */
Test(forks, silent_child)
{
	struct snapshot snapshot;
	const struct outcome agent = run_both(HERE, "silent_child");
	expect_one_snapshot(agent, &snapshot);
	expect_innermost(&snapshot, "child_dies_here");
	cr_assert(snapshot.event_count == 0, "%s", snapshot_describe(&snapshot));
}

Test(forks, both_die)
{
	const struct outcome agent = run_both(HERE, "fork_then_abort");
	const char *path;
	cr_assert(snapshots_in(place_storage(), &path) == 2 && agent.agent_lines == 2, "%s", agent.agent.data);
	/* Each line names a snapshot; the parent's is the last. */
	char *name = strrchr(agent.agent.data, '/') + 1, last[512];
	name[strcspn(name, " \n")] = 0;
	snprintf(last, sizeof(last), "%s/%s", place_storage(), name);
	struct snapshot snapshot;
	snapshot_at(&snapshot, last);
	cr_assert(snapshot.pid == agent.pid);
	expect_signal(&snapshot, SIGABRT, SI_TKILL);
	expect_event(&snapshot, SOURCE_STDERR, "parent says 1");
	expect_event_holding(&snapshot, "parent says 2");
	expect_no_event_holding(&snapshot, "child says");
}

Test(forks, generations)
{
	struct snapshot snapshot;
	const struct outcome agent = run_both(HERE, "generations");
	expect_one_snapshot(agent, &snapshot);
	expect_event(&snapshot, SOURCE_STDERR, "generation 3");
	expect_no_event_holding(&snapshot, "generation 2");
}

/* A vfork child lives in its parent's memory: what it does must not end or change the parent's recorder. */
static void check_parent(const char *mode, const char *last)
{
	struct snapshot snapshot;
	const struct outcome agent = run_both(HERE, mode);
	expect_one_snapshot(agent, &snapshot);
	expect_sound(&snapshot, agent.pid);
	expect_signal(&snapshot, SIGABRT, SI_TKILL);
	const struct expected_event events[] = {{SOURCE_STDERR, "parent says 1"}, {SOURCE_STDERR, last}};
	expect_events_in_order(&snapshot, events, 2);
	expect_in_crashed_stack(&snapshot, "main");
}

Test(forks, vfork)
{
	check_parent("vfork", "parent says 2");
}

Test(forks, vfork_exit)
{
	check_parent("vfork_exit", "child exited with 5");
}

Test(forks, system)
{
	check_parent("system", "shell exited with 6");
}

/* exec begins anew, with the same pid, and the recorder from before is gone. */
Test(forks, exec)
{
	struct snapshot snapshot;
	const struct outcome agent = run_both(HERE, "exec");
	expect_one_snapshot(agent, &snapshot);
	expect_sound(&snapshot, agent.pid);
	expect_innermost(&snapshot, "child_dies_here");
	cr_assert(snapshot.cmdline_count == 2 && strcmp(snapshot.cmdline[1], "after_exec") == 0);
	size_t count = 0;
	for (size_t i = 0; i < snapshot.event_count; i++)
		count += snapshot.events[i].message.data && strstr(snapshot.events[i].message.data, "parent says 1");
	cr_assert(count == 1, "%zu events of before and after%s", count, snapshot_describe(&snapshot));
}

/*
 * Without MADV_WIPEONFORK a child could not tell its parent's recorder from one of its own: the agent does nothing then. It is
 * preloaded behind the program that takes the call away, which would be recorded itself.
 */
Test(forks, kernel_that_cannot_wipe)
{
	static const char script[] = "exec 2>/dev/null; echo parent; (echo child; kill -SEGV $BASHPID); echo $?; (echo second)";
	const struct outcome plain = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("refuse_wipe"), "/bin/bash", "-c", script)});
	const struct outcome agent = process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("refuse_wipe"), "/usr/bin/env", "LD_PRELOAD=" AGENT, "/bin/bash", "-c", script)});
	cr_assert(plain.status == 0 && strstr(plain.out.data, "139"), "%s\n%s", status_text(plain.status), plain.out.data);
	expect_same(plain, agent);
	expect_no_snapshot(agent);
}

/* The memory of a vfork child is its parent's, also where that parent was forked itself and had no recorder yet. */
Test(forks, vfork_in_a_silent_child)
{
	struct snapshot snapshot;
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(PROGRAM("vfork_in_child"))});
	const struct outcome agent = process_run(&(struct process_setup){.argv = LIST(PROGRAM("vfork_in_child")), .agent = true});
	cr_assert(strstr(plain.out.data, "vfork child\nhandled\nstatus "), "%s", plain.out.data);
	expect_same(plain, agent);
	expect_one_snapshot(agent, &snapshot);
	cr_assert_eq(snapshot.ppid, agent.pid, "it is the child's, not the vfork child's");
	expect_innermost(&snapshot, "child");
	expect_event(&snapshot, SOURCE_WRITE1, "handled");
}
