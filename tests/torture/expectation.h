/*
 * expectation.h - what a death of the torture is expected to leave: the one table of what the preloaded agent cannot capture by
 * itself, and why; all else it captures.
 */
#ifndef TTLOG_TESTS_EXPECTATION_H
#define TTLOG_TESTS_EXPECTATION_H

#include "plan.h"

enum captured {
	BY_AGENT,     /* one snapshot, made in the dying process's time */
	FROM_OUTSIDE, /* the recorder is left: `ttlog run` or `ttlog recover` makes the snapshot */
	BY_NOBODY,    /* no snapshot, or one of `ttlog run` that knows no more than the status */
};

struct expectation {
	enum captured captured;
	const char *reason;      /* of not BY_AGENT */
	const char *degradation; /* that a snapshot by the agent may have; NULL: none */
};

struct expectation plan_expectation(const struct plan *plan);

/* Whether the process that dies has a recorder before it dies, in a file: it said something. */
bool plan_has_recorder(const struct plan *plan);

/* How exactly the two deaths can be compared. */
struct core_scrutiny;
void plan_scrutiny(const struct plan *plan, struct core_scrutiny *scrutiny);

/* Names of the innermost function, alternatives; NULL: any. */
const char *plan_innermost(const struct plan *plan);

#endif
