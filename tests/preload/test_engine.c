/*
 * The engine in the process: threads only where they were asked for, options, snapshots that nobody notices, forks.
 */
#include "describe.h"
#include "expect.h"
#include "newer_libc.h"
#include "place.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(engine, .init = place_init, .fini = place_fini, .timeout = 120);

/* The program checks itself. */
static struct outcome run(const char *mode, const char *const *environment)
{
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("engine"), mode), .agent = true, .environment = environment});
	cr_assert(outcome.status == 0, "%s: %s\n%s%s", mode, status_text(outcome.status), outcome.err.data, outcome.agent.data);
	return outcome;
}

Test(engine, does_nothing_without_the_agent)
{
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST(PROGRAM("engine"), "absent")});
	cr_assert(outcome.status == 0 && outcome.err.size == 0, "%s", outcome.err.data);
}

Test(engine, does_nothing_where_the_agent_is_disabled)
{
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("engine"), "absent"), .agent = true, .environment = LIST("TTLOG_DISABLE=1")});
	cr_assert(outcome.status == 0 && outcome.err.size == 0, "%s", outcome.err.data);
}

Test(engine, no_thread_unasked)
{
	run("nothing", NULL);
}

Test(engine, options)
{
	struct snapshot snapshot;
	run("options", NULL);
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.service, "named");
	cr_assert_str_eq(snapshot.reason, "options");
}

Test(engine, the_environment_has_the_last_word)
{
	struct snapshot snapshot;
	run("options", LIST("TTLOG_SERVICE=chosen"));
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.service, "chosen");
}

Test(engine, requested_snapshot_is_unnoticed)
{
	struct snapshot snapshot;
	run("request", NULL);
	snapshot_only(&snapshot, NULL);
	expect_event(&snapshot, SOURCE_MACRO, "before the request");
	cr_assert_str_eq(snapshot.reason, "why/not here");
	cr_assert(thread_named(&snapshot, "ttlog-writer"), "%s", snapshot_describe(&snapshot));
	cr_assert(stack_has(thread_named(&snapshot, "engine"), "request"), "%s", snapshot_describe(&snapshot));
	expect_no_degradations(&snapshot);
}

/* The kernel of a machine without Yama refuses all of it, but hears the same. */
Test(engine, whom_it_lets_trace_it_is_restored)
{
	const char *trace = place_path("trace");
	char line[1024], values[1024] = "";
	size_t used = 0;
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST("/usr/bin/strace", "-f", "-e", "trace=prctl", "-o", trace, PROGRAM("engine"), "ptracer"),
		.agent = true,
		.limit_s = 60});
	cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
	FILE *file = fopen(trace, "r");
	while (fgets(line, sizeof(line), file)) {
		const char *at = strstr(line, "PR_SET_PTRACER, ");
		if (at && used + 64 < sizeof(values))
			used += (size_t)snprintf(values + used, 64, "%.*s ", (int)strcspn(at + 16, ")"), at + 16);
	}
	fclose(file);
	cr_assert_str_eq(values, "4711 PR_SET_PTRACER_ANY 4711 PR_SET_PTRACER_ANY 0 ");
}

Test(engine, full_channel_refuses)
{
	const char *path;
	run("channel", NULL);
	cr_assert(snapshots_in(place_storage(), &path) >= 3);
}

Test(engine, newest_periodic_snapshot_replaces_the_one_before)
{
	struct snapshot snapshot;
	run("periodic", NULL);
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "periodic");
}

Test(engine, handled_signals_ask_for_one)
{
	struct snapshot snapshot;
	run("handled", NULL);
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "handled-SIGTERM");
	expect_event(&snapshot, SOURCE_MACRO, "before the signal");
}

Test(engine, handler_that_ends_the_process)
{
	struct snapshot snapshot;
	run("leaves", NULL);
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "handled-SIGTERM");
	expect_event(&snapshot, SOURCE_MACRO, "before the signal");
}

Test(engine, child_of_fork_begins_anew)
{
	const char *path;
	run("forks", NULL);
	cr_assert(snapshots_in(place_storage(), &path) == 2);
}

Test(engine, fork_storm)
{
	run("storm", NULL);
}

/* It gives itself its name when it gets a processor. */
Test(engine, interval_gives_an_unmodified_program_a_writer)
{
	if (!_dl_find_object)
		cr_skip_test("before glibc 2.34 a shell has no libpthread, and no threads");
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("/bin/sh", "-c", "until grep ttlog-writer /proc/$$/task/*/comm; do :; done"),
					.agent = true,
					.environment = LIST("TTLOG_INTERVAL=60")});
	cr_assert(outcome.status == 0 && strstr(outcome.out.data, "ttlog-writer"), "%s", outcome.out.data);
	const struct outcome without = process_run(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", "cat /proc/$$/task/*/comm"), .agent = true, .environment = LIST("TTLOG_INTERVAL=0")});
	cr_assert_str_eq(without.out.data, "sh\n");
}

/* No helper stands beside this agent. */
Test(engine, without_a_helper_the_recorder_is_copied)
{
	struct command_line {
		char agent[2048], storage[2048], view[2300];
	} line;
	const char *directory = place_directory();
	snprintf(line.agent, sizeof(line.agent), "LD_PRELOAD=%s/agent.so", directory);
	snprintf(line.storage, sizeof(line.storage), "TTLOG_STORAGE=%s/copies", directory);
	snprintf(line.view, sizeof(line.view), "%s view --no-color %s/copies/*-why_not_here.rec", TTLOG, directory);
	process_run(&(struct process_setup){.argv = LIST("cp", AGENT, line.agent + strlen("LD_PRELOAD="))});
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("engine"), "request"), .environment = LIST(line.agent, line.storage)});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	const struct outcome view = process_run(&(struct process_setup){.argv = LIST("/bin/sh", "-c", line.view)});
	cr_assert(view.status == 0 && strstr(view.out.data, "before the request") && strstr(view.out.data, "request"), "%s%s",
		  view.out.data, view.err.data);
}
