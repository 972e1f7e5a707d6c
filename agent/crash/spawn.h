/*
 * spawn.h - the helper process of a dying one, or of one that wants a snapshot: its start, its end, and who sees to it that there is an end.
 *
 *   its thread ── clone ──> watcher ── clone, exec ──> ttlog-capture
 *
 * The watcher runs in the process's memory (CLONE_VM) but is a process of its own without an exit signal: no wait(2) of the
 * program's finds it or the helper, and a helper that has stopped the dying thread and then hangs does not stop the watcher, which
 * ends it when the time is over. It reaps the helper, so nothing depends on a process 1 that reaps.
 *
 * One for a death, called by the thread that captures; one for requests, called by the writer thread: the one may come in the middle of the
 * other. Async-signal-safe.
 */
#ifndef TTLOG_CRASH_SPAWN_H
#define TTLOG_CRASH_SPAWN_H

#include <stdbool.h>
#include <stdint.h>

enum { SPAWN_STACK_BYTES = 8192 };

/* What the clones share with the thread that starts them: memory is one (CLONE_VM). */
struct spawn {
	const char *reason; /* of a snapshot of the living process; NULL: it dies, and recorder.crash says of what. The caller's */
	bool replace;       /* the last snapshot of this reason goes */
	char helper[1100];  /* whose start was tried; "": it did not come to that */
	char *arguments[12];
	char *environment[2];
	int argument_count;
	char pid_text[24], header[24], crash[24], descriptor[24];
	uint32_t stage; /* futex */
	uint64_t until;
	int watcher;
	int pid;    /* of the helper; stored by the kernel at its birth; 0: not born yet, or its end was taken note of */
	int error;  /* of clone(2) or execve(2), positive */
	int status; /* of the helper, as wait(2) has it; -1: not known */
	unsigned char outer_stack[SPAWN_STACK_BYTES] __attribute__((aligned(16)));
	unsigned char inner_stack[SPAWN_STACK_BYTES] __attribute__((aligned(16)));
};

extern struct spawn spawn_of_death __attribute__((visibility("hidden")));
extern struct spawn *spawn_of_request __attribute__((visibility("hidden"))); /* the writer thread's; NULL: there has been none */

/*
 * Whom the program lets trace it (PR_SET_PTRACER), where Yama wants to know; it is another while a helper runs. 0: nobody. A child does not
 * inherit it (prctl(2)).
 */
void spawn_note_ptracer(unsigned long tracer) __attribute__((visibility("hidden")));
void spawn_restore_ptracer(void) __attribute__((visibility("hidden")));

/* The process dies: a helper that is just making a snapshot of it while it lived goes, for it holds the threads. Bounded. */
void spawn_give_way_as(void) __attribute__((visibility("hidden")));

/*
 * Starts it. Of a death: recorder.crash has moved afterwards where no file had all of it, and its capture_state is woken when the helper
 * has ended. By force at `until` (monotonic ns). 0 or the positive errno.
 */
int spawn_start_as(struct spawn *spawn, uint64_t until) __attribute__((visibility("hidden")));

/* It has ended. Otherwise waits for that, at most wait_ms. */
bool spawn_ended_as(struct spawn *spawn, uint32_t wait_ms) __attribute__((visibility("hidden")));

/* Ends helper and watcher, whatever they are doing, and leaves no child behind. After any spawn_start_as(). */
void spawn_finish_as(struct spawn *spawn) __attribute__((visibility("hidden")));

#endif
