#include "command.h"

#include "manual.h"

#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
	&command_run,  &command_view,      &command_tui,   &command_ls,    &command_tail,       &command_ps,   &command_snapshot,
	&command_grep, &command_diff,      &command_top,   &command_stats, &command_collect,    &command_db,   &command_recover,
	&command_html, &command_symbolize, &command_level, &command_env,   &command_completion, &command_help,
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

const struct command *command_at(size_t i)
{
	return i < COMMANDS ? commands[i] : NULL;
}

/* help ------------------------------------------------------------------------------------------------------------------------ */

static void print_overview(FILE *out)
{
	fprintf(out, "ttlog - flight recorder for unmodified programs\n\n"
		     "  ttlog run -- ./program ARGS   run it; when it dies, one file in ./tmp says why\n"
		     "  ttlog view tmp                read the newest one\n\n"
		     "Commands (each answers --help with examples):\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "\nExit codes: 0 done, 1 nothing found or not written, 2 bad usage or no memory,\n"
		     "3 an input cannot be read (bad, not there, no memory for it), 4 (collect) what\n"
		     "--fail-on is about, 5 (db) no database; of run: CMD's, 125 run itself failed.\n");
}

static int run_help(int argc, char **argv)
{
	static const struct option none[] = {{NULL, 0, NULL, 0}};
	const struct command *command;
	int option = command_option(&command_help, argc, argv, none, 0);

	if (option == OPTION_HELP)
		return COMMAND_DONE;
	if (option == OPTION_BAD)
		return COMMAND_USAGE;
	if (optind == argc) {
		print_overview(stdout);
		return COMMAND_DONE;
	}
	command = command_find(argv[optind]);
	if (!command)
		return command_error(&command_help, COMMAND_USAGE, "%s: no such command; see `ttlog help`", argv[optind]);
	manual_show(command->name);
	printf("%s", command->help);
	return COMMAND_DONE;
}

const struct command command_help = {
	.name = "help",
	.summary = "this overview, or the manual page of a command",
	.run = run_help,
	.operands = COMMAND_TAKES_COMMAND,
	.help = "usage: ttlog help [COMMAND]\n\n"
		"Without COMMAND: what commands there are. On a terminal the manual page of\n"
		"COMMAND, where it is installed; else its --help.\n\n"
		"Examples:\n"
		"  ttlog help\n"
		"  ttlog help run\n",
};
