#include "command.h"
#include "variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct variable {
	const char *name, *preset, *unit, *meaning;
};

#define ROW(NAME, kind, preset, unit, meaning) {"TTLOG_" #NAME, preset, unit, meaning},
static const struct variable variables[] = {TTLOG_VARIABLES(ROW)};

/* The value in force, where it comes from, and what it does. */
static void print_row(const struct variable *variable)
{
	const char *value = getenv(variable->name);
	const char *unit = *variable->unit ? variable->unit : "text";
	struct variables checked;

	variables_default(&checked);
	if (!value)
		printf("%-22s  %s  (default; %s)\n", variable->name, variable->preset, unit);
	else if (variables_set(&checked, variable->name + strlen("TTLOG_"), value) == 0)
		printf("%-22s  %s  (set here; default %s; %s)\n", variable->name, value, variable->preset, unit);
	else
		printf("%-22s  %s  (default, because '%s' is set here, which is no value; %s)\n", variable->name, variable->preset,
		       value, unit);
	printf("%-22s  %s\n", "", variable->meaning);
}

static int run_env(int argc, char **argv)
{
	static const struct option none[] = {{NULL, 0, NULL, 0}};
	int option = command_option(&command_env, argc, argv, none, 0);

	if (option == OPTION_HELP)
		return COMMAND_DONE;
	if (option == OPTION_BAD)
		return COMMAND_USAGE;
	if (optind != argc)
		return command_error(&command_env, COMMAND_USAGE, "%s: no argument expected; see `ttlog env --help`", argv[optind]);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		print_row(&variables[i]);
	return COMMAND_DONE;
}

const struct command command_env = {
	.name = "env",
	.summary = "the TTLOG_ variables: what is set, defaults, meaning",
	.run = run_env,
	.help = "usage: ttlog env\n\n"
		"Prints every environment variable the agent reads: its value here, its default\n"
		"and unit, and what it does.\n\n"
		"Examples:\n"
		"  ttlog env\n"
		"  TTLOG_LEVEL=debug ttlog env | grep -A2 LEVEL\n",
};
