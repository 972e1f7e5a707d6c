/*
 * Processes that change their user, as daemons of root's do: what they said as root is not lost, and nothing is left of them
 * for ever, though their recorder lies in a directory that they may no longer look into.
 */
#include "command.h"
#include "describe.h"
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(user, .init = place_init, .fini = place_fini, .timeout = 100);

static void need_root(void)
{
	if (getuid() != 0)
		cr_skip_test("only root can become another user");
	if (!place_has_own_shm())
		cr_skip_test("no /dev/shm of its own to be had");
}

/* A directory that both may write to. */
static void share_storage(void)
{
	cr_assert(mkdir(place_storage(), 0777) == 0 && chmod(place_storage(), 01777) == 0);
}

static struct outcome drop(const char *how, const char *speaks, const char *end)
{
	const char *const *argv = LIST(PROGRAM("drop"), how, speaks, end);
	const struct outcome plain = process_run(&(struct process_setup){.argv = argv});
	const struct outcome agent = process_run(&(struct process_setup){.argv = argv, .agent = true});
	expect_same(plain, agent);
	return agent;
}

static void expect_said(const struct snapshot *snapshot, const char *speaks)
{
	if (strcmp(speaks, "after") != 0)
		expect_event(snapshot, SOURCE_WRITE1, "said by root");
	if (strcmp(speaks, "before") != 0)
		expect_event(snapshot, SOURCE_WRITE1, "said by nobody");
}

/* A caller that stands nowhere was guessed. */
static void expect_no_guesses(const struct snapshot *snapshot)
{
	const struct snapshot_thread *thread = crashed_thread(HERE, snapshot);
	for (size_t i = 0; i < thread->frame_count; i++)
		cr_assert(thread->frames[i].module != NULL, "frame %zu%s", i, snapshot_describe(snapshot));
}

static void expect_crash_as_nobody(const struct snapshot *snapshot)
{
	expect_signal(snapshot, SIGSEGV, SEGV_MAPERR);
	expect_innermost(snapshot, "crash_as_nobody");
}

static void expect_nothing_left(void)
{
	cr_assert(recorder_files(0) == 0 && recorder_files(65534) == 0, "%u files of root's, %u of nobody's", recorder_files(0),
		  recorder_files(65534));
}

static const char *const all_speaks[] = {"before", "after", "both", NULL};

/* Root's next recorder takes away what nobody could not. */
Test(user, exit_leaves_nothing)
{
	need_root();
	for (const char *const *speaks = all_speaks; *speaks; speaks++) {
		const struct outcome exits = drop("setuid", *speaks, "exit"), leaves = drop("setuid", *speaks, "_exit"),
				     returns = drop("seteuid", *speaks, "exit");
		cr_assert(exits.status == 0 && leaves.status == 0 && returns.status == 0, "%s", *speaks);
		cr_assert_eq(recorder_files(65534), 0, "%s", *speaks);
		process_run(&(struct process_setup){.argv = LIST("/bin/echo", "hello"), .agent = true});
		cr_assert_eq(recorder_files(0), 0, "%s", *speaks);
	}
	const char *path;
	cr_assert_eq(snapshots_in(place_storage(), &path), 0);
}

/* It could not remove its file, but says in it that it left. */
Test(user, exit_is_no_death)
{
	need_root();
	drop("setuid", "both", "exit");
	cr_assert_eq(recorder_files(0), 1, "otherwise this tests nothing");
	const struct outcome recover = ttlog(LIST("recover", place_storage()));
	cr_assert(WEXITSTATUS(recover.status) == NOTHING, "%s%s", recover.out.data, recover.err.data);
	cr_assert_eq(recorder_files(0), 0);
	const struct outcome run = TTLOG_RUN(PROGRAM("drop"), "setuid", "both", "exit");
	cr_assert(run.status == 0 && recorder_files(0) == 0, "%s", run.err.data);
}

Test(user, death_has_its_snapshot)
{
	static const char *const ways[] = {"setuid", "seteuid", NULL};
	need_root();
	share_storage();
	for (const char *const *way = ways; *way; way++) {
		for (const char *const *speaks = all_speaks; *speaks; speaks++) {
			struct snapshot snapshot;
			const char *path;
			struct stat status;
			const struct outcome agent = drop(*way, *speaks, "segv");
			expect_one_snapshot(agent, &snapshot);
			expect_sound(&snapshot, agent.pid);
			expect_crash_as_nobody(&snapshot);
			expect_no_guesses(&snapshot);
			expect_in_crashed_stack(&snapshot, "main");
			expect_said(&snapshot, *speaks);
			snapshots_in(place_storage(), &path);
			cr_assert(stat(path, &status) == 0 && status.st_uid == 65534, "%s belongs to %u", path, status.st_uid);
			cr_assert(unlink(path) == 0);
			process_run(&(struct process_setup){.argv = LIST("/bin/echo", "hello"), .agent = true});
			expect_nothing_left();
		}
	}
}

