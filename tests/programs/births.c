/*
 * births HOW END - a child comes into the world by HOW, says which it is, and ends by END (exit, quick_exit, segv); its parent
 * says before and afterwards what it knows of it, and ends well.
 */
#include "victim.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int *volatile null_pointer;
static const char *how, *how_it_ends;

static NOINLINE void child_dies_here(void)
{
	*null_pointer = 1;
	KEEP_FRAME();
}

/* Also in a parent's memory: plain system calls. */
static int child(void *unused)
{
	(void)unused;
	dprintf(2, "child by %s\n", how);
	if (strcmp(how_it_ends, "segv") == 0)
		child_dies_here();
	if (strcmp(how_it_ends, "quick_exit") == 0)
		quick_exit(0);
	_exit(0);
}

static pid_t clone_with(int flags)
{
	static char stack[65536] __attribute__((aligned(16)));
	return clone(child, stack + sizeof(stack), flags | SIGCHLD, NULL);
}

/* Not by libc: no atfork handler, no lock, sees it. */
static pid_t clone_raw(unsigned long flags)
{
	const pid_t pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0);
	if (pid == 0)
		child(NULL);
	return pid;
}

static pid_t spawn(char *program)
{
	extern char **environ;
	pid_t pid = -1;
	char *const argv[] = {program, "spawned", (char *)how_it_ends, NULL};
	return posix_spawn(&pid, program, NULL, NULL, argv, environ) == 0 ? pid : -1;
}

/* The child goes away, the grandchild does what a daemon does; the pipe tells when it has ended. */
static pid_t orphan(bool by_daemon)
{
	int ends[2];
	char nothing;
	if (pipe2(ends, O_CLOEXEC) != 0)
		exit(9);
	const pid_t pid = fork();
	if (pid == 0 && by_daemon) {
		dprintf(2, "before daemon\n");
		if (daemon(1, 1) != 0)
			_exit(9);
		child(NULL);
	} else if (pid == 0) {
		if (setsid() > 0 && fork() == 0)
			child(NULL);
		_exit(0);
	}
	close(ends[1]);
	while (read(ends[0], &nothing, 1) > 0)
		;
	return pid;
}

static void *fork_in_thread(void *pid)
{
	fprintf(stderr, "thread says\n");
	*(pid_t *)pid = fork();
	if (*(pid_t *)pid == 0)
		child(NULL);
	return NULL;
}

static pid_t of_a_thread(void)
{
	pthread_t thread;
	pid_t pid = -1;
	if (pthread_create(&thread, NULL, fork_in_thread, &pid) != 0 || pthread_join(thread, NULL) != 0)
		exit(9);
	return pid;
}

static pid_t bear(char *program)
{
	if (strcmp(how, "clone") == 0)
		return clone_with(0);
	if (strcmp(how, "clone_files") == 0)
		return clone_with(CLONE_FILES);
	if (strcmp(how, "clone_vm") == 0)
		return clone_with(CLONE_VM);
	if (strcmp(how, "clone_vm_files") == 0)
		return clone_with(CLONE_VM | CLONE_FILES | CLONE_VFORK);
	if (strcmp(how, "raw_clone") == 0)
		return clone_raw(0);
	if (strcmp(how, "raw_clone_files") == 0)
		return clone_raw(CLONE_FILES);
	if (strcmp(how, "posix_spawn") == 0)
		return spawn(program);
	if (strcmp(how, "thread") == 0)
		return of_a_thread();
	if (strcmp(how, "daemon") == 0 || strcmp(how, "double_fork") == 0)
		return orphan(strcmp(how, "daemon") == 0);
	const pid_t pid = fork();
	if (pid == 0)
		child(NULL);
	return pid;
}

int main(int argc, char **argv)
{
	int status = 0;
	if (argc < 3)
		return 2;
	how = argv[1];
	how_it_ends = argv[2];
	if (strcmp(how, "spawned") == 0)
		child(NULL);
	fprintf(stderr, "parent before\n");
	if (waitpid(bear(argv[0]), &status, 0) < 0)
		return 9;
	fprintf(stderr, "parent after: %x\n", (unsigned)status & 0x7f);
	if (argc > 3)
		abort();
	return 0;
}
