/*
 * forks MODE - what happens to the recorder when a process multiplies or changes.
 */
#include "newer_libc.h"
#include "victim.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int *volatile null_pointer;

static NOINLINE void child_dies_here(void)
{
	*null_pointer = 1;
	KEEP_FRAME();
}

static void child_life(void)
{
	fprintf(stderr, "child says 1\n");
	dprintf(2, "child says 2\n");
	child_dies_here();
}

static int wait_for(pid_t child)
{
	int status = 0;
	if (waitpid(child, &status, 0) != child)
		exit(9);
	return status;
}

/* The child is born by fork, by a raw system call that no atfork handler sees, or by _Fork. */
static void by(pid_t child)
{
	if (child == 0)
		child_life();
	const int status = wait_for(child);
	fprintf(stderr, "parent says 2: child died of %d\n", WTERMSIG(status));
}

/* Each generation speaks and waits for the next; the third dies. */
static void generations(void)
{
	for (int generation = 1; generation <= 3; generation++) {
		fprintf(stderr, "generation %d\n", generation);
		const pid_t child = generation < 3 ? fork() : 0;
		if (child != 0) {
			wait_for(child);
			_exit(0);
		}
	}
	child_dies_here();
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	char *const again[] = {argv[0], "after_exec", NULL};
	fprintf(stderr, "parent says 1\n");
	if (strcmp(mode, "fork") == 0) {
		by(fork());
	} else if (strcmp(mode, "raw_fork") == 0) {
		by((pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
	} else if (strcmp(mode, "_Fork") == 0 && _Fork) {
		by(_Fork());
	} else if (strcmp(mode, "fork_then_abort") == 0) {
		by(fork());
		abort();
	} else if (strcmp(mode, "silent_child") == 0) {
		const pid_t child = fork();
		if (child == 0)
			child_dies_here();
		wait_for(child);
	} else if (strcmp(mode, "generations") == 0) {
		generations();
	} else if (strcmp(mode, "vfork") == 0) {
		const pid_t child = vfork();
		if (child == 0) {
			if (write(2, "vfork child\n", 12) != 12)
				_exit(1);
			execl("/bin/true", "true", NULL);
			_exit(1);
		}
		wait_for(child);
		fprintf(stderr, "parent says 2\n");
		abort();
	} else if (strcmp(mode, "vfork_exit") == 0) {
		const pid_t child = vfork();
		if (child == 0)
			_exit(5);
		fprintf(stderr, "child exited with %d\n", WEXITSTATUS(wait_for(child)));
		abort();
	} else if (strcmp(mode, "exec") == 0) {
		execv(again[0], again);
	} else if (strcmp(mode, "after_exec") == 0) {
		child_dies_here();
	} else if (strcmp(mode, "system") == 0) {
		const int status = system("echo from the shell >&2; exit 6");
		fprintf(stderr, "shell exited with %d\n", WEXITSTATUS(status));
		abort();
	}
	return 0;
}
