#include "command.h"
#include "terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_MAX 62u /* of one command, without --help */

int command_error(const struct command *command, int status, const char *format, ...)
{
	char text[8192], clean[8 * sizeof(text)]; /* the name of a file may hold anything */
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(stderr, "ttlog%s%s: %s\n", command ? " " : "", command ? command->name : "",
		terminal_clean(clean, sizeof(clean), text));
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
