/*
 * completion.h - what shells complete: words for the arguments of options, and a line about each option.
 *
 * Options and commands come from the tables that the commands parse with, descriptions from the text of --help: nothing can drift.
 */
#ifndef TTLOG_CLI_COMPLETION_H
#define TTLOG_CLI_COMPLETION_H

#include "command.h"

#include <stdbool.h>
#include <stddef.h>

extern const struct command command_completion;

enum completion_kind { COMPLETE_NOTHING, COMPLETE_WORDS, COMPLETE_FILE, COMPLETE_DIRECTORY };

/* The argument of that option; *words (may be NULL) are separated by blanks. */
enum completion_kind completion_values(const struct command *command, const char *option, const char **words);

#define COMPLETION_TEXT_BYTES 120u
/* What --help says of the option in its first line; "" where it says nothing. Without quotes, brackets and the like. */
void completion_text(const struct command *command, const char *option, char text[COMPLETION_TEXT_BYTES]);

#endif
