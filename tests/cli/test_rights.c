/*
 * What root does with the processes of others, which may be hostile: it looks into them, and acts in their name, not for them.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static struct process *process;

/* It wants one snapshot kept there, and no more. It says something, and stops. */
static const char *start(const char *storage)
{
	static char pid[16];
	static char setting[600];
	snprintf(setting, sizeof(setting), "TTLOG_STORAGE=%s", storage);
	process = process_start(&(struct process_setup){.argv = LIST("/bin/sh", "-c", "echo said; kill -STOP $$"),
							.environment = LIST(setting, "TTLOG_KEEP=1,1"),
							.agent = true,
							.as_nobody = true});
	process_await_stopped(process);
	snprintf(pid, sizeof(pid), "%d", (int)process_pid(process));
	return pid;
}

static void init(void)
{
	place_init();
	if (getuid() != 0)
		cr_skip_test("only root can look into the processes of others");
	cr_assert(chmod(place_root(), 0755) == 0);
}

TestSuite(rights, .init = init, .fini = place_fini, .timeout = 60);

static void finish(void)
{
	kill(process_pid(process), SIGCONT);
	process_finish(process);
}

static const char *directory_of(const char *name, uid_t owner)
{
	const char *path = place_path(name);
	cr_assert(mkdir(path, 0700) == 0 && chown(path, owner, owner) == 0);
	return path;
}

/* Who comes first has the name of another's recorders. That one does without, loses no death by it, and is told nothing of what is not his. */
Test(rights, recorders_of_another_under_ones_name)
{
	char squatted[64];
	struct snapshot snapshot;
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: the recorders of other tests are in /dev/shm");
	snprintf(squatted, sizeof(squatted), "/dev/shm/ttlog-%d", NOBODY);
	cr_assert(mkdir(squatted, 0700) == 0 && chown(squatted, NOBODY - 1, NOBODY - 1) == 0);
	directory_of("storage", NOBODY);
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(TTLOG, "run", "--storage", place_path("storage"), "--", "/bin/sh", "-c", "echo said; kill -KILL $$"),
		.as_nobody = true});
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGKILL);
	cr_assert(strncmp(outcome.err.data, "ttlog: sh (pid ", 15) == 0 && !strchr(outcome.err.data, '\n')[1], "one line: %s",
		  outcome.err.data);
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "SIGKILL");
}

/* It is its user's: readable there, and root reads it anyway. */
Test(rights, written_as_whose_process_it_is)
{
	const char *storage = directory_of("theirs", NOBODY), *path;
	struct stat status;
	const struct outcome outcome = ttlog(LIST("snapshot", start(storage)));
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	cr_assert(snapshots_in(storage, &path) == 1 && stat(path, &status) == 0);
	cr_assert(status.st_uid == NOBODY && (status.st_mode & 0777) == 0600);
	finish();
}

/* A hostile process names a directory of root's: root's rights are not lent to it. */
Test(rights, no_way_into_directories_of_root)
{
	const char *storage = directory_of("roots", 0), *path;
	char below[600];
	snprintf(below, sizeof(below), "%s/below", storage);
	const struct outcome outcome = ttlog(LIST("snapshot", start(below)));
	expect_error_at(HERE, &outcome, NOTHING, "as user 65534, whose process it is");
	cr_assert(snapshots_in(storage, &path) == 0);
	finish();
}

/* Where root says where, root writes; and what it keeps there is for root to say. */
Test(rights, where_root_says)
{
	const char *storage = directory_of("roots", 0), *path;
	struct stat status;
	const char *pid = start(directory_of("theirs", NOBODY));
	for (unsigned i = 1; i <= 3; i++) {
		const struct outcome outcome = ttlog(LIST("snapshot", "--storage", storage, pid));
		cr_assert(outcome.status == 0, "%s", outcome.err.data);
		cr_assert(snapshots_in(storage, &path) == i, "a process of nobody's had snapshots of root's removed");
	}
	cr_assert(stat(path, &status) == 0 && status.st_uid == 0);
	finish();
}
