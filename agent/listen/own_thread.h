/*
 * own_thread.h - threads of the agent's own in somebody else's process: made only where somebody asked for what they do.
 *
 * They block all signals, by pthread_sigmask(3), which leaves libc's two open (setuid(2) hangs otherwise), so that none of the program's comes
 * to them; have an alternate signal stack; and are made by the real pthread_create(3). A word of the live page, which fork wipes, says that one runs.
 */
#ifndef TTLOG_LISTEN_OWN_THREAD_H
#define TTLOG_LISTEN_OWN_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct own_thread {
	const char *name; /* up to 15 bytes */
	void (*body)(uint32_t *tid);
	uint32_t *tid; /* 0: there is none, 1: it is being made, or about to end; futex */
};

/* Zeroed memory for what such a thread needs: not static, so that a core is no larger where nobody asks. NULL: none. */
void *own_thread_map(size_t bytes) __attribute__((visibility("hidden")));

/*
 * 0, also where it runs already; or -errno of pthread_create(3), -EAGAIN too where one is about to end and does not in 2 s. Not signal-safe:
 * it allocates. The structure is copied.
 */
int own_thread_begin(const struct own_thread *thread) __attribute__((visibility("hidden")));

/*
 * The program is about to restrict its system calls, perhaps those of all its threads (SECCOMP_FILTER_FLAG_TSYNC): a call of ours could be its
 * end. So the threads go to sleep in the kernel, at the next point where they have nothing half done, and stay there. `wake` has them look.
 * False: not all were there in time.
 */
bool own_threads_park(void (*wake)(void), uint32_t timeout_ms) __attribute__((visibility("hidden")));
/* The restriction harms nobody. */
void own_threads_unpark(void) __attribute__((visibility("hidden")));
/* Where a thread of ours may be parked: true, afterwards, where it was. `leave` (NULL: nothing) is called before it is. */
bool own_thread_parking(void (*leave)(void)) __attribute__((visibility("hidden")));

/*
 * While functions of others are called, so that a fault in them is captured as any; kernel and abort(3) need no more. What somebody sent to
 * the process is given back by the handler.
 */
void own_thread_take_faults(bool take) __attribute__((visibility("hidden")));

/* By the body: who wants the thread from here on waits for its end, and makes it anew. */
void own_thread_closing(uint32_t *tid) __attribute__((visibility("hidden")));

/* Where there is none: nobody makes one before own_thread_end(). False: there is one, or will be. */
bool own_thread_keep_away(uint32_t *tid) __attribute__((visibility("hidden")));

/* By the body, at its end: others may make it anew from here on. */
void own_thread_end(uint32_t *tid) __attribute__((visibility("hidden")));

/* Whether the calling thread may ask something of such a thread: not in a vfork child, nor where a system call may be the last. */
bool own_thread_may_be_asked(void) __attribute__((visibility("hidden")));

/* Until *word, a futex, is no longer `value`. False: not by then (CLOCK_MONOTONIC). Signal-safe. */
bool own_thread_await(uint32_t *word, uint32_t value, uint64_t until_ns) __attribute__((visibility("hidden")));

#endif
