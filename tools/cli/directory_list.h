/*
 * directory_list.h - the directories of an option that may be repeated, --debug-dir or --source-dir: those that are there.
 */
#ifndef TTLOG_CLI_DIRECTORY_LIST_H
#define TTLOG_CLI_DIRECTORY_LIST_H

#include "command.h"

enum { DIRECTORY_LIST_MAX = 16 };

/* All zero: empty. */
struct directory_list {
	const char *names[DIRECTORY_LIST_MAX + 1]; /* NULL-terminated; the caller's */
	size_t count;
};

/* `name` has to live as long as the list. COMMAND_DONE; or COMMAND_USAGE, and what is wrong with it was printed. */
int directory_list_add(const struct command *command, struct directory_list *list, const char *option, const char *name);

#endif
