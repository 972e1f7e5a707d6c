#include "rights.h"

#include "calls.h"
#include "files.h"
#include "powers.h"
#include "storage.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

void rights_freeze(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* close_range(2) of Linux 5.9, by its number: the C library may be older. Without it they stay open, and nobody reads them. */
static void close_all(unsigned first, unsigned last)
{
	enum { CLOSE_RANGE = 436 };

	if (first <= last)
		(void)syscall(CLOSE_RANGE, first, last, 0);
}

void rights_close_inherited(int kept)
{
	const unsigned first = STDERR_FILENO + 1;

	close_all(first, kept > STDERR_FILENO ? (unsigned)kept - 1 : UINT_MAX);
	if (kept > STDERR_FILENO)
		close_all((unsigned)kept + 1, UINT_MAX);
}

/* "Uid: real effective saved file", as proc(5) has it; the name above it cannot hold a line feed. */
static bool effective(const char *status, const char *line, unsigned *id)
{
	const char *at = strstr(status, line);

	return at && sscanf(at + strlen(line), "%*u %u", id) == 1;
}

struct rights_user rights_user_of(pid_t pid)
{
	struct rights_user user = {.foreign = false};
	size_t bytes;
	char *status = target_proc(pid, "status", &bytes);

	if (status && effective(status, "\nUid:", &user.uid) && effective(status, "\nGid:", &user.gid))
		user.foreign = geteuid() == 0 && user.uid != 0;
	free(status);
	return user;
}

int rights_become(const struct rights_user *user)
{
	if (!user->foreign)
		return 0;
	if (setgroups(0, NULL) != 0 || setresgid(user->gid, user->gid, user->gid) != 0 ||
	    setresuid(user->uid, user->uid, user->uid) != 0)
		return -errno;
	return 0;
}

static void add(struct snapshot *snapshot, const char *what)
{
	const size_t count = snapshot->agent.confined_count;
	const char **more = arena_alloc(&snapshot->arena, count + 1, sizeof(*more));

	for (size_t i = 0; i < count; i++)
		more[i] = snapshot->agent.confined[i];
	more[count] = what;
	snapshot->agent.confined = more;
	snapshot->agent.confined_count = count + 1;
}

void rights_for_looking(pid_t target)
{
	(void)(target ? powers_for_looking() : powers_for_files());
	(void)calls_confine(target ? CALLS_LOOKING : CALLS_READING, target);
	if (!target)
		(void)files_confine(NULL, 0);
}

static int confine_files(const char *storage)
{
	const int directory = open(storage, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const int error = directory < 0 ? -errno : files_confine(&directory, 1);

	if (directory >= 0)
		close(directory);
	return error;
}

void rights_for_writing(struct snapshot *snapshot, const char *storage, pid_t told)
{
	const bool made = storage_make(storage) == 0;
	const bool files = !told && made && confine_files(storage) == 0;
	const bool powers = !told && powers_for_files() == 0;

	if (calls_confine(CALLS_WRITING, told) == 0)
		add(snapshot, "calls");
	if (files)
		add(snapshot, "files");
	if (powers)
		add(snapshot, "capabilities");
}
