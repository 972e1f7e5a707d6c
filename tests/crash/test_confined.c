/*
 * The helper gives up what it does not need before it reads what the process left: that must cost nothing. Each kind of death, and a living
 * process, once with that and once where the kernel cannot, makes the same snapshot; only what was given up differs.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(confined, .init = place_init, .fini = place_fini, .timeout = 100);

static bool gave_up(const struct snapshot *snapshot, const char *what)
{
	for (size_t i = 0; i < snapshot->agent.confined_count; i++) {
		if (strcmp(snapshot->agent.confined[i], what) == 0)
			return true;
	}
	return false;
}

/* What this kernel, or who emulates it, can do: as the tests of the calls themselves find it. */
static void expect_given_up_at(struct where where, const struct snapshot *snapshot)
{
	static const char *const all[] = {"calls", "files", "capabilities"};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		cr_assert(gave_up(snapshot, all[i]), "%s:%d: the helper could still use other %s", where.file, where.line, all[i]);
}

static const char *text(const char *string)
{
	return string ? string : "(none)";
}

static void expect_same_stack(const struct snapshot_thread *a, const struct snapshot_thread *b)
{
	cr_assert(a->frame_count == b->frame_count && a->register_count == b->register_count, "%zu frames and %zu", a->frame_count,
		  b->frame_count);
	for (size_t i = 0; i < a->frame_count; i++)
		cr_assert_str_eq(text(a->frames[i].function), text(b->frames[i].function), "frame %zu", i);
}

static void expect_same_events(const struct snapshot *a, const struct snapshot *b)
{
	cr_assert(a->event_count == b->event_count, "%zu events and %zu", a->event_count, b->event_count);
	for (size_t i = 0; i < a->event_count; i++)
		cr_assert(a->events[i].source == b->events[i].source && a->events[i].message.bytes == b->events[i].message.bytes,
			  "event %zu", i);
}

static void expect_same_snapshots(const struct snapshot *a, const struct snapshot *b)
{
	cr_assert_str_eq(text(a->reason), text(b->reason));
	cr_assert(a->abort_message.bytes == b->abort_message.bytes);
	cr_assert(a->signal.number == b->signal.number && a->signal.code == b->signal.code);
	cr_assert(a->thread_count == b->thread_count && a->module_count == b->module_count,
		  "%zu threads and %zu, %zu modules and %zu", a->thread_count, b->thread_count, a->module_count, b->module_count);
	cr_assert(a->agent.degradation_count == b->agent.degradation_count, "%zu degradations and %zu", a->agent.degradation_count,
		  b->agent.degradation_count);
	cr_assert(a->cmdline_count == b->cmdline_count && a->cwd && b->cwd && a->exe && b->exe);
	expect_same_stack(&a->threads[0], &b->threads[0]);
	expect_same_events(a, b);
}

static void die(const char *program, const char *death, bool older, struct snapshot *snapshot)
{
	const char *const *argv = older ? LIST(PROGRAM("older_kernel"), program, death) : LIST(program, death);
	const struct outcome outcome = process_run(&(struct process_setup){.argv = argv, .agent = true});
	expect_about(death);
	expect_one_snapshot(outcome, snapshot);
	place_storage_clear();
}

struct victim {
	char program[16], death[24];
};

ParameterizedTestParameters(confined, deaths)
{
	static struct victim victims[] = {
		{"die", "null_write"},  {"die", "stack_overflow"}, {"die", "destroyed_stack"}, {"die", "bad_syscall"},
		{"die", "double_free"}, {"die", "assert"},         {"die", "in_thread"},       {"die_fortified", "fortify"},
		{"faulty", "threads"},  {"faulty", "sent"},        {"throws", "C++"},
	};
	return cr_make_param_array(struct victim, victims, sizeof(victims) / sizeof(victims[0]));
}

ParameterizedTest(struct victim *victim, confined, deaths)
{
	struct snapshot with, without;
	char *program;
	cr_assert(asprintf(&program, "%s/tests/programs/%s", BUILD_DIR, victim->program) > 0);
	die(program, victim->death, false, &with);
	die(program, victim->death, true, &without);
	expect_given_up_at(HERE, &with);
	cr_assert(without.agent.confined_count == 0, "%zu given up where nothing can be", without.agent.confined_count);
	expect_same_snapshots(&with, &without);
}

/* Root looks into a process of another user's: nothing of that right is left when its stacks and files are read. */
static void expect_living_given_up(bool as_nobody)
{
	struct snapshot snapshot;
	char pid[16];
	cr_assert(chmod(place_root(), 0755) == 0 && mkdir(place_storage(), 0777) == 0 && chmod(place_storage(), 0777) == 0);
	struct process *process = process_start(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", "echo said; kill -STOP $$"), .agent = true, .as_nobody = as_nobody});
	process_await_stopped(process);
	snprintf(pid, sizeof(pid), "%d", (int)process_pid(process));
	const struct outcome outcome = ttlog(LIST("snapshot", pid));
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	snapshot_only(&snapshot, NULL);
	expect_given_up_at(HERE, &snapshot);
	expect_event(&snapshot, ANY_SOURCE, "said");
	cr_assert(snapshot.threads[0].frame_count > 2, "%zu frames", snapshot.threads[0].frame_count);
	kill(process_pid(process), SIGCONT);
	process_finish(process);
}

Test(confined, living)
{
	expect_living_given_up(false);
}

Test(confined, living_of_another_user)
{
	if (getuid() != 0)
		cr_skip_test("only root can look into the processes of others");
	expect_living_given_up(true);
}
