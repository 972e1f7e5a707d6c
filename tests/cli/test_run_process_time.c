/*
 * ttlog run --process-timeout: who hangs gets a snapshot and is ended; who waits for him goes on, and so do the others.
 */
#include "command.h"
#include "describe.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(run_process_time, .init = place_init, .fini = place_fini, .timeout = 100);

enum { KILLED = 137 };

#define RUN(...)      ttlog(LIST("run", "--storage", place_storage(), "--process-timeout", __VA_ARGS__))
#define SHELL(script) "/bin/sh", "-c", script, PROGRAM("hang")

/* What is left of it is the snapshot that was made while it hung: neither SIGTERM nor SIGKILL makes another. */
static void expect_timeouts(const struct outcome *outcome, size_t count)
{
	cr_assert(snapshots_matching("*-timeout", NULL) == count && snapshots_matching("*", NULL) == count,
		  "%zu of %zu snapshots: %s%s", snapshots_matching("*-timeout", NULL), snapshots_matching("*", NULL),
		  outcome->out.data, outcome->err.data);
	cr_assert(!place_has_own_shm() || (recorder_files(getuid()) == 0 && files_matching("/dev/shm/ttlog-ended-*", NULL) == 0));
}

Test(run_process_time, others_go_on)
{
	struct snapshot snapshot;
	static const char script[] = "\"$0\" polite; echo \"then $?\"; exit 9";
	const struct outcome outcome = RUN("700ms", "--", SHELL(script));
	cr_assert(WEXITSTATUS(outcome.status) == 9 && strstr(outcome.out.data, "asked to end\nthen "), "%s%s", outcome.out.data,
		  outcome.err.data);
	expect_timeouts(&outcome, 1);
	snapshot_only(&snapshot, NULL);
	cr_assert(stack_has(&snapshot.threads[0], "hold"), "%s", snapshot_describe(&snapshot));
	cr_assert(strstr(outcome.err.data, "was still running after 700 ms; snapshot "), "%s", outcome.err.data);
}

Test(run_process_time, kill_after)
{
	const struct outcome outcome = RUN("500ms", "--kill-after", "300ms", "--",
					   SHELL("\"$0\" stubborn; echo \"then $?\"; exit 0"));
	cr_assert(outcome.status == 0 && strstr(outcome.out.data, "then 137\n"), "%s%s", outcome.out.data, outcome.err.data);
	expect_timeouts(&outcome, 1);
}

/* CMD ends between the two signals: who was asked to end is not left. */
Test(run_process_time, cmd_does_not_wait)
{
	static const char script[] = "\"$0\" stubborn & until ls \"$1\"/*-timeout.*; do sleep 0.02; done >/dev/null 2>&1; exit 6";
	const struct outcome outcome = RUN("500ms", "--kill-after", "1s", "--", SHELL(script), place_storage());
	const char *said = strstr(outcome.out.data, "all there ");
	cr_assert(WEXITSTATUS(outcome.status) == 6 && said, "%s%s", outcome.out.data, outcome.err.data);
	cr_assert(kill(atoi(said + strlen("all there ")), 0) != 0 && errno == ESRCH, "it is left");
	expect_timeouts(&outcome, 1);
}

Test(run_process_time, cmd_itself)
{
	const struct outcome outcome = RUN("500ms", "--", PROGRAM("hang"), "polite");
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT, "%s", status_text(outcome.status));
	const struct outcome killed = RUN("500ms", "--kill-after", "200ms", "--", PROGRAM("hang"), "stubborn");
	cr_assert(WEXITSTATUS(killed.status) == KILLED, "%s", status_text(killed.status));
	expect_timeouts(&killed, 2);
}

/* Three hundred processes and more time than one may take: none of them takes it, and who starts them only waits. */
Test(run_process_time, who_waits_is_not_meant)
{
	static const char script[] = "end=$(($(date +%s) + 7)); n=0\n"
				     "while [ $(date +%s) -lt $end ]; do n=$((n + 1)); /bin/true; (sleep 0.01); done\n"
				     "echo \"done\"; exit 3";
	const struct outcome outcome = RUN("2s", "--", SHELL(script));
	cr_assert(WEXITSTATUS(outcome.status) == 3 && strstr(outcome.out.data, "done\n"), "%s%s", status_text(outcome.status),
		  outcome.err.data);
	expect_timeouts(&outcome, 0);
}

/* The inner run has an id of its own, and its programs go by that. */
Test(run_process_time, run_in_a_run)
{
	const struct outcome outcome = RUN("700ms", "--kill-after", "300ms", "--", TTLOG, "run", "--",
					   SHELL("\"$0\" stubborn; exit 4"));
	cr_assert(WEXITSTATUS(outcome.status) == 4, "%s%s", status_text(outcome.status), outcome.err.data);
	expect_timeouts(&outcome, 1);
}

Test(run_process_time, bad_duration)
{
	expect_error(USAGE, "--process-timeout", "run", "--process-timeout", "soon", "--", "true");
}
