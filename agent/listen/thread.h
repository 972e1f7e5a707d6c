/*
 * thread.h - the listener thread itself, and what others leave for it to do (listen.h has the functions by which they do).
 */
#ifndef TTLOG_LISTEN_THREAD_H
#define TTLOG_LISTEN_THREAD_H

#include "listener.h"

#include <stdint.h>

/* What others ask of the thread. A child forgets it. */
struct thread_asked {
	int32_t pid;      /* whose all this is */
	uint32_t flushes; /* asked for */
	uint32_t flushed; /* done: futex */
	uint32_t failed;  /* number of the last flush that a listener spoilt */
	uint32_t stops;   /* ends of the thread that were asked for */
	uint32_t stopped; /* how many of them have been: with another number the thread is to end; futex */
	uint32_t reopen;
	uint32_t unopened; /* the listeners of the list (config.set.listeners) have not been opened yet */
};
extern struct thread_asked asked __attribute__((visibility("hidden")));

/*
 * Never both at once: the loader does not care for fork(2), and a child that had half an object in its list would run it. Each says what it
 * is about to do before it looks at the other.
 */
struct thread_loading {
	uint32_t opening; /* the thread opens the listeners of the list: futex */
	uint32_t forking; /* threads in the middle of fork(2) */
};
extern struct thread_loading loading __attribute__((visibility("hidden")));

/* The thread's life: with the program's descriptors, or with a table of its own. */
void thread_run(uint32_t *tid) __attribute__((visibility("hidden")));
void thread_run_apart(uint32_t *tid) __attribute__((visibility("hidden")));

#endif
