/*
 * ttlog run --interval: a snapshot of the living, the newest in the place of the last, and none of those whose end is told.
 */
#include "command.h"
#include "describe.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

TestSuite(run_interval, .init = place_init, .fini = place_fini, .timeout = 100);

enum { LIMIT_S = 40 };

/* Until there is one of the interval which holds this. Its successor may remove it while we read. */
static void await_event(const char *said, struct snapshot *snapshot)
{
	const time_t until = time(NULL) + LIMIT_S;
	struct snapshot_error error;
	const char *path;
	while (time(NULL) < until) {
		snapshot_init(snapshot);
		if (snapshots_matching("*-interval", &path) && snapshot_read(snapshot, path, &error) == 0 &&
		    find_event(snapshot, ANY_SOURCE, said))
			return;
		snapshot_fini(snapshot);
		sched_yield();
	}
	cr_assert_fail("no snapshot holds \"%s\"", said);
}

struct speaker {
	struct process *run;
	FILE *lines;
};

/* A bash below `ttlog run` that does each line it is told. */
static struct speaker start(const char *interval, const char *const *environment)
{
	const char *fifo = place_path("lines");
	char script[1024];
	cr_assert(mkfifo(fifo, 0600) == 0);
	snprintf(script, sizeof(script), "while read -r line; do eval \"$line\"; done < %s", fifo);
	struct speaker speaker;
	const char *const with[] = {TTLOG, "run",       "--storage", place_storage(), "--interval", interval,
				    "--",  "/bin/bash", "-c",        script,          NULL};
	const char *const without[] = {TTLOG, "run", "--storage", place_storage(), "--", "/bin/bash", "-c", script, NULL};
	speaker.run = process_start(
		&(struct process_setup){.argv = interval ? with : without, .environment = environment, .limit_s = 60});
	speaker.lines = fopen(fifo, "w");
	cr_assert(speaker.lines);
	setvbuf(speaker.lines, NULL, _IONBF, 0);
	return speaker;
}

static struct outcome finish(struct speaker *speaker)
{
	fclose(speaker->lines);
	return process_finish(speaker->run);
}

static void expect_none_left(const struct outcome *outcome)
{
	cr_assert(snapshots_matching("*-interval", NULL) == 0, "%s", outcome->err.data);
	cr_assert(!strstr(outcome->err.data, "interval"), "named: %s", outcome->err.data);
	cr_assert(recorder_files(getuid()) == 0 || !place_has_own_shm());
}

/* One at a time, and none of one that has exited. */
Test(run_interval, the_newest_replaces_the_last)
{
	struct snapshot snapshot;
	struct speaker speaker = start("100ms", NULL);
	fputs("echo first\n", speaker.lines);
	await_event("first", &snapshot);
	cr_assert_str_eq(snapshot.reason, "interval");
	cr_assert(!snapshot.signal.present && snapshot.thread_count == 1 && stack_has(&snapshot.threads[0], "main"), "%s",
		  snapshot_describe(&snapshot));
	expect_no_degradations(&snapshot);
	fputs("echo second\n", speaker.lines);
	await_event("second", &snapshot);
	expect_event_holding(&snapshot, "first");
	fputs("echo third\n", speaker.lines);
	await_event("third", &snapshot);
	const struct outcome outcome = finish(&speaker);
	cr_assert(outcome.status == 0 && strcmp(outcome.out.data, "first\nsecond\nthird\n") == 0 && outcome.err.size == 0, "%s%s",
		  outcome.out.data, outcome.err.data);
	expect_none_left(&outcome);
}

/* A program that makes periodic snapshots itself leaves them to the run. What it requests is its own. */
Test(run_interval, one_of_the_two_makes_them)
{
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--interval", "2s", "--", PROGRAM("engine"), "served"),
		.limit_s = 60});
	cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
	cr_assert(snapshots_matching("*-requested", NULL) == 1 && snapshots_matching("*-periodic", NULL) == 0 &&
		  snapshots_matching("*-interval", NULL) == 0);
}

