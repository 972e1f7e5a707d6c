/*
 * target.h - the process that is captured: its memory, its threads, stopped and released.
 *
 * Everything read from it is hostile. Threads are seized (PTRACE_SEIZE: no SIGSTOP that its parent could see) and interrupted;
 * a signal that was on its way to a thread is handed on at the release. Single-threaded; 0 or -errno.
 */
#ifndef TTLOG_CAPTURE_TARGET_H
#define TTLOG_CAPTURE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Registers of a stopped thread in DWARF order, as in struct crash_context. */
#define TARGET_REGISTERS 33u

struct target_thread {
	pid_t tid;
	pid_t number;  /* by which /proc has it: proc_number.h */
	char state;    /* letter of /proc/pid/task/tid/stat before it was stopped; 0: unknown */
	char name[64]; /* as there; "": unknown */
	bool stopped;  /* its registers are known; it goes on at the release, or has gone on since target_resume() */
	bool ended;    /* it was leaving: nothing to be seen of it */
	int pending;   /* signal met while stopping; 0: none */
	uint32_t register_count;
	uint64_t registers[TARGET_REGISTERS];
};

struct target {
	pid_t pid;
	struct target_thread *threads;
	size_t thread_count, thread_room;
	bool resumed;
	int ptrace_error; /* why threads could not be stopped; 0: they were */
};

/* Stops all threads, also those that are made meanwhile. The target exists afterwards even where ptrace is denied (ptrace_error). */
int target_open(struct target *target, pid_t pid);
/* Lets them go on; what is known of them stays. */
void target_resume(struct target *target);
/* The same, where that has not been done, and forgets them. */
void target_release(struct target *target);

/*
 * Keeps the way to its memory open for as long as this process lives, also where it may look into no process any more: what it may not read
 * now, it does not hold. 0 or -errno: then it is read and written while that is allowed.
 */
int target_hold_memory(pid_t pid, bool writable);

/* Bytes read; short where the rest is not mapped; -errno where nothing is. */
ssize_t target_read(pid_t pid, uint64_t address, void *data, size_t bytes);
int target_write(pid_t pid, uint64_t address, const void *data, size_t bytes);

/* Content of a file of /proc/<pid>, NUL-terminated, malloc'ed; NULL where it cannot be read. */
char *target_proc(pid_t pid, const char *name, size_t *bytes);

#endif
