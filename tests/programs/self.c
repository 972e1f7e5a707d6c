/*
 * All that a process can find out about itself, printed so that two runs can be compared: descriptors, limits, signals, threads, children,
 * environment, what prctl(2) and /proc say. At its start, after it has said something, in a forked child, in a thread, and after an exec.
 *
 *	self [closes] [maps] [drops] [unshares] [sandboxed]        in this order it does what it is told, and looks again after each
 *
 * Left out is what names the preloaded library itself (LD_PRELOAD, TTLOG_ variables, the mappings of other files), and SigCgt.
 */
#include "newer_libc.h"
#include "signal_view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

extern char **environ;

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* In their order: that is the program's too. libfaketime names its semaphore by the pid. */
static void environment(void)
{
	static const char *const passed_on[] = {"LD_PRELOAD=", "TTLOG_", "_=", "FAKETIME_SHARED="};
	for (char **entry = environ; *entry; entry++) {
		bool left_out = false;
		for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
			left_out |= begins(*entry, passed_on[i]);
		if (!left_out)
			printf("  %s\n", *entry);
	}
}

/* Asked of the kernel one by one: to list them would take a descriptor. */
static void descriptors(void)
{
	for (int fd = 0; fd < 200; fd++) {
		struct stat info;
		if (fstat(fd, &info) == 0)
			printf("  descriptor %d: type %o flags %x %x\n", fd, info.st_mode & S_IFMT, (unsigned)fcntl(fd, F_GETFD),
			       (unsigned)fcntl(fd, F_GETFL));
	}
	const int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC), next = dup(lowest);
	printf("  the next ones: %d %d\n", lowest, next);
	close(lowest);
	close(next);
}

static void limits(void)
{
	for (int limit = 0; limit < RLIM_NLIMITS; limit++) {
		struct rlimit value;
		if (getrlimit((__rlimit_resource_t)limit, &value) == 0)
			printf("  limit %d: %llx %llx\n", limit, (unsigned long long)value.rlim_cur,
			       (unsigned long long)value.rlim_max);
	}
}

static unsigned entries(const char *path)
{
	unsigned count = 0;
	DIR *directory = opendir(path);
	for (struct dirent *entry; directory && (entry = readdir(directory));)
		count += entry->d_name[0] != '.';
	if (directory)
		closedir(directory);
	return count;
}

static void threads_and_children(void)
{
	char children[64] = "";
	const int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, children, sizeof(children) - 1) < 0)
		children[0] = '?';
	close(fd);
	errno = 0;
	const pid_t waited = waitpid(-1, NULL, WNOHANG | __WALL);
	printf("  threads %u, single %d, children \"%s\", waitpid %d errno %d\n", entries("/proc/self/task"),
	       &__libc_single_threaded ? (int)__libc_single_threaded : -1, children, (int)waited, errno);
}

static void what_proc_says(void)
{
	static const char *const files[] = {"comm",    "coredump_filter", "oom_score_adj", "cgroup", "limits",
					    "uid_map", "personality",     "timers",        "cmdline"};
	static const char *const wanted[] = {"Name",   "Umask",  "Threads", "ShdPnd",      "SigPnd",
					     "SigBlk", "SigIgn", "Cap",     "NoNew",       "Seccomp",
					     "Uid",    "Gid",    "Groups",  "CoreDumping", "TracerPid:\t0"};
	char line[1024];
	/* A thread's own: of the first one's mask libc makes something else while it makes a thread. */
	FILE *status = fopen("/proc/thread-self/status", "re");
	while (status && fgets(line, sizeof(line), status))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
			if (begins(line, wanted[i]))
				printf("  %s", line);
	if (status)
		fclose(status);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(line, sizeof(line), "/proc/self/%s", files[i]);
		const int fd = open(line, O_RDONLY | O_CLOEXEC);
		const ssize_t bytes = fd < 0 ? -errno : read(fd, line, sizeof(line));
		printf("  %s %zd: ", files[i], bytes);
		for (ssize_t at = 0; at < bytes; at++)
			putchar(line[at] ? line[at] : ' ');
		printf("\n");
		close(fd);
	}
}

static void what_prctl_says(void)
{
	int number = 0;
	char name[17] = "";
	static const int plain[] = {PR_GET_DUMPABLE,     PR_GET_KEEPCAPS,   PR_GET_SECCOMP,    PR_GET_SECUREBITS,
				    PR_GET_NO_NEW_PRIVS, PR_GET_TIMERSLACK, PR_GET_THP_DISABLE};
	static const int pointed[] = {PR_GET_PDEATHSIG, PR_GET_CHILD_SUBREAPER, PR_GET_TSC, PR_GET_UNALIGN};
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		printf("  prctl %d: %d\n", plain[i], prctl(plain[i], 0, 0, 0, 0));
	for (size_t i = 0; i < sizeof(pointed) / sizeof(*pointed); i++) {
		const int result = prctl(pointed[i], &number, 0, 0, 0);
		printf("  prctl %d: %d %d\n", pointed[i], result, number);
	}
	prctl(PR_GET_NAME, name);
	printf("  named %s, nice %d, policy %d, umask %o\n", name, getpriority(PRIO_PROCESS, 0), sched_getscheduler(0), umask(022));
}

