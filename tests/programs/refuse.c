/*
 * refuse REPORT KIND CALL PROGRAM COMMAND [ARG...] - runs COMMAND on a machine that has run out of something: of the system calls of a
 * KIND that processes of PROGRAM make (its name without directories), number CALL fails, once; 0: none. Those of the loader and of
 * elfutils do not count.
 *
 *   open, read, write, rename, make (a directory), fork (also a thread), exec, descriptor (pipe, memory file, socket, ...), random,
 *   reserve (a signal has come meanwhile); all: all of them are counted; anything else: none is
 *
 * The kernel asks here before each such call, of all processes that COMMAND starts (seccomp_unotify(2)). REPORT gets lines: "left 1" where
 * anything was left running, and how many calls there were of each kind. Ends as COMMAND does, when all that it started have ended; 90 and
 * more: it could not work.
 */
#include "notified.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MS = 25000, SLICE_MS = 20, CALLS_MAX = 64 };

/* Calls that younger machines never had. */
#ifdef __x86_64__
#define OLD(...) __VA_ARGS__,
#else
#define OLD(...)
#endif

#define LIST(...)                                                                                                                  \
	(const int[])                                                                                                              \
	{                                                                                                                          \
		__VA_ARGS__, -1                                                                                                    \
	}

static struct kind {
	const char *name;
	int error;
	const int *calls; /* -1 ends them */
	unsigned long counted;
} kinds[] = {
	{.name = "open", .error = EMFILE, .calls = LIST(OLD(SYS_open, SYS_creat) SYS_openat, __NR_openat2)},
	{.name = "read", .error = EIO, .calls = LIST(SYS_read, SYS_pread64, SYS_readv, SYS_getdents64)},
	{.name = "write",
	 .error = ENOSPC,
	 .calls = LIST(SYS_write, SYS_writev, SYS_pwrite64, SYS_fsync, SYS_fdatasync, SYS_ftruncate, SYS_fallocate, SYS_sendfile,
		       SYS_copy_file_range)},
	{.name = "rename", .error = EIO, .calls = LIST(OLD(SYS_rename, SYS_link) SYS_renameat2, SYS_linkat)},
	{.name = "make", .error = ENOSPC, .calls = LIST(OLD(SYS_mkdir) SYS_mkdirat)},
	{.name = "fork", .error = EAGAIN, .calls = LIST(OLD(SYS_fork, SYS_vfork) SYS_clone, SYS_clone3)},
	{.name = "exec", .error = ENOMEM, .calls = LIST(SYS_execve, SYS_execveat)},
	{.name = "descriptor",
	 .error = EMFILE,
	 .calls = LIST(OLD(SYS_pipe, SYS_dup2) SYS_pipe2, SYS_dup, SYS_dup3, SYS_memfd_create, SYS_signalfd4, SYS_eventfd2,
		       SYS_inotify_init1, SYS_pidfd_open, SYS_socket, SYS_socketpair)},
	{.name = "random", .error = EAGAIN, .calls = LIST(SYS_getrandom)},
	{.name = "reserve", .error = EINTR, .calls = LIST(SYS_fallocate)},
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static const char *picked, *program;
static unsigned long wanted;
static pid_t target;
static int status = -1;

static _Noreturn void fail(int number, const char *what)
{
	fprintf(stderr, "refuse: %s: %s\n", what, strerror(errno));
	_exit(number);
}

/* Who calls ------------------------------------------------------------------------------------------------------------------ */

static bool is_program(pid_t tid)
{
	char link[64], path[1024];
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)tid);
	const ssize_t bytes = readlink(link, path, sizeof(path) - 1);
	path[bytes > 0 ? bytes : 0] = 0;
	const char *name = strrchr(path, '/');
	return name && strcmp(name + 1, program) == 0;
}

static bool is_loader(pid_t tid, uint64_t address)
{
	char path[64], line[1024];
	bool found = false;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)tid);
	FILE *file = fopen(path, "r");
	while (file && !found && fgets(line, sizeof(line), file)) {
		unsigned long begin, end;
		found = sscanf(line, "%lx-%lx", &begin, &end) == 2 && address >= begin && address < end;
	}
	if (file)
		fclose(file);
	return found && strstr(line, "/ld-") != NULL;
}

/*
 * elfutils (0.188) takes what it cannot open or read for what is not there: what it looks for by itself, and what it reads of an ELF file,
 * is left out. So is what libgcrypt looks for before main(), which elfutils 0.183 brings into each program (by libdebuginfod and libcurl): it aborts.
 */
