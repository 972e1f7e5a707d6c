#include "target.h"

#include "arch_registers.h"
#include "proc_number.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP_WAIT_MS = 500, STOP_WAITS_MS = 2000, STOP_SLICE_MS = 20, THREADS_MAX = 65536, PROC_BYTES_MAX = 16 * 1024 * 1024 };

static struct target_thread *find_thread(struct target *target, pid_t tid)
{
	for (size_t i = 0; i < target->thread_count; i++) {
		if (target->threads[i].tid == tid)
			return &target->threads[i];
	}
	return NULL;
}

static struct target_thread *add_thread(struct target *target, pid_t tid, pid_t number)
{
	if (target->thread_count == target->thread_room) {
		const size_t room = target->thread_room ? 2 * target->thread_room : 64;
		struct target_thread *more = room > THREADS_MAX ? NULL : realloc(target->threads, room * sizeof(*more));
		if (!more)
			return NULL;
		target->threads = more;
		target->thread_room = room;
	}
	struct target_thread *thread = &target->threads[target->thread_count++];
	memset(thread, 0, sizeof(*thread));
	thread->tid = tid;
	thread->number = number;
	return thread;
}

/* Before it is stopped: afterwards all are "traced". The first line of its name, which may hold anything. */
static void read_stat(pid_t pid, struct target_thread *thread)
{
	char name[64];
	size_t bytes;
	snprintf(name, sizeof(name), "task/%d/stat", thread->number);
	char *stat = target_proc(pid, name, &bytes);
	const char *begin = stat ? strchr(stat, '(') : NULL, *end = begin ? strrchr(begin, ')') : NULL;
	thread->state = end && end[1] == ' ' ? end[2] : 0;
	if (end)
		snprintf(thread->name, sizeof(thread->name), "%.*s", (int)(end - begin - 1), begin + 1);
	thread->name[strcspn(thread->name, "\n")] = 0;
	free(stat);
}

static int seize(struct target_thread *thread)
{
	if (ptrace(PTRACE_SEIZE, thread->tid, NULL, NULL) != 0)
		return -errno;
	return ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL) != 0 ? -errno : 0;
}

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void note_stop(struct target_thread *thread, int status)
{
	thread->stopped = true;
	if (status >> 16 == 0)
		thread->pending = WSTOPSIG(status);
	thread->register_count = arch_read_registers(thread->tid, thread->registers);
}

/* A signal tells of each stop; of several at once there may be one, so a slice is never long. */
static void await_signal(const sigset_t *child)
{
	const struct timespec slice = {0, STOP_SLICE_MS * 1000000l};
	sigtimedwait(child, NULL, &slice);
}

/*
 * How long all threads together are waited for. One in an uninterruptible call does not stop before that ends, and is shown without its stack;
 * the others stop as soon as they get a processor, which many may want.
 */
struct patience {
	uint64_t until_ms, limit_ms;
};

static struct patience take_patience(void)
{
	const uint64_t now = now_ms();
	return (struct patience){now + STOP_WAIT_MS, now + STOP_WAITS_MS};
}

static bool is_uninterruptible(pid_t pid, const struct target_thread *thread)
{
	struct target_thread now = {.number = thread->number};
	read_stat(pid, &now);
	return now.state == 'D';
}

static void await_stop(pid_t pid, struct target_thread *thread, const struct patience *patience)
{
	sigset_t child;
	int status = 0;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	for (;;) {
		const pid_t got = waitpid(thread->tid, &status, __WALL | WNOHANG);
		const uint64_t now = now_ms();
		if (got == thread->tid && WIFSTOPPED(status))
			note_stop(thread, status);
		thread->ended = got != 0 && !thread->stopped;
		if (got != 0 || now >= patience->limit_ms || (now >= patience->until_ms && is_uninterruptible(pid, thread)))
			return;
		await_signal(&child);
	}
}

/* 0, or why it is not to be had though it lives. One that is about to end answers EPERM, as where nothing is allowed. */
static int seize_living(pid_t pid, struct target_thread *thread)
{
	const int error = seize(thread);
	if (error)
		read_stat(pid, thread);
	const char state = thread->state;
	thread->ended = error && (error == -ESRCH || state == 0 || state == 'Z' || state == 'X');
	return thread->ended ? 0 : error;
}

/* Of an entry of `tasks`, "/proc/4711/task". */
static pid_t own_number(const char *tasks, const char *entry)
{
	char place[2 * PROC_PATH_BYTES];
	snprintf(place, sizeof(place), "%s/%.20s", tasks + strlen("/proc/"), entry);
	return proc_own_number(place);
}

