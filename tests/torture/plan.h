/*
 * plan.h - one death of the torture: a choice for each dimension, drawn from a seed or read from a text that names it.
 *
 * The names of a cause, place, handling, company and surroundings are those of the program die. What is possible with what, and
 * what each is expected to do, stands in the tables of plan.c and expectation.c.
 */
#ifndef TTLOG_TESTS_PLAN_H
#define TTLOG_TESTS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dimension {
	CAUSE,
	PLACE,
	HANDLING,
	COMPANY,
	SURROUNDINGS,
	SPEAKS,
	LIBRARY, /* a second preloaded one */
	USER,
	HOW, /* is it run */
	DIMENSIONS,
};

struct plan {
	unsigned choice[DIMENSIONS];
};

enum cause_kind {
	FAULT,          /* of the processor or the kernel, in the thread itself */
	ABORT,          /* libc raises SIGABRT */
	SENT_TO_THREAD, /* by the thread to itself */
	SENT_TO_PROCESS,
};

enum cause_trait {
	HOOKED = 1,   /* see core.h */
	NO_STACK = 2, /* a handler without a stack of its own cannot run */
	OVERFLOWS = 4,
	HEAP = 8,      /* of glibc's malloc */
	ANYWHERE = 16, /* the signal comes at no exact place */
	ONCE = 32,     /* cannot be survived and come again */
	BY_CHILD = 64,
	CALLED = 128, /* see core.h */
	INSIDE = 256, /* libc aborts by itself, where no hook sees it */
};

struct cause {
	const char *name;
	enum cause_kind kind;
	int signal;
	unsigned traits;
	const char *innermost; /* alternatives; NULL: any */
};

const struct cause *plan_cause(const struct plan *plan);
const char *plan_name(const struct plan *plan, enum dimension dimension);
bool plan_is(const struct plan *plan, enum dimension dimension, const char *alternatives); /* "a|b" */

/* The plan number `index` of a seed: the same on each machine where the same is possible (root, libraries). */
void plan_draw(struct plan *plan, uint64_t seed, uint64_t index);
/* All choices of all dimensions, each alone: with the first fault, and those but the causes with a sent signal too. False: no more. */
bool plan_alone(struct plan *plan, size_t index);
/* "cause=abort place=thread": what is left out is the first choice. NULL, or what is wrong with the text. */
const char *plan_parse(struct plan *plan, const char *text);
void plan_print(const struct plan *plan, char *text, size_t bytes);
/* NULL, or why these do not go together. */
const char *plan_impossible(const struct plan *plan);

/* Path of the second library; NULL: none, or it is not installed. */
const char *plan_library(const struct plan *plan);

#endif
