/*
 * notified.h - runs a program whose system calls are judged by its parent first (seccomp_unotify(2)).
 */
#ifndef TTLOG_TESTS_NOTIFIED_H
#define TTLOG_TESTS_NOTIFIED_H

#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
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

static uint64_t notified_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*
 * The next call, if there is one in `wait_ms`: `judge` changes the answer, which lets it go on. False of it: nobody listens any more, and the kernel
 * answers this one and those that follow. False: nobody is left who could call.
 */
static bool notified_serve(int listener, int wait_ms, bool (*judge)(const struct seccomp_notif *, struct seccomp_notif_resp *))
{
	union {
		struct seccomp_notif notif;
		char room[512]; /* the kernel's may be larger than that of our headers */
	} call;
	struct pollfd polled = {listener, POLLIN, 0};
	if (poll(&polled, 1, wait_ms) <= 0)
		return true;
	if (!(polled.revents & POLLIN))
		return false;
	memset(&call, 0, sizeof(call));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call.notif) != 0)
		return true; /* it was interrupted, or killed */
	struct seccomp_notif_resp answer = {.id = call.notif.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
	if (judge(&call.notif, &answer))
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	else
		close(listener);
	return true;
}

/* Orphans come to a PR_SET_CHILD_SUBREAPER: what still lives when the time is over is a leftover. */
static void notified_end_leftovers(void)
{
	char path[64];
	int pid;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *children = fopen(path, "r");
	while (children && fscanf(children, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	if (children)
		fclose(children);
}

#endif
