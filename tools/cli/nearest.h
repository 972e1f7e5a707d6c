/*
 * nearest.h - the command that somebody meant who mistyped its name. Single-threaded.
 */
#ifndef TTLOG_CLI_NEAREST_H
#define TTLOG_CLI_NEAREST_H

#include "command.h"

/* NULL: no command's name is `name` but for two letters that are missing, too many, wrong or in each other's place. */
const struct command *command_nearest(const char *name);

#endif
