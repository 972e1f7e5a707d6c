/*
 * ttlog recover: snapshots from what dead processes left.
 */
#include "command.h"
#include "describe.h"

#include "recorder.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(recover, .init = place_init, .fini = place_fini, .timeout = 100);

static void need_own_shm(void)
{
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: recover would take the recorders of other tests");
}

Test(recover, after_kill_9)
{
	need_own_shm();
	const char *directory = place_path("recovered"), *path;
	struct snapshot snapshot;
	const struct outcome agent = process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), "kill_9"), .agent = true});
	cr_assert(WTERMSIG(agent.status) == SIGKILL && recorder_of(agent.pid) != NULL, "the recorder survives SIGKILL");
	const struct outcome recovered = ttlog(LIST("recover", directory));
	cr_assert(recovered.status == 0, "%s\n%s", status_text(recovered.status), recovered.err.data);
	cr_assert(snapshots_in(directory, &path) == 1 && strstr(recovered.out.data, path), "%s", recovered.out.data);
	snapshot_at(&snapshot, path);
	cr_assert(snapshot.pid == agent.pid && snapshot.thread_count == 0, "%s", snapshot_describe(&snapshot));
	expect_event(&snapshot, SOURCE_STDERR, "now kill_9");
	expect_event(&snapshot, SOURCE_STDOUT, "unflushed last words");
	expect_degraded(&snapshot, "made from the recorder file only");
	cr_assert(snapshot.module_count > 0, "%s", snapshot_describe(&snapshot));
	cr_assert(recorder_of(agent.pid) == NULL, "the recorder is removed once its snapshot is written");
	expect_error(NOTHING, "no recorder", "recover", directory);
}

Test(recover, default_directory)
{
	need_own_shm();
	const char *path;
	process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), "kill_9"), .agent = true});
	const struct outcome recovered = ttlog(LIST("recover"));
	cr_assert(recovered.status == 0 && snapshots_in(place_storage(), &path) == 1, "%s%s", recovered.out.data,
		  recovered.err.data);
}

/* What the helper could not write while the process died: everything but other threads' stacks is in the recorder. */
Test(recover, after_a_death_without_helper)
{
	need_own_shm();
	char setting[512];
	const char *directory = place_path("recovered"), *path;
	struct snapshot snapshot;
	snprintf(setting, sizeof(setting), "TTLOG_STORAGE=%s/x", place_file("file", "", 0));
	const struct outcome agent = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("die"), "null_write"), .environment = LIST(setting), .agent = true});
	cr_assert(WTERMSIG(agent.status) == SIGSEGV);
	const struct outcome recovered = ttlog(LIST("recover", directory));
	cr_assert(recovered.status == 0 && snapshots_in(directory, &path) == 1, "%s%s", recovered.out.data, recovered.err.data);
	snapshot_at(&snapshot, path);
	expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_event(&snapshot, SOURCE_STDERR, "now null_write");
	cr_assert(snapshot.thread_count == 1 && snapshot.threads[0].register_count > 0, "the crashed thread's registers%s",
		  snapshot_describe(&snapshot));
	expect_innermost(&snapshot, "death_null_write");
	expect_in_crashed_stack(&snapshot, "main");
}

/* As `ttlog recover` sees it, without waiting for it. */
Test(recover, view_of_a_recorder_file)
{
	need_own_shm();
	char setting[512];
	snprintf(setting, sizeof(setting), "TTLOG_STORAGE=%s/x", place_file("file", "", 0));
	const struct outcome agent = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("die"), "in_thread"), .environment = LIST(setting), .agent = true});
	const struct outcome viewed = ttlog(LIST("view", recorder_of(agent.pid)));
	expect_shown(&viewed, LIST("SIGSEGV", "death_null_write", "thread_null_write", "1 other thread", "join"));
}

/* A living process's recorder is not taken from it. */
Test(recover, leaves_the_living)
{
	need_own_shm();
	struct process *process = process_start(&(struct process_setup){.argv = LIST(PROGRAM("die"), "waits"), .agent = true});
	process_await(process, "waiting\n");
	expect_error(NOTHING, "no recorder", "recover", place_path("recovered"));
	cr_assert(recorder_of(process_pid(process)) != NULL);
	kill(process_pid(process), SIGKILL);
	process_finish(process);
}

/* As the agent leaves it when it is killed between making the file and writing the magic. */
static const char *make_half(pid_t pid)
{
	char *path;
	cr_assert(asprintf(&path, RECORDER_DIRECTORY "%u/%d-1234" RECORDER_SUFFIX, (unsigned)getuid(), (int)pid) > 0);
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	cr_assert(fd >= 0 && ftruncate(fd, pid % 2 ? 0 : 1 << 20) == 0, "%s", path);
	close(fd);
	return path;
}

/* There is nothing in it to recover, and nothing to complain about; one that is being made just now stays. */
Test(recover, half_made_recorders)
{
	need_own_shm();
	const struct outcome agent = process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), "kill_9"), .agent = true});
	const char *dead = make_half(agent.pid), *living = make_half(getpid());
	const struct outcome recovered = ttlog(LIST("recover", place_path("recovered")));
	cr_assert(recovered.status == 0 && recovered.err.size == 0, "%s\n%s", status_text(recovered.status), recovered.err.data);
	cr_assert(access(dead, F_OK) != 0, "%s is left", dead);
	cr_assert(access(living, F_OK) == 0, "%s belongs to a living process", living);
	expect_error(NOTHING, "no recorder", "recover", place_path("recovered"));
}

/* Older kernels end fallocate(2) on tmpfs when a signal comes: no reason to do without a file. */
Test(recover, reservation_was_interrupted)
{
	need_own_shm();
	const char *report = place_path("report");
	const struct outcome agent = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("refuse"), report, "reserve", "1", "die", "/usr/bin/env",
						     "LD_PRELOAD=" AGENT, PROGRAM("die"), "kill_9")});
	cr_assert(WIFSIGNALED(agent.status) && WTERMSIG(agent.status) == SIGKILL, "%s\n%s", status_text(agent.status),
		  agent.err.data);
	cr_assert_eq(recorder_files(getuid()), 1);
	const struct outcome recovered = ttlog(LIST("recover", place_path("recovered")));
	cr_assert(recovered.status == 0 && strstr(recovered.out.data, "/ttlog-die-"), "%s\n%s", recovered.out.data,
		  recovered.err.data);
}

Test(recover, damaged_recorder)
{
	need_own_shm();
	const struct outcome agent = process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), "kill_9"), .agent = true});
	const char *recorder = recorder_of(agent.pid);
	const struct outcome viewed = ttlog(LIST("view", recorder));
	expect_shown(&viewed, LIST("now kill_9"));
	cr_assert(truncate(recorder, 5000) == 0);
	expect_error(BAD_FILE, recorder, "view", recorder);
	const struct outcome recovered = ttlog(LIST("recover", place_path("recovered")));
	expect_error_at(HERE, &recovered, BAD_FILE, recorder);
}
