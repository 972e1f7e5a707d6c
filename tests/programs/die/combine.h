/*
 * combine.h - one death put together: a cause of the catalogue, at a place, with handlers of the program's own, in company and
 * surroundings. Each of the four is a table of choices, ended by a row without a name; the first row is what happens where
 * nothing is chosen.
 */
#ifndef TTLOG_TESTS_COMBINE_H
#define TTLOG_TESTS_COMBINE_H

#include "die.h"

#include <setjmp.h>

struct choice {
	const char *name;
	void (*apply)(void); /* NULL: nothing to be done */
};

extern const struct choice places[];       /* apply: goes there and calls suffer() */
extern const struct choice handlings[];    /* apply: installs */
extern const struct choice companies[];    /* apply: starts threads and waits until they are at it */
extern const struct choice surroundings[]; /* apply: changes the process */

/* Dies of the chosen cause, or returns where the program survives it. Any thread. */
void suffer(void);

/* Names of choices, as "place=thread", in argv[2] and behind. Ends the process. */
int combine(const struct death *death, char **argv);
bool combine_wants(char **argv, const char *choice);
/* The program's own argv, for the place behind exec. */
extern char **combined;

/* Waits for those who die at the same moment. */
void company_meet(void);
/* Where handlers jump to, and how often they still will; 0: they do not jump. */
extern sigjmp_buf handling_back;
extern volatile int handling_jumps;

/* The plug-in calls it as it is loaded. */
void plugin_loaded(void);

#define LOST(what)                                                                                                                 \
	do {                                                                                                                       \
		dprintf(2, "die: %s: %s\n", what, strerror(errno));                                                                \
		_exit(97);                                                                                                         \
	} while (0)

#endif
