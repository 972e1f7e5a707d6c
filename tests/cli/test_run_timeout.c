/*
 * ttlog run --timeout: snapshots of all that descends from CMD, before any of it is ended; then all of it is.
 */
#include "command.h"
#include "describe.h"
#include "text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(run_timeout, .init = place_init, .fini = place_fini, .timeout = 120);

enum { KILLED = 137 };

/* Long enough for what CMD does before it hangs, which each test asserts that it did; short, since the test waits for it. */
#define TIME "1500ms"

#define RUN(...) ttlog(LIST("run", "--storage", place_storage(), __VA_ARGS__))

/* The snapshot of the process that said this and its pid. */
static void snapshot_of(struct snapshot *snapshot, const struct outcome *outcome, const char *said, const char *reason)
{
	char word[64];
	const char *path;
	snprintf(word, sizeof(word), "%s ", said);
	const char *at = strstr(outcome->out.data, word);
	cr_assert(at != NULL, "nobody said \"%s\": %s%s", said, outcome->out.data, outcome->err.data);
	const int pid = atoi(at + strlen(word));
	cr_assert(snapshots_matching(text_of("*-%d-*-%s", pid, reason), &path) == 1, "not one: %s", outcome->err.data);
	snapshot_at(snapshot, path);
	cr_assert(snapshot->pid == pid && snapshot->run, "pid %d, of run %s", pid, snapshot->run);
	cr_assert(strstr(outcome->err.data, strrchr(path, '/')), "unnamed: %s", outcome->err.data);
}

static void expect_gone(const struct outcome *outcome, const char *said)
{
	char word[64];
	snprintf(word, sizeof(word), "%s ", said);
	const char *at = strstr(outcome->out.data, word);
	cr_assert(at != NULL);
	const pid_t pid = atoi(at + strlen(word));
	cr_assert(kill(pid, 0) != 0 && errno == ESRCH, "%s, pid %d, is left", said, pid);
}

static const struct snapshot_thread *thread_called(const struct snapshot *snapshot, const char *name)
{
	const struct snapshot_thread *thread = thread_named(snapshot, name);
	cr_assert(thread != NULL, "no thread %s in %s", name, snapshot_describe(snapshot));
	return thread;
}

/* Who waits for what stands in the two stacks, and what each said last beside it. */
Test(run_timeout, deadlock)
{
	struct snapshot snapshot;
	const struct outcome outcome = RUN("--timeout", TIME, "--", PROGRAM("deadlock"));
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == TIMED_OUT && strstr(outcome.out.data, "locked"), "%s",
		  status_text(outcome.status));
	snapshot_only(&snapshot, NULL);
	const struct snapshot_thread *transfer = thread_called(&snapshot, "transfer"), *audit = thread_called(&snapshot, "audit");
	cr_assert(stack_has(transfer, "write_journal_with_accounts_held") &&
			  stack_has(transfer, "__pthread_mutex_lock|___pthread_mutex_lock|pthread_mutex_lock"),
		  "%s", snapshot_describe(&snapshot));
	cr_assert(stack_has(audit, "read_accounts_with_journal_held") &&
			  stack_has(audit, "__pthread_mutex_lock|___pthread_mutex_lock|pthread_mutex_lock"),
		  "%s", snapshot_describe(&snapshot));
	cr_assert(find_event(&snapshot, SOURCE_STDERR, "transfer holds accounts")->tid == transfer->tid);
	cr_assert(find_event(&snapshot, SOURCE_STDERR, "audit holds journal")->tid == audit->tid);
	const struct outcome shown = ttlog(LIST("view", "--threads", "--no-color", "--last", "0", place_storage()));
	expect_shown(&shown, LIST("was still running when its time was up", "limits", "thread",
				  "said last:", "transfer holds accounts", "said last:", "audit holds journal"));
}

/* CMD, its child, which SIGTERM does not impress, and one that left for a session of its own. */
Test(run_timeout, whole_tree)
{
	struct snapshot snapshot;
	const struct outcome outcome = RUN("--timeout", TIME, "--kill-after", "300ms", "--", PROGRAM("hang"), "family");
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT, "CMD itself ended of SIGTERM: %s", status_text(outcome.status));
	snapshot_of(&snapshot, &outcome, "all there", "timeout");
	cr_assert(stack_has(&snapshot.threads[0], "hold"));
	snapshot_of(&snapshot, &outcome, "stubborn", "timeout");
	cr_assert(stack_has(&snapshot.threads[0], "stubborn"));
	expect_event_holding(&snapshot, "stubborn");
	snapshot_of(&snapshot, &outcome, "detached", "timeout");
	cr_assert(stack_has(&snapshot.threads[0], "detached"));
	cr_assert(snapshots_matching("*", NULL) == 3, "one each: %s", outcome.err.data);
	expect_gone(&outcome, "stubborn");
	expect_gone(&outcome, "detached");
	cr_assert(recorder_files(getuid()) == 0 || !place_has_own_shm(), "%u recorders are left", recorder_files(getuid()));
}

