/*
 * Real snapshots of every kind against tools/snapshot/snapshot.cddl, decoded by other people's libraries.
 */
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

TestSuite(cddl, .init = place_init, .fini = place_fini, .timeout = 100);

#define VALIDATE SOURCE_DIR "/tests/cddl/validate.py"
#define CDDL     SOURCE_DIR "/tools/snapshot/snapshot.cddl"

static struct outcome validate(const char *path)
{
	return process_run(&(struct process_setup){.argv = LIST("/usr/bin/python3", VALIDATE, CDDL, path)});
}

static void expect_valid(const char *path)
{
	const struct outcome outcome = validate(path);
	cr_assert(outcome.status == 0, "%s\n%s%s", status_text(outcome.status), outcome.out.data, outcome.err.data);
}

static void check_program(const char *program, const char *argument, const char *const *environment)
{
	const char *path;
	struct snapshot snapshot;
	process_run(&(struct process_setup){.argv = LIST(program, argument), .environment = environment, .agent = true});
	snapshot_only(&snapshot, &path);
	expect_valid(path);
}

Test(cddl, validator_rejects)
{
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", VALIDATE, "--self-test", CDDL)});
	cr_assert(outcome.status == 0, "%s%s", outcome.out.data, outcome.err.data);
	cr_assert(validate(place_file("foreign", "hello", 5)).status != 0);
	cr_assert(validate(place_path("missing")).status != 0);
}

Test(cddl, fault)
{
	check_program(PROGRAM("die"), "null_write", NULL);
}

Test(cddl, handled_fault)
{
	check_program(PROGRAM("die"), "handler_aborts", NULL);
}

Test(cddl, assertion)
{
	check_program(PROGRAM("die"), "assert", NULL);
}

Test(cddl, sent_signal)
{
	check_program(PROGRAM("die"), "sigqueue:TERM", NULL);
}

Test(cddl, left_out_frames)
{
	check_program(PROGRAM("stacks"), "deep", NULL);
}

Test(cddl, guessed_frames)
{
	check_program(PROGRAM("stacks"), "jit", NULL);
}

Test(cddl, handler_and_lost_file)
{
	check_program(PROGRAM("stacks"), "handler_at_entry", NULL);
	place_storage_clear();
	check_program(PROGRAM("stacks"), "memfd", NULL);
}

Test(cddl, threads)
{
	check_program(PROGRAM("threads4"), NULL, NULL);
}

Test(cddl, exception)
{
	check_program(PROGRAM("throws"), NULL, NULL);
}

Test(cddl, values)
{
	check_program(PROGRAM("macros_cpp"), "die", LIST("TTLOG_LEVEL=trace"));
}

Test(cddl, bad_variable)
{
	check_program(PROGRAM("speak"), NULL, LIST("TTLOG_LEVEL=loud"));
}

Test(cddl, timer)
{
	check_program(PROGRAM("hang"), "timer", NULL);
}

Test(cddl, sent_by_another)
{
	struct snapshot snapshot;
	const char *path;
	struct process *process = process_start(&(struct process_setup){.argv = LIST(PROGRAM("die"), "waits"), .agent = true});
	process_await(process, "waiting\n");
	cr_assert(kill(process_pid(process), SIGTERM) == 0);
	process_finish(process);
	snapshot_only(&snapshot, &path);
	cr_assert(snapshot.signal.sender_command != NULL);
	expect_valid(path);
}

Test(cddl, timeout)
{
	struct snapshot snapshot;
	const char *path;
	process_run(&(struct process_setup){
		.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--timeout", "300ms", "--", PROGRAM("die"), "waits")});
	snapshot_only(&snapshot, &path);
	expect_valid(path);
}

/* What only the kernel can cause, written by us. */
Test(cddl, out_of_memory)
{
	struct snapshot snapshot;
	struct snapshot_error error;
	char path[1024];
	snapshot_init(&snapshot);
	snapshot.reason = "SIGKILL";
	snapshot.oom.present = true;
	snapshot.oom.scope = "cgroup";
	snapshot.oom.kills = 1;
	snapshot.oom.limit = snapshot.oom.used = 1 << 26;
	cr_assert(snapshot_write(&snapshot, place_storage(), path, sizeof(path), &error) == 0, "%s", error.text);
	expect_valid(path);
}

Test(cddl, killed_under_run)
{
	const char *path;
	struct snapshot snapshot;
	process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", PROGRAM("die"), "kill_9")});
	snapshot_only(&snapshot, &path);
	expect_valid(path);
}

Test(cddl, spans)
{
	check_program(PROGRAM("spans"), "die", NULL);
}
