/*
 * execs FUNCTION PATH - speaks, becomes the program at PATH by that exec function, and is killed if that fails. FUNCTION
 * "vfork": a vfork child becomes it, by execl; then we are killed.
 */
#include "newer_libc.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void become(const char *function, const char *path)
{
	char *const argv[] = {(char *)path, "one", "two", NULL};
	char *const environment[] = {"GIVEN=yes", NULL};
	if (strcmp(function, "execve") == 0)
		execve(path, argv, environment);
	else if (strcmp(function, "execv") == 0)
		execv(path, argv);
	else if (strcmp(function, "execvp") == 0)
		execvp(path, argv);
	else if (strcmp(function, "execvpe") == 0)
		execvpe(path, argv, environment);
	else if (strcmp(function, "execl") == 0)
		execl(path, path, "one", "two", (char *)NULL);
	else if (strcmp(function, "execlp") == 0)
		execlp(path, path, "one", "two", (char *)NULL);
	else if (strcmp(function, "execle") == 0)
		execle(path, path, "one", "two", (char *)NULL, environment);
	else if (strcmp(function, "fexecve") == 0)
		fexecve(open(path, O_RDONLY), argv, environment);
	else if (strcmp(function, "execveat") == 0 && execveat)
		execveat(AT_FDCWD, path, argv, environment, 0);
	else if (strcmp(function, "vfork") == 0 && vfork() == 0) {
		execl(path, path, "one", "two", (char *)NULL);
		_exit(7);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	dprintf(1, "speaks before %s\n", argv[1]);
	become(argv[1], argv[2]);
	perror(argv[1]);
	raise(SIGKILL);
	return 0;
}