static bool is_of_elfutils(const struct seccomp_notif *call)
{
	char link[64], path[1024] = "", magic[4] = "";
	const bool opens = call->data.nr == SYS_openat, reads = call->data.nr == SYS_pread64;
	snprintf(link, sizeof(link), opens ? "/proc/%d/mem" : "/proc/%d/fd/%d", (int)call->pid, (int)call->data.args[0]);
	const int fd = opens || reads ? open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd >= 0 && opens && pread(fd, path, sizeof(path) - 1, (off_t)call->data.args[1]) < 0)
		path[0] = 0;
	if (fd >= 0 && reads && pread(fd, magic, sizeof(magic), 0) < 0)
		magic[0] = 0;
	if (fd >= 0)
		close(fd);
	return memcmp(magic, "\177ELF", sizeof(magic)) == 0 || strstr(path, ".debug") || strstr(path, "/usr/lib/debug/") ||
	       strstr(path, "/fips_enabled") || strncmp(path, "/etc/gcrypt/", strlen("/etc/gcrypt/")) == 0;
}

/* Between processes nothing runs full; standard output may be anything. */
static bool is_into_own_pipe(const struct seccomp_notif *call)
{
	char link[64];
	struct stat info;
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)call->pid, (int)call->data.args[0]);
	return call->data.nr == SYS_write && call->data.args[0] > STDERR_FILENO && stat(link, &info) == 0 && S_ISFIFO(info.st_mode);
}

/* Calls --------------------------------------------------------------------------------------------------------------------------- */

static bool is_picked(const struct kind *kind)
{
	return strcmp(picked, "all") == 0 || strcmp(picked, kind->name) == 0;
}

/* NULL: nobody's that counts. */
static struct kind *kind_of(const struct seccomp_notif *call)
{
	if (!is_program((pid_t)call->pid) || is_loader((pid_t)call->pid, call->data.instruction_pointer) || is_of_elfutils(call) ||
	    is_into_own_pipe(call))
		return NULL;
	for (size_t i = 0; i < KINDS; i++) {
		for (const int *number = kinds[i].calls; is_picked(&kinds[i]) && *number >= 0; number++) {
			if (*number == call->data.nr)
				return &kinds[i];
		}
	}
	return NULL;
}

static bool judge(const struct seccomp_notif *call, struct seccomp_notif_resp *answer)
{
	struct kind *kind = kind_of(call);
	if (kind && ++kind->counted == wanted) {
		answer->flags = 0;
		answer->error = -kind->error;
	}
	return true;
}

/* Beginning and end ----------------------------------------------------------------------------------------------------------- */

/* Asks here of the picked calls. */
static unsigned short make_filter(struct sock_filter code[CALLS_MAX + 3])
{
	int calls[CALLS_MAX], count = 0;
	unsigned short used = 1;
	for (size_t i = 0; i < KINDS; i++) {
		if (!is_picked(&kinds[i]))
			continue;
		for (const int *number = kinds[i].calls; *number >= 0; number++)
			calls[count++] = *number;
	}
	code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (int i = 0; i < count; i++)
		code[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i],
							    (unsigned char)(count - i), 0);
	code[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	return used;
}

static int start(char **argv)
{
	struct sock_filter code[CALLS_MAX + 3];
	const struct sock_fprog filter = {make_filter(code), code};
	const int fd = notified_start(&filter, argv, LIMIT_MS / 1000, &target);
	if (fd < 0)
		fail(91, "no listener");
	return fd;
}

static void reap(void)
{
	int ended;
	for (pid_t pid; (pid = waitpid(-1, &ended, WNOHANG | __WALL)) > 0;) {
		if (pid == target)
			status = ended;
	}
}

static _Noreturn void end_alike(void)
{
	const struct rlimit no_core = {0, 0};
	if (status < 0)
		_exit(94);
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
	_exit(95);
}

int main(int argc, char **argv)
{
	if (argc < 6)
		return 92;
	picked = argv[2];
	wanted = strtoul(argv[3], NULL, 10);
	program = argv[4];
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	const int listener = start(argv + 5);
	const uint64_t until = notified_now_ms() + LIMIT_MS;
	bool served = true;
	while ((served || status < 0) && notified_now_ms() < until) {
		served = notified_serve(listener, SLICE_MS, judge);
		reap();
	}
	notified_end_leftovers();
	FILE *report = fopen(argv[1], "w");
	if (!report)
		fail(93, argv[1]);
	fprintf(report, "left %d\n", served);
	for (size_t i = 0; i < KINDS; i++)
		fprintf(report, "%s %lu\n", kinds[i].name, kinds[i].counted);
	if (fclose(report) != 0)
		fail(93, argv[1]);
	end_alike();
}
