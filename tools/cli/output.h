/*
 * output.h - where a command's text goes: a file, a pager, or standard output; and whether it got there.
 *
 * A file appears whole or not at all; a device or a pipe is written into. A pager is started as git and journalctl do it: only where
 * standard output is a terminal; $TTLOG_PAGER, else $PAGER, else less with FRSX (which ends by itself where one screen is enough);
 * empty or "cat" is none. Whoever leaves it early has seen enough: that is no error. Single-threaded.
 */
#ifndef TTLOG_CLI_OUTPUT_H
#define TTLOG_CLI_OUTPUT_H

#include "command.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct output {
	FILE *stream;
	const char *path;     /* of the file; NULL: none */
	char place[PATH_MAX]; /* where it gets that name (unfinished.h) */
	bool is_nothing;      /* set by the command: there was nothing to write, and the file stays as it was */
	char temporary[PATH_MAX];
	pid_t pager; /* 0: none */
	char pager_command[256];
};

/* `path`: NULL or "-" is standard output. COMMAND_DONE, or the exit status after the error was printed. */
int output_open(const struct command *command, struct output *output, const char *path, bool may_page);

/* True: nobody reads on, or nothing can be written; there is no sense in going on. */
bool output_is_over(const struct output *output);

/* Waits for the pager. Returns `status`, or that of a failure to write, which it prints. */
int output_close(const struct command *command, struct output *output, int status);

#endif
