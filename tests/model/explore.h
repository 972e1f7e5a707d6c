/*
 * explore.h - goes through every order in which the steps of a scenario can happen, depth first, each state once.
 *
 * A state that was seen is known by 64 bits of its hash: with ten million states one in a million explorations would miss one.
 */
#ifndef TTLOG_MODEL_EXPLORE_H
#define TTLOG_MODEL_EXPLORE_H

#include "scenario.h"

struct exploration {
	uint64_t states, steps;     /* different states; steps from one to another */
	uint64_t ends;              /* states in which nothing is left to do */
	double schedules;           /* complete orders of steps that lead to them */
	uint32_t depth;             /* steps of the longest */
	uint32_t call_steps, bound; /* longest call in its own steps, and what it may take (G1) */
	char violated[256];         /* first violated guarantee; empty: none */
	char *schedule;             /* that leads there, one step a line; NULL: none. The caller frees it */
};

/* Ends at the first violation. */
struct exploration explore(const struct scenario *scenario);

#endif
