#include "command.h"

#include "manual.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
	&command_run, &command_view, &command_tui, &command_ls, &command_tail, &command_ps, &command_snapshot, &command_grep, &command_diff,
	&command_top, &command_stats, &command_recover, &command_html, &command_symbolize, &command_level, &command_env,
	&command_completion, &command_help,
};

#define OPTIONS_MAX 62u /* of one command, without --help */

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

int command_error(const struct command *command, int status, const char *format, ...)
{
	char text[8192];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(stderr, "ttlog%s%s: %s\n", command ? " " : "", command ? command->name : "", text);
	return status;
}

static int bad_option(const struct command *command, const char *option, const char *what)
{
	command_error(command, 0, "%s: %s; see `ttlog %s --help`", option, what, command->name);
	return OPTION_BAD;
}

/* getopt reports `-x` of a cluster by letter and long options by position. */
static const char *failed_option(char **argv, char letter[3])
{
	const char *argument = argv[optind - 1];

	if (!strncmp(argument, "--", 2) || !optopt)
		return argument;
	letter[0] = '-';
	letter[1] = (char)optopt;
	letter[2] = '\0';
	return letter;
}

/* --json=1: the name is known, so what is wrong is the argument. */
static int takes_no_argument(const struct option *options, const char *argument)
{
	const char *equals = strchr(argument, '=');

	for (; equals && options->name; options++) {
		if (!strncmp(options->name, argument + 2, (size_t)(equals - argument - 2)) && options->has_arg == no_argument)
			return 1;
	}
	return 0;
}

/* The letters of rows whose name is one, as getopt(3) wants them. */
static void add_letters(char letters[2 * OPTIONS_MAX + 4], const struct option *options)
{
	size_t used = strlen(letters);

	for (; options->name; options++) {
		if (options->name[1])
			continue;
		letters[used++] = options->name[0];
		if (options->has_arg == required_argument)
			letters[used++] = ':';
	}
	letters[used] = '\0';
}

/* What a row stands for, where getopt answers with its letter. */
static int value_of_letter(const struct option *options, int option)
{
	for (; options->name; options++) {
		if (options->name[0] == option && !options->name[1])
			return options->val;
	}
	return option;
}

int command_option(const struct command *command, int argc, char **argv, const struct option *options, int stop_early)
{
	struct option with_help[OPTIONS_MAX + 2] = {{"help", no_argument, NULL, 'h'}};
	char letters[2 * OPTIONS_MAX + 4], letter[3];
	int option, place = -1;

	for (size_t i = 0; i < OPTIONS_MAX && options[i].name; i++)
		with_help[i + 1] = options[i];
	strcpy(letters, stop_early ? "+:h" : ":h");
	add_letters(letters, with_help + 1);
	opterr = 0;
	option = getopt_long(argc, argv, letters, with_help, &place);
	switch (option) {
	case 'h':
		printf("%s", command->help);
		return OPTION_HELP;
	case ':':
		return bad_option(command, argv[optind - 1], "needs an argument");
	case '?':
		if (takes_no_argument(options, argv[optind - 1]))
			return bad_option(command, argv[optind - 1], "takes no argument");
		return bad_option(command, failed_option(argv, letter), "unknown option");
	default:
		return place < 0 ? value_of_letter(with_help + 1, option) : option;
	}
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
	fprintf(out, "\nExit codes: 0 done, 1 nothing found or CMD failed, 2 bad usage, 3 bad input file.\n");
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
		return command_error(&command_help, COMMAND_USAGE, "%s: no such command", argv[optind]);
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
		"Without COMMAND: what commands there are. On a terminal the manual page of COMMAND, where it is installed; else its --help.\n\n"
		"Examples:\n"
		"  ttlog help\n"
		"  ttlog help run\n",
};
