#include "command.h"
#include "variables.h"

#include <stdio.h>
#include <stdlib.h>

struct variable {
	const char *name, *preset, *unit, *meaning;
};

#define ROW(NAME, kind, preset, unit, meaning) {"TTLOG_" #NAME, preset, unit, meaning},
static const struct variable variables[] = {TTLOG_VARIABLES(ROW)};

/* Two lines each: the meanings are sentences, and the longest default fills half a line. */
static void print_row(const struct variable *variable)
{
	const char *value = getenv(variable->name);
	int columns = value ? printf("%s=%s", variable->name, value) : printf("%s (not set)", variable->name);

	printf("%*s  default %s%s%s\n", columns < 36 ? 36 - columns : 0, "", variable->preset, *variable->unit ? " " : "",
	       variable->unit);
	printf("    %s\n", variable->meaning);
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
		return command_error(&command_env, COMMAND_USAGE, "%s: no argument expected", argv[optind]);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		print_row(&variables[i]);
	return COMMAND_DONE;
}

const struct command command_env = {
	.name = "env",
	.summary = "the TTLOG_ variables: what is set, defaults, meaning",
	.run = run_env,
	.help = "usage: ttlog env\n\n"
		"Prints every environment variable the agent reads: its value here, its default and unit, and what it does.\n\n"
		"Examples:\n"
		"  ttlog env\n"
		"  TTLOG_LEVEL=debug ttlog env | grep -A2 LEVEL\n",
};