static void what_is_set(void)
{
	for (int which = 0; which < 3; which++) {
		struct itimerval timer;
		getitimer((__itimer_which_t)which, &timer);
		printf("  timer %d: %d\n", which, (int)(timer.it_value.tv_sec + timer.it_value.tv_usec));
	}
	cpu_set_t processors;
	printf("  group %d, session %d, processors %d\n", getpgrp() == getpid(), getsid(0) == getpid(),
	       sched_getaffinity(0, sizeof(processors), &processors) == 0 ? CPU_COUNT(&processors) : -1);
}

static void look(const char *when)
{
	printf("%s:\n", when);
	environment();
	descriptors();
	limits();
	view_all();
	threads_and_children();
	what_proc_says();
	what_prctl_says();
	what_is_set();
	fflush(stdout);
}

static char thread_task[64];

static void *look_in_a_thread(void *when)
{
	snprintf(thread_task, sizeof(thread_task), "/proc/self/task/%d", (int)gettid());
	look(when);
	return NULL;
}

/* The kernel says to those who join it that it is gone shortly before it is gone. */
static void join(pthread_t thread)
{
	pthread_join(thread, NULL);
	while (access(thread_task, F_OK) == 0)
		sched_yield();
}

static void look_elsewhere(void)
{
	pthread_t thread;
	const pid_t child = fork();
	if (child == 0) {
		look("a forked child");
		_exit(7);
	}
	int status = 0;
	const pid_t waited = waitpid(-1, &status, 0);
	printf("the child: %d status %x, then %d\n", waited == child, (unsigned)status, (int)waitpid(-1, NULL, 0));
	if (pthread_create(&thread, NULL, look_in_a_thread, (void *)"a thread") == 0)
		join(thread);
	look("after the thread");
	/* It gives SIGINT and SIGQUIT back to the kernel by libc's own calls, whose SA_RESTORER appears in the answers from then on. */
	printf("system: %x\n", (unsigned)system("echo of a shell; exit 5"));
	look("after system(3)");
}

/* Of the program's own file, of libc, and of what has no file but a name: places differ, rights and sizes do not. */
static void maps(void)
{
	char line[4200];
	const char *own = strrchr(program_invocation_name, '/');
	unsigned both = 0;
	FILE *file = fopen("/proc/self/maps", "re");
	while (file && fgets(line, sizeof(line), file)) {
		char rights[8] = "", path[4096] = "";
		unsigned long begin, end;
		sscanf(line, "%lx-%lx %7s %*s %*s %*s %4095s", &begin, &end, rights, path);
		both += rights[1] == 'w' && rights[2] == 'x';
		if ((own && strstr(path, own)) || strstr(path, "libc.so") || strcmp(path, "[stack]") == 0)
			printf("  %s %s\n", rights, path[0] == '[' ? path : strrchr(path, '/'));
	}
	if (file)
		fclose(file);
	printf("  %u mappings are writable code\n", both);
}

static void drops(void)
{
	const int results[] = {setgroups(0, NULL), setgid(65534), setuid(65534), setuid(0)};
	printf("drops: %d %d %d, back: %d\n", results[0], results[1], results[2], results[3]);
}

/* A filter that refuses what no program here calls. */
static void sandbox(void)
{
	struct sock_filter filter[] = {{0x20, 0, 0, 0}, /* the number of the call */
				       {0x15, 0, 1, 101 /* ptrace */},
				       {0x06, 0, 0, SECCOMP_RET_ERRNO | EPERM},
				       {0x06, 0, 0, SECCOMP_RET_ALLOW}};
	const struct sock_fprog program = {4, filter};
	const int private = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	printf("sandbox: %d %d\n", private, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static void act(const char *action)
{
	if (strcmp(action, "closes") == 0)
		closefrom ? closefrom(3) : (void)syscall(__NR_close_range, 3, ~0u, 0);
	else if (strcmp(action, "maps") == 0)
		maps();
	else if (strcmp(action, "drops") == 0)
		drops();
	else if (strcmp(action, "unshares") == 0)
		printf("unshares: %d errno %d\n", unshare(CLONE_NEWUSER), errno);
	else if (strcmp(action, "sandboxed") == 0)
		sandbox();
}

int main(int argc, char **argv)
{
	const int errno_at_start = errno;
	view_begin();
	printf("errno %d\n", errno_at_start);
	look("the start");
	fprintf(stderr, "something is said\n");
	printf("and on the other stream\n");
	look("after something was said");
	for (int i = 1; i < argc && strcmp(argv[i], "executed") != 0; i++) {
		act(argv[i]);
		look(argv[i]);
	}
	look_elsewhere();
	if (argc > 1 && strcmp(argv[argc - 1], "executed") == 0)
		return 3;
	/* By its name: under an emulator /proc/self/exe is the emulator. */
	char *again[] = {argv[0], (char *)"executed", NULL};
	fflush(stdout);
	execv(argv[0], again);
	return 4;
}
