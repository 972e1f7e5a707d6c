/*
 * listen.h - what the modes of the program share: an account of what a listener was handed, threads that have something to say.
 */
#ifndef TTLOG_TESTS_LISTEN_H
#define TTLOG_TESTS_LISTEN_H

#include <ttlog.h>

#include "check.h"

#include <stdbool.h>
#include <stdint.h>

enum { WRITERS = 8, EACH = 20000, FLUSH_MS = 60000 };

/* What a listener has been handed, and what is wrong with it. Only the listener thread writes it. */
struct account {
	long handed, lost, starts, flushes, shutdowns, errors, disorder, gaps, own;
	long next[WRITERS]; /* by writer: number of the next event */
	uint64_t last_ns;
	int fail_every, fails; /* every so many events it fails, so often */
	bool slow, talks;
	unsigned each_us; /* it takes for an event */
};

/* Adds a listener that keeps the account: its id. */
int add(struct account *account, uint32_t policy);
struct ttlog_stats stats(void);

/* WRITERS threads say `each` events each: "writer" is the thread's number, "n" the event's. Comes back when they have ended. */
extern int each;
void write_all(void);

/* A signal handler that says something; the function of a listener that hangs until *(bool *)user. */
void on_alarm(int signal);
int hang(void *user, const struct ttlog_event *event);

/* Modes. */
void order(void);
void drop(void);
void block(void);
void behind(void);
void failing(void);
void talking(void);
void comes_and_goes(void);
void handlers(void);
void hanging(void);
void asking(void);
void refused(void);
void faulting(void);
void contents(void);
void sandbox(void);
void sandbox_of_root(void);
void reopening(void);
void dying(void);
void descriptors(void);
void thread_memory(void);
void blocked_signals(void);

#endif
