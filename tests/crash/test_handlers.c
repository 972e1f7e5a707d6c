/*
 * The matrix of first and last chances: each signal that means a defect, however it comes, whatever the program does about it. The end
 * is the same as without the agent, and where it is a death there is one snapshot, which shows what it began with.
 */
#include "command.h"
#include "describe.h"
#include "fault_codes.h"
#include "signal_names.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

TestSuite(matrix, .init = place_init, .fini = place_fini, .timeout = 150);
TestSuite(cores, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(blocked, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What becomes of the signal, as the program `handlers` names it. */
static const struct row {
	const char *disposition;
	bool asks_nobody; /* of a fault the kernel makes a death at once */
	bool handler_first;
	bool other_place; /* dies of something else, later or in the handler */
} rows[] = {
	{.disposition = "default"},
	{.disposition = "exits"},
	{.disposition = "reraises_default", .handler_first = true},
	{.disposition = "reraises_previous", .handler_first = true},
	{.disposition = "reraises_nodefer", .handler_first = true},
	{.disposition = "restores", .handler_first = true},
	{.disposition = "chains", .handler_first = true},
	{.disposition = "chains_onstack", .handler_first = true},
	{.disposition = "resethand", .handler_first = true},
	{.disposition = "resethand_aborts", .handler_first = true},
	{.disposition = "jumps"},
	{.disposition = "jumps_and_dies", .other_place = true},
	{.disposition = "jumps_and_raises"},
	{.disposition = "aborts", .handler_first = true},
	{.disposition = "aborts_small", .handler_first = true},
	{.disposition = "raises_nodefer", .handler_first = true},
	{.disposition = "small", .handler_first = true},
	{.disposition = "small_reraises", .handler_first = true},
	{.disposition = "faults", .handler_first = true, .other_place = true},
	{.disposition = "blocked", .asks_nobody = true},
	{.disposition = "ignored", .asks_nobody = true},
};

static struct outcome run_handlers(const char *name, const char *how, const char *disposition, bool agent)
{
	return process_run(&(struct process_setup){.argv = LIST(PROGRAM("handlers"), name, how, disposition), .agent = agent});
}

/* By the kernel, not by abort(3), nor by raise(3) where a division by zero is no fault. */
static bool is_fault(int number, const char *how)
{
	return strcmp(how, "fault") == 0 && number != SIGABRT && (number != SIGFPE || FAULT_DIVISION_CODE > 0);
}

/* abort(3) opens what was blocked, and takes away what ignored it. */
static bool captured_inside(const struct row *row, int number, const char *how)
{
	return !row->asks_nobody || !is_fault(number, how);
}

static void check_place(const struct row *row, const struct snapshot *snapshot, const char *how)
{
	if (strcmp(row->disposition, "jumps_and_dies") == 0) {
		cr_assert(!snapshot->first_signal.present, "what was survived%s", snapshot_describe(snapshot));
		expect_innermost(snapshot, "dies_later");
	} else if (row->other_place) {
		expect_innermost(snapshot, "faults_itself");
	} else if (strcmp(how, "fault") == 0) {
		expect_in_crashed_stack(snapshot, "fault_of");
	} else {
		expect_in_crashed_stack(snapshot, "provoke");
	}
}

/* The snapshot shows what it began with: as its own signal, or as the one behind it. */
static void check_origin(const struct row *row, const struct snapshot *snapshot, int number, const char *how)
{
	/* Where the handler of an abort returns, abort(3) ends the process with no further signal that anybody sees. */
	const bool behind = row->handler_first && (snapshot->first_signal.present || number != SIGABRT);
	const struct snapshot_signal *first = behind ? &snapshot->first_signal : &snapshot->signal;
	if (strcmp(row->disposition, "jumps_and_dies") == 0)
		return;
	cr_assert(first->present && first->number == number, "%s, %s: not %s%s", row->disposition, how, short_signal_name(number),
		  snapshot_describe(snapshot));
	if (is_fault(number, how))
		cr_assert(first->code > 0, "%s%s", row->disposition, snapshot_describe(snapshot));
	if (strcmp(how, "kill") == 0)
		cr_assert(first->has_sender && first->sender_pid != snapshot->pid, "%s: the sender is lost%s", row->disposition,
			  snapshot_describe(snapshot));
	if (strcmp(how, "sigqueue") == 0)
		cr_assert(first->code == SI_QUEUE, "%s%s", row->disposition, snapshot_describe(snapshot));
}

static void check_row(const struct row *row, int number, const char *how)
{
	struct snapshot snapshot;
	const char *name = short_signal_name(number);
	const struct outcome plain = run_handlers(name, how, row->disposition, false);
	const struct outcome agent = run_handlers(name, how, row->disposition, true);
	cr_assert(WIFSIGNALED(plain.status) || WEXITSTATUS(plain.status) == 3 || WEXITSTATUS(plain.status) == 7, "%s %s: %s\n%s",
		  how, row->disposition, status_text(plain.status), plain.err.data);
	expect_same(plain, agent);
	if (!WIFSIGNALED(plain.status)) {
		expect_no_snapshot(agent);
		return;
	}
	if (!captured_inside(row, number, how)) {
		cr_assert(snapshots_in(place_storage(), &(const char *){NULL}) == 0 && recorder_of(agent.pid), "%s",
			  agent.err.data);
		return;
	}
	expect_one_snapshot(agent, &snapshot);
	cr_assert(snapshot.signal.number == WTERMSIG(plain.status), "%s %s%s", how, row->disposition, snapshot_describe(&snapshot));
	check_origin(row, &snapshot, number, how);
	check_place(row, &snapshot, how);
	expect_no_degradations(&snapshot);
	place_storage_clear();
}

static void check_rows(int number, const char *how)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i], number, how);
}

