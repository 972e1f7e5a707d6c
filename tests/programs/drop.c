/*
 * drop HOW SPEAKS END - a process of root's becomes nobody. HOW: setuid, as a daemon does it for good; seteuid, for a while;
 * chroot, setuid after a change of the root directory to "."; fork, setuid in a forked child, whose status the parent prints.
 * SPEAKS: before, after, both. END: exit, _exit, segv, kill.
 */
#include "victim.h"

#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

enum { NOBODY = 65534 };

static int *volatile null_pointer;

static NOINLINE void crash_as_nobody(void)
{
	*null_pointer = 1;
	KEEP_FRAME();
}

static void become_nobody(const char *how)
{
	if (strcmp(how, "chroot") == 0 && (chroot(".") != 0 || chdir("/") != 0))
		exit(9);
	if (initgroups("nobody", NOBODY) != 0 && setgroups(0, NULL) != 0)
		exit(9);
	if (setgid(NOBODY) != 0 || (strcmp(how, "seteuid") == 0 ? seteuid(NOBODY) : setuid(NOBODY)) != 0)
		exit(9);
}

static void end(const char *how)
{
	if (strcmp(how, "segv") == 0)
		crash_as_nobody();
	if (strcmp(how, "kill") == 0)
		raise(SIGKILL);
	if (strcmp(how, "_exit") == 0)
		_exit(0);
	exit(0);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	if (strcmp(argv[2], "after") != 0)
		dprintf(1, "said by root\n");
	const pid_t child = strcmp(argv[1], "fork") == 0 ? fork() : 0;
	if (child == 0) {
		become_nobody(argv[1]);
		if (strcmp(argv[2], "before") != 0)
			dprintf(1, "said by nobody\n");
		end(argv[3]);
	}
	int status;
	waitpid(child, &status, 0);
	dprintf(1, "child ended with %x\n", (unsigned)status & 0x7f);
	return 0;
}
