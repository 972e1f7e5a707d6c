/*
 * kinds.h - a program that dies in many ways, by a chain of functions of its own for each, so that a test can tell whether deaths of one kind,
 * of several builds, make one group, and those of two kinds two. `PROGRAM KIND SEED`; without arguments it prints how many kinds it knows.
 */
#ifndef TTLOG_TESTS_KINDS_H
#define TTLOG_TESTS_KINDS_H

#include <stdio.h>
#include <stdlib.h>

/* No compiler may know what they are. */
static int *volatile nothing;
static volatile int sink;

typedef void kind(unsigned seed);

static inline int kinds_main(kind *const *kinds, unsigned count, int argc, char **argv)
{
	const unsigned number = argc > 1 ? (unsigned)atoi(argv[1]) : 0, seed = argc > 2 ? (unsigned)atoi(argv[2]) : 1;

	if (argc < 2) {
		printf("%u\n", count);
		return 0;
	}
	if (number >= count)
		return 2;
	printf("kind %u, seed %u\n", number, seed);
	fflush(stdout);
	kinds[number](seed);
	return 0;
}

#endif
