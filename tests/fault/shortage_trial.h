/*
 * shortage_trial.h - a command on a machine that has run out of something: of its calls for memory, files, processes each fails in turn.
 *
 * Whatever fails, the command says what is wrong and ends with one of its codes, or did without; it does not crash, hang or print
 * something else without a word, leaves no process, and no file that is not whole.
 *
 * Some calls of each kind; TTLOG_SHORTAGE=n: as many, spread over the run; 0: all; places: of those for memory the first of each place
 * (scarce.h), of the other kinds all. TTLOG_SHORTAGE_KIND picks a kind, TTLOG_SHORTAGE_CALL a call. The variables of scarce.so also stand
 * in the file "variables" of the place, for a shell. TTLOG_RESULTS: a file that gets a line of how many calls there are of each kind, and
 * of each trial, with what was said.
 */
#ifndef TTLOG_TESTS_SHORTAGE_TRIAL_H
#define TTLOG_TESTS_SHORTAGE_TRIAL_H

#include "command.h"

#include <stdbool.h>

struct shortage;

/* One run; `whole`: nothing fails in it. */
struct shortage_trial {
	const struct shortage *of;
	const char *about;     /* the command, the kind, the number of the call */
	const char *directory; /* it works there, alone: out, tmp, cache, storage are names in it */
	bool whole;
	struct outcome outcome;
};

struct shortage {
	const char *name;
	const char *program;      /* whose calls fail: "ttlog", "ttlog-capture", "ttlog-db" */
	const char *const *words; /* the command */
	const char *const *environment;
	const char *input;
	enum { SHORTAGE_SAME, SHORTAGE_SAME_SIZE, SHORTAGE_VARIES } output; /* of two runs, in files and on standard output */
	const char *all_of; /* of this kind all calls, always: some few were found to go wrong; NULL: of none */
	long also;          /* the same of one call for memory; below 0: counted from the last */
	int whole;          /* wait status where nothing fails; 0: exit 0 or 1 */
	int statuses[4];    /* allowed beside 0 to 3 and that of the whole run; 0: no more */
	bool own_statuses;  /* 0 to 3 would be another program's */
	void (*prepare)(const struct shortage *);     /* before each run; NULL: nothing to do */
	void (*check)(const struct shortage_trial *); /* after each run, beside what holds of all; NULL: nothing more */
};

void shortage_try(const struct shortage *shortage);

#endif
