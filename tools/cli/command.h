/*
 * command.h - the subcommands of `ttlog`: one table, one way to parse options, one way to fail.
 *
 * An error is one line on standard error, `ttlog COMMAND: SUBJECT: what is wrong`, and one of the exit codes below.
 */
#ifndef TTLOG_CLI_COMMAND_H
#define TTLOG_CLI_COMMAND_H

#include <getopt.h>
#include <stddef.h>

enum command_exit {
	COMMAND_DONE = 0,
	COMMAND_NOTHING = 1, /* nothing found, or not to be written */
	COMMAND_USAGE = 2,   /* also: no memory */
	COMMAND_BAD_FILE = 3,
	COMMAND_FOUND = 4, /* of collect: deaths that --fail-on is about */
};

/* What the arguments behind the options are, for completion. */
enum command_operands {
	COMMAND_TAKES_NOTHING,
	COMMAND_TAKES_FILES,
	COMMAND_TAKES_DIRECTORY,
	COMMAND_TAKES_PROCESS,
	COMMAND_TAKES_PROGRAM,
	COMMAND_TAKES_COMMAND, /* of ttlog */
	COMMAND_TAKES_SHELL,
};

struct command {
	const char *name;
	const char *summary;               /* one line of `ttlog help` */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
	const struct option *options;      /* as for command_option(); NULL: --help only */
	enum command_operands operands;
	const char *verbs; /* one of which is the first argument, the operands stand behind it; NULL: there are none */
	const char *help;  /* text of --help */
};

extern const struct command command_view, command_ls, command_recover, command_run, command_level, command_env, command_symbolize,
	command_html, command_tail, command_ps, command_snapshot, command_grep, command_top, command_stats, command_diff,
	command_completion, command_tui, command_collect, command_db, command_help;

/* NULL for a name that is none. */
const struct command *command_find(const char *name);

/* All of them, in the order of the overview, and after the last NULL. */
const struct command *command_at(size_t i);

/* Prints the error and returns `status`. */
__attribute__((format(printf, 3, 4))) int command_error(const struct command *command, int status, const char *format, ...);

/*
 * The next option: `val` of the entry in `options`, OPTION_END before the first argument that is none, OPTION_HELP after --help
 * was answered, OPTION_BAD after the error was printed. `options` must not hold --help. With `stop_early` the first argument
 * that is no option ends the options (`run`: what follows belongs to CMD). A row whose name is one letter is `-x`, too. At most
 * 62 rows.
 */
enum { OPTION_END = -1, OPTION_HELP = -2, OPTION_BAD = -3 };
int command_option(const struct command *command, int argc, char **argv, const struct option *options, int stop_early);

#endif