/* One pass over /proc/pid/task; new threads found, or -errno. */
static int seize_new_threads(struct target *target)
{
	char path[PROC_PATH_BYTES];
	int found = 0;
	proc_path(path, target->pid, "task");
	DIR *tasks = opendir(path);
	if (!tasks)
		return -errno;
	for (struct dirent *entry; (entry = readdir(tasks));) {
		const pid_t tid = own_number(path, entry->d_name);
		if (tid <= 0 || find_thread(target, tid))
			continue;
		struct target_thread *thread = add_thread(target, tid, (pid_t)strtol(entry->d_name, NULL, 10));
		if (!thread)
			break;
		read_stat(target->pid, thread);
		if (!target->ptrace_error)
			target->ptrace_error = seize_living(target->pid, thread);
		found++;
	}
	closedir(tasks);
	return found;
}

int target_open(struct target *target, pid_t pid)
{
	memset(target, 0, sizeof(*target));
	target->pid = pid;
	struct patience patience = {0, 0};
	size_t stopped = 0;
	for (;;) {
		const int found = seize_new_threads(target);
		if (found < 0)
			return found;
		if (found == 0)
			return 0;
		if (!patience.limit_ms) /* from here on: to seize thousands takes long, too */
			patience = take_patience();
		for (; stopped < target->thread_count && !target->ptrace_error; stopped++) {
			if (!target->threads[stopped].ended)
				await_stop(pid, &target->threads[stopped], &patience);
		}
	}
}

void target_resume(struct target *target)
{
	for (size_t i = 0; i < target->thread_count && !target->resumed; i++) {
		const struct target_thread *thread = &target->threads[i];
		if (thread->stopped)
			ptrace(PTRACE_DETACH, thread->tid, NULL, (void *)(intptr_t)thread->pending);
	}
	target->resumed = true;
}

void target_release(struct target *target)
{
	target_resume(target);
	free(target->threads);
	memset(target, 0, sizeof(*target));
}

/* /proc/pid/mem (proc(5)), which asks for rights when it is opened, and not again. It reads pages too that the target itself may not. */
static struct {
	pid_t pid;
	int fd;
	bool needed;
} held;

/* After process_vm_readv(2), or its pair, has failed; from then on it is not asked first. */
static bool takes_held(pid_t pid, ssize_t result)
{
	held.needed |= held.pid == pid && result < 0 && (errno == EPERM || errno == ENOSYS);
	return held.needed && held.pid == pid;
}

ssize_t target_read(pid_t pid, uint64_t address, void *data, size_t bytes)
{
	const struct iovec local = {data, bytes};
	const struct iovec remote = {(void *)(uintptr_t)address, bytes};
	ssize_t got = held.needed ? -1 : process_vm_readv(pid, &local, 1, &remote, 1, 0);
	if (takes_held(pid, got))
		got = pread(held.fd, data, bytes, (off_t)address);
	return got < 0 ? -errno : got;
}

int target_hold_memory(pid_t pid, bool writable)
{
	char path[PROC_PATH_BYTES], byte;
	const ssize_t got = target_read(pid, 0, &byte, sizeof(byte));
	if (got == -EPERM || got == -ENOSYS)
		return (int)got;
	proc_path(path, pid, "mem");
	const int fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (held.pid)
		close(held.fd);
	held.pid = pid;
	held.fd = fd;
	held.needed = false;
	return 0;
}

int target_write(pid_t pid, uint64_t address, const void *data, size_t bytes)
{
	const struct iovec local = {(void *)(uintptr_t)data, bytes};
	const struct iovec remote = {(void *)(uintptr_t)address, bytes};
	ssize_t put = held.needed ? -1 : process_vm_writev(pid, &local, 1, &remote, 1, 0);
	if (takes_held(pid, put))
		put = pwrite(held.fd, data, bytes, (off_t)address);
	return put == (ssize_t)bytes ? 0 : put < 0 ? -errno : -EFAULT;
}

char *target_proc(pid_t pid, const char *name, size_t *bytes)
{
	char path[PROC_PATH_BYTES];
	size_t room = 16384, used = 0;
	proc_path(path, pid, name);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data = fd < 0 ? NULL : malloc(room);
	while (data) {
		if (used + 1 == room) {
			char *more = room >= PROC_BYTES_MAX ? NULL : realloc(data, room *= 2);
			if (!more)
				break;
			data = more;
		}
		const ssize_t n = read(fd, data + used, room - 1 - used);
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	if (data)
		data[used] = 0;
	*bytes = used;
	return data;
}
