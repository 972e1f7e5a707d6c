/*
 * die.h - the catalogue of deaths: one table for each subject, ended by a row without a name.
 *
 * The function that dies of NAME is called death_NAME: snapshots are searched for it.
 */
#ifndef TTLOG_TESTS_DIE_H
#define TTLOG_TESTS_DIE_H

#include "victim.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct death {
	const char *name;
	void (*die)(void);
};

extern const struct death fault_deaths[], abort_deaths[], place_deaths[], handler_deaths[], ends[];

#define DEATH(name) NOINLINE void death_##name(void)
#define ROW(name)                                                                                                                  \
	{                                                                                                                          \
#name, death_##name                                                                                                \
	}

/* Variables that the compiler can know nothing of. */
extern int *volatile null_pointer;
extern volatile int zero, one;

DEATH(null_write);
DEATH(stack_overflow);

/* Runs the body in a thread and waits for it. */
void join(void *(*body)(void *), void *argument);
/* Names itself "victim" and faults, without a word. */
void *thread_silent_write(void *unused);
/* For a signal: faults in it. */
void handler_null_write(int sig);

/* raise:SEGV, kill:TERM, tgkill:HUP, sigqueue:ABRT ...: false where the name is none of these. */
bool is_sent(const char *name);
void send_to_itself(const char *name);

#endif
