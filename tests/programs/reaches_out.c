/*
 * reaches_out.so - preloaded into ttlog: when a command is through, what somebody would try who has taken it over while it read. Each attempt that
 * succeeds is a line on standard error; "tried" at the end says that they were made. REACHES_OUT_FILE: a file that is there; also REACHES_OUT_FILE.new.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void attempt(const char *what, long result)
{
	if (result >= 0)
		dprintf(STDERR_FILENO, "%s succeeds\n", what);
	else if (errno != EPERM && errno != EACCES)
		dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
}

__attribute__((destructor)) static void reach_out(void)
{
	const char *file = getenv("REACHES_OUT_FILE");
	char other[512];

	if (!file || strcmp(program_invocation_short_name, "ttlog") != 0)
		return;
	snprintf(other, sizeof(other), "%s.new", file);
	const pid_t child = fork();
	if (child == 0)
		_exit(0);
	attempt("fork", child);
	attempt("exec", execl("/bin/sh", "sh", "-c", "echo exec succeeds >&2", (char *)NULL));
	attempt("socket", socket(AF_INET, SOCK_STREAM, 0));
	attempt("signal", kill(getppid(), SIGCONT));
	attempt("writing to a file", open(file, O_WRONLY | O_CLOEXEC));
	attempt("a new file", open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	attempt("removing a file", unlink(file));
	attempt("moving a file", rename(file, other));
	dprintf(STDERR_FILENO, "tried\n");
}