/* The storage is root's: nobody cannot write there, root can. */
Test(user, root_makes_the_snapshot_that_nobody_cannot)
{
	need_root();
	struct snapshot snapshot;
	const struct outcome agent = drop("setuid", "both", "segv");
	cr_assert(recorder_files(0) == 1 && recorder_files(65534) == 0);
	ttlog(LIST("recover", place_storage()));
	snapshot_only(&snapshot, NULL);
	expect_sound(&snapshot, agent.pid);
	expect_crash_as_nobody(&snapshot);
	expect_said(&snapshot, "both");
	place_storage_clear();
	const struct outcome run = TTLOG_RUN(PROGRAM("drop"), "setuid", "before", "segv");
	cr_assert(WIFSIGNALED(run.status) && WTERMSIG(run.status) == SIGSEGV);
	snapshot_only(&snapshot, NULL);
	expect_crash_as_nobody(&snapshot);
	expect_nothing_left();
}

static void limit_shared_memory(const char *size)
{
	cr_assert(mount(NULL, "/dev/shm", NULL, MS_REMOUNT, size) == 0, "%s", strerror(errno));
}

/* For the copy, but not for places of all the threads that there may be, which the helper looks for in vain. */
Test(user, shared_memory_is_nearly_full)
{
	need_root();
	share_storage();
	struct snapshot snapshot;
	limit_shared_memory("size=512k");
	const struct outcome agent = drop("setuid", "both", "segv");
	expect_one_snapshot(agent, &snapshot);
	expect_sound(&snapshot, agent.pid);
	expect_crash_as_nobody(&snapshot);
	expect_said(&snapshot, "both");
}

/* Not for the copy: root is left to make the snapshot of what it made itself, and nothing is left of the copy's beginning. */
Test(user, shared_memory_is_full)
{
	need_root();
	share_storage();
	struct snapshot snapshot;
	limit_shared_memory("size=200k");
	const struct outcome agent = drop("setuid", "both", "segv");
	cr_assert(recorder_files(0) == 1 && recorder_files(65534) == 0 && snapshots_matching("*", NULL) == 0, "%s",
		  agent.agent.data);
	ttlog(LIST("recover", place_storage()));
	snapshot_only(&snapshot, NULL);
	expect_sound(&snapshot, agent.pid);
	expect_crash_as_nobody(&snapshot);
	expect_said(&snapshot, "both");
}

/* No helper, no /dev/shm: what root made is still there. */
Test(user, chroot)
{
	need_root();
	struct snapshot snapshot;
	const struct outcome agent = drop("chroot", "both", "segv");
	ttlog(LIST("recover", place_storage()));
	snapshot_only(&snapshot, NULL);
	expect_sound(&snapshot, agent.pid);
	expect_crash_as_nobody(&snapshot);
	expect_said(&snapshot, "both");
	place_storage_clear();
	drop("chroot", "both", "exit");
	process_run(&(struct process_setup){.argv = LIST("/bin/echo", "hello"), .agent = true});
	cr_assert_eq(recorder_files(0), 0);
}

Test(user, killed)
{
	need_root();
	struct snapshot snapshot;
	const struct outcome agent = drop("setuid", "both", "kill");
	ttlog(LIST("recover", place_storage()));
	snapshot_only(&snapshot, NULL);
	expect_sound(&snapshot, agent.pid);
	cr_assert_str_eq(snapshot.reason, "killed");
	expect_said(&snapshot, "both");
}

/* As a server does it: the master stays root, its workers do not. Each has its own. */
Test(user, forked_worker)
{
	need_root();
	share_storage();
	struct snapshot snapshot;
	const struct outcome agent = drop("fork", "both", "segv");
	cr_assert(agent.status == 0 && strstr(agent.out.data, "child ended with b"), "%s", agent.out.data);
	expect_one_snapshot(agent, &snapshot);
	cr_assert_eq(snapshot.ppid, agent.pid);
	expect_event(&snapshot, SOURCE_WRITE1, "said by nobody");
	expect_no_event_holding(&snapshot, "said by root");
	expect_innermost(&snapshot, "crash_as_nobody");
	expect_nothing_left();
}

/* The recorder of a worker lies in a directory of its user: whoever started the whole as root collects it. */
Test(user, run_collects_of_other_users)
{
	need_root();
	struct snapshot snapshot;
	const struct outcome killed = TTLOG_RUN(PROGRAM("drop"), "fork", "after", "kill");
	cr_assert(killed.status == 0 && strstr(killed.out.data, "child ended with 9"), "%s%s", killed.out.data, killed.err.data);
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "killed");
	expect_event(&snapshot, SOURCE_WRITE1, "said by nobody");
	expect_nothing_left();
	place_storage_clear();
	TTLOG_RUN(PROGRAM("drop"), "fork", "both", "segv"); /* the worker cannot write to root's storage */
	snapshot_only(&snapshot, NULL);
	expect_crash_as_nobody(&snapshot);
	expect_nothing_left();
}

/* Nor does it touch what is not of its run, or only looks like a user's directory. */
Test(user, run_leaves_what_is_not_its_own)
{
	need_root();
	drop("fork", "after", "kill");
	cr_assert(recorder_files(65534) == 1);
	cr_assert(mkdir("/dev/shm/elsewhere", 0700) == 0 && symlink("elsewhere", "/dev/shm/ttlog-12") == 0 &&
		  mkdir("/dev/shm/ttlog-13", 0777) == 0);
	const struct outcome run = TTLOG_RUN("/bin/echo", "hello");
	const char *path;
	cr_assert(run.status == 0 && run.err.size == 0, "%s", run.err.data);
	cr_assert(recorder_files(65534) == 1 && snapshots_in(place_storage(), &path) == 0);
}
