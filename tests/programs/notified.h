/*
 * notified.h - starts a program whose system calls are judged by its parent first (seccomp_unotify(2)).
 */
#ifndef TTLOG_TESTS_NOTIFIED_H
#define TTLOG_TESTS_NOTIFIED_H

#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * The filter holds from there on, so the descriptor goes to our parent by memory, and the wait for it makes no call. libc's own syscall(2): the
 * agent, which is here too, would prepare for a filter that forbids what it does.
 */
static _Noreturn void notified_become(volatile int *listener, const struct sock_fprog *filter, char **argv)
{
	long (*libc_syscall)(long, ...);
	*(void **)&libc_syscall = dlsym(dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD), "syscall");
	if (geteuid() != 0)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	const int fd = (int)libc_syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, filter);
	*listener = fd < 0 ? -errno : fd;
	while (*listener > 0) /* until it was taken; exec closes it */
		;
	execvp(argv[0], argv);
	_exit(127);
}

/* The descriptor that its calls are announced by; -1 and errno: it was not to be had, and the program has been killed. */
static int notified_start(const struct sock_fprog *filter, char **argv, int limit_s, pid_t *target)
{
	volatile int *listener = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const time_t until = time(NULL) + limit_s;
	if (listener == MAP_FAILED)
		return -1;
	*listener = 0;
	*target = fork();
	if (*target == 0)
		notified_become(listener, filter, argv);
	const int process = (int)syscall(SYS_pidfd_open, *target, 0);
	while (*listener == 0 && time(NULL) < until)
		sched_yield();
	errno = *listener < 0 ? -*listener : errno;
	const int fd = *listener > 0 ? (int)syscall(__NR_pidfd_getfd, process, *listener, 0) : -1;
	if (fd < 0)
		kill(*target, SIGKILL);
	*listener = 0;
	close(process);
	return fd;
}

#endif