Test(run_timeout, kill_after)
{
	const struct outcome outcome = RUN("--timeout", TIME, "--kill-after", "300ms", "--", PROGRAM("hang"), "stubborn");
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == KILLED, "%s", status_text(outcome.status));
	cr_assert(snapshots_matching("*", NULL) == 1 && snapshots_matching("*-timeout", NULL) == 1, "%s", outcome.err.data);
}

/* CMD ends at once, and the child that it leaves does not outlive the time-out. */
Test(run_timeout, nobody_is_left)
{
	const struct outcome outcome = RUN("--timeout", TIME, "--kill-after", "300ms", "--", PROGRAM("hang"), "leaves");
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT, "%s", status_text(outcome.status));
	expect_gone(&outcome, "stubborn");
	cr_assert(snapshots_matching("*", NULL) == 2, "%s", outcome.err.data);
}

Test(run_timeout, without_end)
{
	const struct outcome outcome = RUN("--timeout", TIME, "--kill-after", "0", "--", PROGRAM("hang"), "polite");
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT && strstr(outcome.out.data, "asked to end"), "%s", outcome.out.data);
	cr_assert(snapshots_matching("*", NULL) == 1, "%s", outcome.err.data);
}

/* Neither the agent nor a recorder: ptrace sees it all the same. */
Test(run_timeout, static_program)
{
	struct snapshot snapshot;
	const struct outcome outcome = RUN("--timeout", TIME, "--", PROGRAM("die_static"), "waits");
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT && strstr(outcome.out.data, "waiting"));
	snapshot_only(&snapshot, NULL);
	cr_assert(snapshot.thread_count == 1 && stack_has(&snapshot.threads[0], "death_waits"), "%s", snapshot_describe(&snapshot));
}

/* What it dies of on its way out is another death, and news. */
Test(run_timeout, fault_when_asked_to_end)
{
	struct snapshot snapshot;
	const struct outcome outcome = RUN("--timeout", TIME, "--", PROGRAM("hang"), "faults");
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT);
	snapshot_of(&snapshot, &outcome, "all there", "timeout");
	snapshot_of(&snapshot, &outcome, "all there", "SIGSEGV");
	expect_in_crashed_stack(&snapshot, "fault");
	cr_assert(snapshots_matching("*", NULL) == 2, "%s", outcome.err.data);
}

/* Its recorder lies elsewhere by then, and it may not look into root's directory. */
Test(run_timeout, another_user)
{
	struct snapshot snapshot;
	if (getuid() != 0)
		cr_skip_test("only root can become another user");
	cr_assert(mkdir(place_storage(), 0777) == 0 && chmod(place_storage(), 0777) == 0, "it may write there");
	const struct outcome outcome = RUN("--timeout", TIME, "--", PROGRAM("hang"), "nobody");
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT, "%s%s", status_text(outcome.status), outcome.err.data);
	snapshot_of(&snapshot, &outcome, "all there", "timeout");
	expect_event_holding(&snapshot, "all there");
	cr_assert(stack_has(&snapshot.threads[0], "hold"), "%s", snapshot_describe(&snapshot));
	cr_assert(snapshots_matching("*", NULL) == 1, "%s", outcome.err.data);
}

Test(run_timeout, stopped_program)
{
	struct snapshot snapshot;
	const struct outcome outcome = RUN("--timeout", TIME, "--", PROGRAM("hang"), "stops");
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT, "%s", status_text(outcome.status));
	snapshot_of(&snapshot, &outcome, "all there", "timeout");
	cr_assert_str_eq(snapshot.threads[0].state, "stopped");
	cr_assert(snapshots_matching("*", NULL) == 1, "%s", outcome.err.data);
}

/* The inner run has an id of its own, and its programs go by that. */
Test(run_timeout, run_in_a_run)
{
	struct snapshot snapshot;
	const struct outcome outcome = RUN("--timeout", TIME, "--", TTLOG, "run", "--", PROGRAM("die"), "waits");
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT && strstr(outcome.out.data, "waiting"), "%s", outcome.err.data);
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "timeout");
	cr_assert(stack_has(&snapshot.threads[0], "death_waits"));
}

Test(run_timeout, leaves_no_mark)
{
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: others run at the same time");
	RUN("--timeout", "200ms", "--", TTLOG, "run", "--", "sleep", "1000");
	cr_assert(files_matching("/dev/shm/ttlog-ended-*", NULL) == 0);
}

/* Its helper holds the child when CMD ends: its snapshot is complete when the run is. */
Test(run_timeout, late_helper)
{
	struct snapshot snapshot;
	const struct outcome outcome = RUN("--", PROGRAM("hang"), "hurries");
	cr_assert(outcome.status == 0, "%s", status_text(outcome.status));
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "SIGSEGV");
	expect_in_crashed_stack(&snapshot, "dies_unheard");
}

Test(run_timeout, retention_holds_for_all)
{
	RUN("--timeout", TIME, "--kill-after", "300ms", "--keep", "2", "--", PROGRAM("hang"), "family");
	cr_assert(snapshots_matching("*", NULL) == 2);
}

Test(run_timeout, bad_durations)
{
	expect_error(USAGE, "--timeout", "run", "--timeout", "soon", "--", "true");
	expect_error(USAGE, "--kill-after", "run", "--kill-after", "-1s", "--", "true");
}