Test(run_interval, a_death_takes_its_place)
{
	struct snapshot snapshot;
	const char *path;
	struct speaker speaker = start("100ms", NULL);
	fputs("echo first\n", speaker.lines);
	await_event("first", &snapshot);
	fputs("kill -SEGV $$\n", speaker.lines);
	const struct outcome outcome = finish(&speaker);
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGSEGV, "%s", status_text(outcome.status));
	snapshot_only(&snapshot, &path);
	expect_signal(&snapshot, SIGSEGV, SI_USER);
	expect_none_left(&outcome);
}

/* SIGKILL, which its recorder tells of. */
Test(run_interval, a_kill_takes_its_place)
{
	struct snapshot snapshot;
	struct speaker speaker = start("100ms", NULL);
	fputs("echo first\n", speaker.lines);
	await_event("first", &snapshot);
	fputs("kill -KILL $$\n", speaker.lines);
	const struct outcome outcome = finish(&speaker);
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "SIGKILL");
	expect_none_left(&outcome);
}

/* Nothing new, no new one: what CMD says later is seen in a snapshot, so one of nothing would have been, too. */
Test(run_interval, only_where_something_is_new)
{
	struct snapshot snapshot;
	const char *first;
	struct speaker speaker = start("50ms", NULL);
	fputs("echo first\n", speaker.lines);
	await_event("first", &snapshot);
	cr_assert(snapshots_matching("*-interval", &first) == 1);
	fputs("/bin/bash -c 'echo other; read -r line < /dev/null; for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.05; done'; :\n",
	      speaker.lines);
	process_await(speaker.run, "8\n"); /* some periods of another process */
	cr_assert(access(first, F_OK) == 0, "%s was replaced", first);
	const struct outcome outcome = finish(&speaker);
	expect_none_left(&outcome);
}

/* Killed itself, it leaves what it made: nothing else may be left. */
Test(run_interval, stays_where_nobody_tells)
{
	struct snapshot snapshot;
	const char *path;
	struct speaker speaker = start("100ms", NULL);
	fputs("trap 'exit 0' TERM; echo first $$\n", speaker.lines);
	process_await(speaker.run, "first ");
	const time_t until = time(NULL) + LIMIT_S;
	while (!snapshots_matching("*-interval", &path) && time(NULL) < until)
		sched_yield();
	kill(process_pid(speaker.run), SIGKILL);
	cr_assert(snapshots_matching("*-interval", &path) > 0); /* two, where it was killed in between */
	snapshot_at(&snapshot, path);
	cr_assert_str_eq(snapshot.reason, "interval");
	fclose(speaker.lines);
	process_finish(speaker.run);
}

/* A time-out makes its own of all, and those of the interval are told by it. */
Test(run_interval, with_a_timeout)
{
	const struct outcome outcome = ttlog(LIST("run", "--storage", place_storage(), "--interval", "100ms", "--timeout", "1500ms",
						  "--", PROGRAM("hang"), "family"));
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT, "%s", status_text(outcome.status));
	cr_assert(snapshots_matching("*-timeout", NULL) == 3, "%s", outcome.err.data);
	expect_none_left(&outcome);
}

/* Signals wait for no capture, and the watcher is nobody's child to wait for. */
Test(run_interval, signals_reach_the_program)
{
	struct snapshot snapshot;
	struct speaker speaker = start("50ms", NULL);
	fputs("trap 'echo usr1; exit 7' USR1; echo first\n", speaker.lines);
	await_event("first", &snapshot);
	kill(process_pid(speaker.run), SIGUSR1);
	fputs(":\n", speaker.lines);
	process_await(speaker.run, "usr1\n");
	fclose(speaker.lines);
	const struct outcome outcome = process_finish(speaker.run);
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 7, "%s", status_text(outcome.status));
	expect_none_left(&outcome);
}

Test(run_interval, by_variable)
{
	struct snapshot snapshot;
	struct speaker speaker = start(NULL, LIST("TTLOG_INTERVAL=1"));
	fputs("echo first\n", speaker.lines);
	await_event("first", &snapshot);
	const struct outcome outcome = finish(&speaker);
	expect_none_left(&outcome);
}

Test(run_interval, errors)
{
	expect_error(USAGE, "--interval often", "run", "--interval", "often", "--", "/bin/true");
}
