/*
 * ttlog snapshot: of a living process, which lives on as if nothing had been.
 */
#include "command.h"
#include "describe.h"
#include "talker.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(snapshot_live, .init = place_init, .fini = place_fini, .timeout = 100);

/* The path that the command printed, and the snapshot there. */
static const char *read_printed(struct snapshot *snapshot, const struct outcome *outcome)
{
	char *path = strdup(outcome->out.data);
	cr_assert(outcome->status == 0, "%s%s", outcome->out.data, outcome->err.data);
	path[strcspn(path, "\n")] = 0;
	snapshot_at(snapshot, path);
	return path;
}

/* Since the first thread was asked to stop, until they went on. */
static void expect_stood_still_shortly(const struct snapshot *snapshot)
{
	uint64_t stopped = 0, resumed = 0, composed = 0;
	for (size_t i = 0; i < snapshot->agent.stage_count; i++) {
		const uint64_t ns = snapshot->agent.stages[i].ns;
		stopped = strcmp(snapshot->agent.stages[i].name, "stopped") == 0 ? ns : stopped;
		resumed = strcmp(snapshot->agent.stages[i].name, "resumed") == 0 ? ns : resumed;
		composed = strcmp(snapshot->agent.stages[i].name, "composed") == 0 ? ns : composed;
	}
	cr_assert(0 < stopped && stopped < resumed && resumed < composed, "%s", snapshot_describe(snapshot));
}

Test(snapshot_live, lives_on)
{
	struct snapshot snapshot;
	struct talker *talker = talker_start("talker");
	talker_say(talker, "before");
	process_await_sleep(talker->process); /* until it waits for the next line */
	const struct outcome outcome = ttlog(LIST("snapshot", pid_text(talker->pid)));
	const char *path = read_printed(&snapshot, &outcome);
	cr_assert(strstr(path, place_storage()) == path && strstr(path, "-request" SNAPSHOT_SUFFIX) && outcome.err.size == 0,
		  "%s%s", path, outcome.err.data);
	expect_sound(&snapshot, talker->pid);
	expect_no_degradations(&snapshot);
	cr_assert_str_eq(snapshot.reason, "request");
	cr_assert_str_eq(snapshot.service, "talker");
	cr_assert(!snapshot.signal.present && snapshot.thread_count == 1 && !snapshot.threads[0].crashed);
	cr_assert(stack_has(&snapshot.threads[0], "main") &&
			  stack_has(&snapshot.threads[0], "read|__read|__libc_read|__GI___libc_read"),
		  "%s", snapshot_describe(&snapshot));
	expect_event_holding(&snapshot, "before");
	expect_stood_still_shortly(&snapshot);
	talker_say(talker, "after");
	const struct outcome end = talker_finish(talker);
	cr_assert(end.status == 0 && strcmp(end.out.data, "ready\nbefore\nafter\n") == 0 && end.err.size == 0, "%s", end.out.data);
	const struct outcome shown = ttlog(LIST("view", "--no-color", path));
	expect_shown(&shown, LIST("talker was running when this snapshot was asked for", "before"));
}

/* All threads, each where it stood: a deadlock shows who waits for what, and goes on waiting. */
Test(snapshot_live, all_threads)
{
	struct snapshot snapshot;
	struct process *process = process_start(&(struct process_setup){.argv = LIST(PROGRAM("deadlock")), .agent = true});
	process_await(process, "locked");
	const struct outcome outcome = ttlog(LIST("snapshot", pid_text(process_pid(process))));
	read_printed(&snapshot, &outcome);
	const struct snapshot_thread *transfer = thread_named(&snapshot, "transfer"), *audit = thread_named(&snapshot, "audit");
	cr_assert(snapshot.thread_count == 3 && transfer && audit, "%s", snapshot_describe(&snapshot));
	cr_assert(stack_has(transfer, "write_journal_with_accounts_held") && stack_has(audit, "read_accounts_with_journal_held"),
		  "%s", snapshot_describe(&snapshot));
	kill(process_pid(process), SIGKILL);
	process_finish(process);
}

Test(snapshot_live, reason_and_storage)
{
	struct snapshot snapshot;
	struct talker *talker = talker_start("talker"), *second = talker_start("talker");
	const char *storage = place_path("other"), *path;
	const struct outcome outcome = ttlog(LIST("snapshot", "--reason", "slow? a/../b", "--storage", storage, "talker"));
	cr_assert(outcome.status == 0 && snapshots_in(storage, &path) == 2, "%s%s", outcome.out.data, outcome.err.data);
	snapshot_at(&snapshot, strtok(outcome.out.data, "\n"));
	cr_assert_str_eq(snapshot.reason, "slow? a/../b");
	cr_assert(strstr(outcome.out.data, "-slow__a_.._b" SNAPSHOT_SUFFIX), "%s", outcome.out.data);
	talker_finish(talker);
	talker_finish(second);
}

/* One that never said a word, or has no agent: its stacks. */
Test(snapshot_live, without_a_recorder)
{
	struct snapshot snapshot;
	struct process *process = process_start(&(struct process_setup){.argv = LIST("/bin/sleep", "60")});
	process_await_sleep(process);
	const struct outcome outcome = ttlog(LIST("snapshot", "--storage", place_storage(), pid_text(process_pid(process))));
	read_printed(&snapshot, &outcome);
	cr_assert(strstr(outcome.err.data, "no recorder (not run by ttlog, static, or silent so far)"), "%s", outcome.err.data);
	cr_assert(snapshot.event_count == 0 && snapshot.thread_count == 1 && snapshot.threads[0].frame_count > 0);
	expect_degraded(&snapshot, "no recorder");
	kill(process_pid(process), SIGKILL);
	process_finish(process);
}

