/*
 * Every way in which a process comes into the world: it has a recorder of its own, or none where its memory is its parent's;
 * the death of one is told once and rightly; and when all have ended nothing is left.
 */
#include "describe.h"
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(births, .init = place_init, .fini = place_fini, .timeout = 100);

static const char *const own_memory[] = {"fork",        "clone",  "clone_files", "raw_clone",   "raw_clone_files",
					 "posix_spawn", "thread", "daemon",      "double_fork", NULL};
static const char *const parents_memory[] = {"clone_vm", "clone_vm_files", NULL};

static struct outcome births(const char *how, const char *end, const char *then)
{
	const char *const *argv = LIST(PROGRAM("births"), how, end, then);
	const struct outcome plain = process_run(&(struct process_setup){.argv = argv}),
			     agent = process_run(&(struct process_setup){.argv = argv, .agent = true});
	cr_assert(strstr(plain.err.data, "child by ") && strstr(plain.err.data, "parent after: "), "%s %s: %s", how, end,
		  plain.err.data);
	expect_same(plain, agent);
	return agent;
}

static void expect_nothing_left(const char *how)
{
	if (place_has_own_shm())
		cr_assert_eq(recorder_files(getuid()), 0, "%s", how);
}

static void check_exits(const char *const *ways, const char *end)
{
	for (; *ways; ways++) {
		const struct outcome agent = births(*ways, end, NULL);
		expect_no_snapshot(agent);
		expect_nothing_left(*ways);
	}
}

Test(births, all_exit)
{
	check_exits(own_memory, "exit");
	check_exits(own_memory, "quick_exit");
	check_exits(parents_memory, "exit");
}

Test(births, child_dies)
{
	for (const char *const *how = own_memory; *how; how++) {
		struct snapshot snapshot;
		const struct outcome agent = births(*how, "segv", NULL);
		cr_assert(agent.status == 0, "%s", *how);
		expect_one_snapshot(agent, &snapshot);
		cr_assert(snapshot.pid != agent.pid, "%s%s", *how, snapshot_describe(&snapshot));
		expect_sound(&snapshot, (pid_t)snapshot.pid);
		expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
		expect_innermost(&snapshot, "child_dies_here");
		expect_event_holding(&snapshot, "child by ");
		expect_no_event_holding(&snapshot, "parent ");
		expect_no_event_holding(&snapshot, "thread says");
		expect_no_degradations(&snapshot);
		expect_nothing_left(*how);
		place_storage_clear();
	}
}

/* Its memory is its parent's, who lives on: there is nothing to tell, and the parent's recorder is as it was. */
Test(births, child_in_its_parents_memory_dies)
{
	for (const char *const *how = parents_memory; *how; how++) {
		struct snapshot snapshot;
		const struct outcome alone = births(*how, "segv", NULL);
		expect_no_snapshot(alone);
		expect_nothing_left(*how);
		const struct outcome agent = births(*how, "segv", "abort");
		expect_one_snapshot(agent, &snapshot);
		expect_sound(&snapshot, agent.pid);
		expect_signal(&snapshot, SIGABRT, SI_TKILL);
		expect_event(&snapshot, SOURCE_STDERR, "parent before");
		expect_event_holding(&snapshot, "child by ");
		expect_event(&snapshot, SOURCE_STDERR, "parent after: b");
		expect_nothing_left(*how);
		place_storage_clear();
	}
}

/* The child ends well; its end is not its parent's. */
Test(births, parent_dies)
{
	for (const char *const *how = own_memory; *how; how++) {
		struct snapshot snapshot;
		const struct outcome agent = births(*how, "exit", "abort");
		expect_one_snapshot(agent, &snapshot);
		expect_sound(&snapshot, agent.pid);
		expect_signal(&snapshot, SIGABRT, SI_TKILL);
		expect_event(&snapshot, SOURCE_STDERR, "parent before");
		expect_event(&snapshot, SOURCE_STDERR, "parent after: 0");
		expect_no_event_holding(&snapshot, "child by ");
		expect_nothing_left(*how);
		place_storage_clear();
	}
}
