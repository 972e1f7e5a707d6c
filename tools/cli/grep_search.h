/*
 * grep_search.h - one file of `ttlog grep`: its lines that match, with those around them, on standard output.
 *
 * Lines, not pieces: what a program wrote in pieces is joined before it is looked at. Single-threaded.
 */
#ifndef TTLOG_CLI_GREP_SEARCH_H
#define TTLOG_CLI_GREP_SEARCH_H

#include "command.h"
#include "event_time.h"
#include "filter.h"

#include <stdbool.h>
#include <stddef.h>

extern const struct command command_grep;

enum grep_show { GREP_ROWS, GREP_JSON, GREP_COUNT, GREP_NAMES, GREP_NOTHING };

struct grep_options {
	struct filter *filter; /* ready */
	enum grep_show show;
	enum event_time time;
	bool names;           /* rows begin with that of their file */
	size_t before, after; /* lines of context */
	size_t most;          /* matches in each file */
};

/* The exit status: found, nothing found, or bad file, which was said; what could be read of it was searched. */
int grep_search(const struct grep_options *options, const char *name);

#endif
