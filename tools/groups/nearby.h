/*
 * nearby.h - what two groups of different builds have in common where an optimiser merged a function with its caller and left no trace of it:
 * one build dies in f, which g calls in line 7, the other in line 7 of g, and all that called them is the same.
 *
 * Not part of the fingerprint, for lines change with every edit; of one build such deaths are two causes. Pure; any thread.
 */
#ifndef TTLOG_GROUPS_NEARBY_H
#define TTLOG_GROUPS_NEARBY_H

#include "snapshot.h"

/* Hashes; 0: not known. */
struct nearby {
	uint64_t here;  /* the innermost function of the program with its line, and its callers */
	uint64_t below; /* the same of its caller: where `here` of another group is this, that one may be this group's */
	uint64_t build; /* of the innermost function's module */
};

void nearby_make(const struct snapshot *snapshot, struct nearby *nearby);

#endif