#define WAY(signal, how)                                                                                                           \
	Test(matrix, how##_##signal)                                                                                               \
	{                                                                                                                          \
		check_rows(SIG##signal, #how);                                                                                     \
	}
#define WAYS(signal)                                                                                                               \
	WAY(signal, fault)                                                                                                         \
	WAY(signal, raise)                                                                                                         \
	WAY(signal, kill)                                                                                                          \
	WAY(signal, sigqueue)

WAYS(SEGV)
WAYS(BUS)
WAYS(ILL)
WAYS(FPE)
WAYS(TRAP)
WAYS(ABRT)
WAYS(SYS)

/* Cores ------------------------------------------------------------------------------------------------------------------- */

static off_t core_bytes(bool agent)
{
	char path[600];
	glob_t found;
	struct stat status;
	const char *directory = place_directory();
	process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("handlers"), "SEGV", "fault", "default"), .agent = agent, .directory = directory});
	snprintf(path, sizeof(path), "%s/core*", directory);
	if (glob(path, 0, NULL, &found) != 0)
		return -1;
	cr_assert(found.gl_pathc == 1 && stat(found.gl_pathv[0], &status) == 0);
	return status.st_size;
}

/* What the core holds of the agent is its code's data and some stack, not the recorder. */
Test(cores, no_larger)
{
	enum { AGENT_BYTES = 640 * 1024 };
	const off_t plain = core_bytes(false), agent = core_bytes(true);
	if (plain < 0)
		cr_skip_test("the kernel writes no core file into the working directory here (core_pattern)");
	cr_assert(agent > 0 && agent < plain + AGENT_BYTES, "%jd bytes without the agent, %jd with it", (intmax_t)plain,
		  (intmax_t)agent);
}

/* A fault whose signal is blocked or ignored: the kernel asks nobody, so the snapshot is made from outside. ------------------ */

static void check_outside(struct where where, const char *name, const char *disposition, const char *path)
{
	struct snapshot snapshot;
	char last[64];
	snprintf(last, sizeof(last), "%s fault %s", name, disposition);
	snapshot_at(&snapshot, path);
	expect_event_at(where, &snapshot, SOURCE_STDERR, last);
	expect_degraded(&snapshot, "made from the recorder file only");
}

static const char *const blockers[] = {"blocked", "ignored"};
static const char *const defects[] = {"SEGV", "BUS", "ILL", "TRAP", "SYS", "FPE"};
/* A division by zero is the last; where it is no fault but a raise(3), it waits while it is blocked. */
enum { DEFECTS = COUNT(defects) - (FAULT_DIVISION_CODE <= 0) };

Test(blocked, seen_by_run)
{
	const char *path;
	for (size_t b = 0; b < COUNT(blockers); b++) {
		for (size_t d = 0; d < DEFECTS; d++) {
			char reason[16];
			struct snapshot snapshot;
			const struct outcome run = TTLOG_RUN(PROGRAM("handlers"), defects[d], "fault", blockers[b]);
			snprintf(reason, sizeof(reason), "SIG%s", defects[d]);
			snapshot_only(&snapshot, &path);
			cr_assert(WIFSIGNALED(run.status) && strcmp(snapshot.reason, reason) == 0, "%s: %s", reason,
				  snapshot.reason);
			check_outside(HERE, defects[d], blockers[b], path);
			place_storage_clear();
		}
	}
}

Test(blocked, seen_by_recover)
{
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: recover would take the recorders of other tests");
	for (size_t b = 0; b < COUNT(blockers); b++) {
		for (size_t d = 0; d < DEFECTS; d++) {
			const char *path, *directory = place_directory();
			run_handlers(defects[d], "fault", blockers[b], true);
			const struct outcome recovered = ttlog(LIST("recover", directory));
			cr_assert(recovered.status == 0 && snapshots_in(directory, &path) == 1, "%s", recovered.err.data);
			check_outside(HERE, defects[d], blockers[b], path);
		}
	}
}
