#include "memcheck.h"

#include "process.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const tools[] = {TTLOG, CAPTURE, BUILT("ttlog-db")};

static bool is_tool(const char *path)
{
	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++)
		if (strcmp(path, tools[i]) == 0)
			return true;
	return false;
}

/* What it finds it writes into its reports: a suite looks at all that is printed, and at the exit status. */
const char *const *memcheck_command(const char *const *argv)
{
	const char *const reports = getenv("TTLOG_MEMCHECK");
	if (!reports || !is_tool(argv[0]))
		return argv;
	size_t count = 0, before = 0;
	while (argv[count])
		count++;
	char *log = NULL;
	cr_assert(asprintf(&log, "--log-file=%s/report.%%p", reports) > 0);
	const char **command = calloc(count + 9, sizeof(*command));
	cr_assert(command != NULL);
	command[before++] = "valgrind";
	command[before++] = "--quiet";
	command[before++] = "--vgdb=no"; /* whose pipes stay where it is killed */
	command[before++] = "--suppressions=" SOURCE_DIR "/tests/harness/memcheck.supp";
	command[before++] = "--leak-check=full";
	command[before++] = "--show-leak-kinds=definite";
	command[before++] = log;
	/* The only other program that is run without an end of its own: ttlog-db by ttlog. */
	if (argv[1] && strcmp(argv[1], "db") == 0)
		command[before++] = "--trace-children=yes";
	memcpy(command + before, argv, count * sizeof(*argv));
	return command;
}

unsigned memcheck_slowness(void)
{
	return getenv("TTLOG_MEMCHECK") ? 20 : 1;
}