#define UNDUMPABLE                                                                                                                 \
	"import ctypes, sys\n"                                                                                                     \
	"print('said', flush=True)\n"                                                                                              \
	"ctypes.CDLL(None).prctl(4, 0)\n"                                                                                          \
	"print('ready', flush=True)\n"                                                                                             \
	"sys.stdin.read()\n"

static struct outcome snapshot_as_nobody(pid_t pid)
{
	return process_run(&(struct process_setup){.argv = LIST(TTLOG, "snapshot", "--storage", place_storage(), pid_text(pid)),
						   .as_nobody = true});
}

/* It forbade to be looked into: what it said is there. */
Test(snapshot_live, not_to_be_traced)
{
	struct snapshot snapshot;
	if (getuid() != 0)
		cr_skip_test("only root can become another user");
	cr_assert(mkdir(place_storage(), 0777) == 0 && chmod(place_storage(), 0777) == 0 && chmod(place_root(), 0755) == 0);
	const char *fifo = place_path("end");
	char script[512];
	cr_assert(mkfifo(fifo, 0666) == 0 && chmod(fifo, 0666) == 0);
	snprintf(script, sizeof(script), "exec /usr/bin/python3 -c \"%s\" < %s", UNDUMPABLE, fifo);
	for (unsigned agent = 0; agent < 2; agent++) {
		struct process *process = process_start(&(struct process_setup){
			.argv = LIST("/bin/sh", "-c", script), .agent = agent, .as_nobody = true, .limit_s = 60});
		FILE *end = fopen(fifo, "w");
		process_await(process, "ready\n");
		const struct outcome outcome = snapshot_as_nobody(process_pid(process));
		if (agent) {
			read_printed(&snapshot, &outcome);
			cr_assert(strstr(outcome.err.data, "may not be traced: its recorder alone, no stacks"), "%s",
				  outcome.err.data);
			expect_event_holding(&snapshot, "said");
		} else {
			expect_error_at(HERE, &outcome, NOTHING, "may not be traced");
		}
		fclose(end);
		process_finish(process);
	}
}

/* A job that was stopped stays so, and its shell is told nothing. */
Test(snapshot_live, of_a_stopped_process)
{
	struct snapshot snapshot;
	struct talker *talker = talker_start("talker");
	kill(talker->pid, SIGSTOP);
	process_await_stopped(talker->process);
	for (unsigned i = 0; i < 3; i++) {
		const struct outcome outcome = ttlog(LIST("snapshot", pid_text(talker->pid)));
		read_printed(&snapshot, &outcome);
		cr_assert(snapshot.threads[0].frame_count > 0);
		process_await_stopped(talker->process);
	}
	kill(talker->pid, SIGCONT);
	talker_say(talker, "goes on");
	cr_assert(talker_finish(talker).status == 0);
}

/* One right snapshot, or a clear word: never something of both programs, and it goes on. */
Test(snapshot_live, while_it_calls_exec_and_fork)
{
	static const char again[] = "echo round; (exit 3); [ -e stop ] && { echo done; exit 0; }; exec /bin/sh ./again\n";
	const char *directory = place_directory();
	char path[1024];
	struct snapshot snapshot;
	unsigned made = 0;
	snprintf(path, sizeof(path), "%s/again", directory);
	FILE *script = fopen(path, "w");
	fputs(again, script);
	fclose(script);
	struct process *process = process_start(
		&(struct process_setup){.argv = LIST("/bin/sh", "./again"), .directory = directory, .agent = true, .limit_s = 60});
	process_await(process, "round\n");
	for (unsigned i = 0; i < 20; i++) {
		const struct outcome outcome = ttlog(
			LIST("snapshot", "--storage", place_storage(), pid_text(process_pid(process))));
		if (outcome.status == 0) {
			read_printed(&snapshot, &outcome);
			cr_assert(snapshot.pid == process_pid(process) && snapshot.thread_count == 1);
			made++;
		} else {
			cr_assert(strstr(outcome.err.data, "exec"), "%s", outcome.err.data);
		}
	}
	snprintf(path, sizeof(path), "%s/stop", directory);
	fclose(fopen(path, "w"));
	const struct outcome outcome = process_finish(process);
	cr_assert(made > 0 && outcome.status == 0 && strstr(outcome.out.data, "done\n") && outcome.err.size == 0, "%u, %s%s", made,
		  status_text(outcome.status), outcome.err.data);
}

/* The helper is told who is meant: the number may be another's by then. */
Test(snapshot_live, another_process_of_that_number)
{
	struct talker *talker = talker_start("talker");
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(CAPTURE, "--pid", pid_text(talker->pid), "--started", "1", "--reason",
						     "request", "--storage", place_storage())});
	cr_assert(outcome.status != 0 && strstr(outcome.err.data, "another process has its number"), "%s", outcome.err.data);
	cr_assert(access(place_storage(), F_OK) != 0);
	talker_say(talker, "untouched");
	talker_finish(talker);
}

Test(snapshot_live, errors)
{
	expect_error(USAGE, "no PID, SERVICE or --all", "snapshot");
	expect_error(USAGE, "--reason SIGSEGV", "snapshot", "--reason", "SIGSEGV", "1");
	expect_error(USAGE, "--reason", "snapshot", "--reason", "", "1");
	expect_error(USAGE, "--storage", "snapshot", "--storage", "", "1");
	expect_error(NOTHING, "2147483647: no such process", "snapshot", "2147483647");
	expect_error(NOTHING, "service nobody", "snapshot", "nobody");
}
