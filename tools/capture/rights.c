#include "rights.h"

#include "target.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

void rights_freeze(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
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
