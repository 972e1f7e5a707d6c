#include "memcheck.h"

#include "process.h"
#include "text.h"

#include <criterion/criterion.h>
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
static size_t put_valgrind(const char **command, const char *reports)
{
	size_t count = 0;
	command[count++] = "valgrind";
	command[count++] = "--quiet";
	command[count++] = "--vgdb=no"; /* whose pipes stay where it is killed */
	command[count++] = "--suppressions=" SOURCE_DIR "/tests/harness/memcheck.supp";
	command[count++] = "--leak-check=full";
	command[count++] = "--show-leak-kinds=definite";
	command[count++] = text_of("--log-file=%s/report.%%p", reports);
	return count;
}

const char *const *memcheck_command(const char *const *argv)
{
	const char *const reports = getenv("TTLOG_MEMCHECK");
	if (!reports || !is_tool(argv[0]))
		return argv;
	size_t count = 0;
	while (argv[count])
		count++;
	const char **command = calloc(count + 10, sizeof(*command));
	cr_assert(command != NULL);
	size_t before = put_valgrind(command, reports);
	/* The only other program that is run without an end of its own: ttlog-db by ttlog. */
	if (argv[1] && strcmp(argv[1], "db") == 0)
		command[before++] = "--trace-children=yes";
	memcpy(command + before, argv, count * sizeof(*argv));
	return command;
}

const char *memcheck_line(const char *line)
{
	const char *const reports = getenv("TTLOG_MEMCHECK"), *at = strstr(line, TTLOG " "), *words[10];
	if (!reports || !at)
		return line;
	const size_t count = put_valgrind(words, reports);
	const char *result = text_of("%.*s", (int)(at - line), line);
	for (size_t i = 0; i < count; i++)
		result = text_of("%s%s ", result, words[i]);
	return text_of("%s%s", result, at);
}
