/*
 * redact_command.h - passwords that commands take as arguments, where their names do not say so: mysql -pSECRET, curl -u user:SECRET.
 *
 * Pure. The names of commands and what their options take are those of their manuals.
 */
#ifndef TTLOG_FORMAT_REDACT_COMMAND_H
#define TTLOG_FORMAT_REDACT_COMMAND_H

#include "redact_builtin.h"

/* A word that is the command itself, or the path of its file: "mysql", "/usr/bin/mysql". */
bool secret_is_command(const char *word, size_t bytes);

struct command_word {
	const char *data;
	size_t bytes;
};

/*
 * The secret in `word`, an argument of `command`; `before` is the argument in front of it, bytes 0: none. False: there is none.
 */
bool secret_in_argument(const struct command_word *command, const struct command_word *before, const struct command_word *word,
			struct secret *secret);

/* The same in the middle of a text: at `at` a word begins, behind a blank. The secret's place is in the text. */
bool secret_in_command_line(const char *text, size_t bytes, size_t at, struct secret *secret);

#endif
