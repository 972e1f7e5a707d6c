/*
 * inputs.h - the files that the arguments of a command over many snapshots stand for: a directory for all snapshots in it.
 *
 * What else was named (a file, a process, - for standard input) stays as it was said and is for target_open(). Single-threaded.
 */
#ifndef TTLOG_CLI_INPUTS_H
#define TTLOG_CLI_INPUTS_H

#include "command.h"

#include <stddef.h>

#define INPUTS_DIRECTORY "./tmp" /* where nothing is named */

struct inputs {
	char **names; /* those of a directory oldest first */
	size_t count, room;
	int status; /* the worst of what was named and could not be opened; it was said */
};

/* COMMAND_DONE, or the exit status after the error was printed, where there is nothing to look at. Close it either way. */
int inputs_open(const struct command *command, struct inputs *inputs, char **names, int count);
void inputs_close(struct inputs *inputs);

#endif
