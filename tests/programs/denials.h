/*
 * denials.h - what a process may go without when it dies: each takes something away from it, or from who would look into it.
 */
#ifndef TTLOG_TESTS_DENIALS_H
#define TTLOG_TESTS_DENIALS_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nobody without rights may look into it. */
static inline void deny_undumpable(void)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* No descriptor is left from here on. */
static inline void deny_descriptors(void)
{
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Threads count as processes: to be called when there are all that the program needs. */
static inline void deny_processes(void)
{
	const struct rlimit limit = {1, 1};
	setrlimit(RLIMIT_NPROC, &limit);
}

/*
 * A filter that answers EPERM to whoever wants to look into a process, as containers have it; it was there before the program was.
 * By system calls that the agent in this process, which the program will replace, does not see.
 */
static inline void deny_looking_in(char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_writev, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = {sizeof(code) / sizeof(*code), code};
	argv[1] = NULL;
	syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0)
		execv("/proc/self/exe", argv);
	_exit(91);
}

static inline int next_stop(pid_t victim, int *status)
{
	const pid_t stopped = waitpid(-1, status, __WALL);
	if (stopped == victim && !WIFSTOPPED(*status)) {
		printf("victim: signal %d\n", WTERMSIG(*status));
		fflush(stdout);
		_exit(0);
	}
	return stopped;
}

/* No system call does anything from here on; the agent in this process does not see it come. */
static inline void deny_everything(void)
{
	struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)};
	const struct sock_fprog filter = {1, code};
	syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

/* As a debugger or strace -f does: all of the victim's threads and children are traced by this process; the caller is the victim. */
static inline void deny_by_tracing(void)
{
	int ready[2], status;
	char byte = 0;
	if (pipe(ready) != 0)
		_exit(92);
	const pid_t victim = fork();
	if (victim == 0) {
		if (read(ready[0], &byte, 1) != 1)
			_exit(93);
		close(ready[0]);
		close(ready[1]);
		return;
	}
	if (ptrace(PTRACE_SEIZE, victim, NULL, PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK) != 0 ||
	    write(ready[1], &byte, 1) != 1)
		_exit(94);
	for (;;) {
		const pid_t stopped = next_stop(victim, &status);
		const int event = status >> 16;
		if (WIFSTOPPED(status) && event == PTRACE_EVENT_STOP)
			ptrace(WSTOPSIG(status) == SIGTRAP ? PTRACE_CONT : PTRACE_LISTEN, stopped, NULL, NULL);
		else if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, stopped, NULL, (void *)(long)(event ? 0 : WSTOPSIG(status)));
	}
}

/* As in a container whose process 1 does not reap: who inherits the victim's orphans waits for the victim only. */
static inline void deny_reaping(void)
{
	int status = 0;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	const pid_t victim = fork();
	if (victim == 0)
		return;
	waitpid(victim, &status, 0);
	printf("victim: signal %d\n", WTERMSIG(status));
	fflush(stdout);
	_exit(0);
}

/* One or more names, with anything between them. */
static inline void deny(const char *what, char **argv)
{
	if (strstr(what, "undumpable"))
		deny_undumpable();
	if (strstr(what, "descriptors"))
		deny_descriptors();
	if (strstr(what, "looking_in"))
		deny_looking_in(argv);
	if (strstr(what, "traced"))
		deny_by_tracing();
	if (strstr(what, "reaping"))
		deny_reaping();
}

/* In worker-1: behind libc's back all signals can be blocked, also those that libc keeps. */
static inline void deny_to_thread(const char *what)
{
	const unsigned long all = ~0ul;
	if (strstr(what, "hearing"))
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
}

/* Right before the death. */
static inline void deny_at_last(const char *what)
{
	if (strcmp(what, "processes") == 0)
		deny_processes();
	else if (strcmp(what, "everything") == 0)
		deny_everything();
}

#endif
