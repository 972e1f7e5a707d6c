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
	uint32_t stop;    /* the thread is to end */
	uint32_t reopen;
	uint32_t unopened; /* the listeners of the list (config.set.listeners) have not been opened yet */
	struct turn turn;
};
extern struct thread_asked asked __attribute__((visibility("hidden")));

/* The thread's life: with the program's descriptors, or with a table of its own. */
void thread_run(void) __attribute__((visibility("hidden")));
void thread_run_apart(void) __attribute__((visibility("hidden")));

#endif
