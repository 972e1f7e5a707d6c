/*
 * Every function that the agent interposes, called in every surrounding, with and without the agent: values, errno, output and wait status
 * are the same. programs/hooks/ is the table; the agent's export list is held against it.
 */
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(hooks, .init = place_init, .fini = place_fini, .timeout = 100);

static char *read_report(const char *path)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *file = fopen(path, "r");
	cr_assert(file != NULL, "%s: no report", path);
	cr_assert(getdelim(&text, &bytes, 0, file) > 0);
	fclose(file);
	return text;
}

/* The line in which they differ first. */
static void expect_same_report(const char *where, char *plain, char *agent)
{
	char *rest[2] = {plain, agent}, *line[2];
	do {
		for (int i = 0; i < 2; i++)
			line[i] = strsep(&rest[i], "\n");
		cr_assert(line[0] && line[1] ? strcmp(line[0], line[1]) == 0 : line[0] == line[1], "%s: \"%s\" and with the agent \"%s\"",
			  where, line[0], line[1]);
	} while (line[0]);
}

static void check(const char *where)
{
	struct outcome outcomes[2];
	char *reports[2];
	for (int agent = 0; agent < 2; agent++) {
		const char *path = place_path(agent ? "agent.report" : "plain.report");
		outcomes[agent] = process_run(&(struct process_setup){
			.argv = LIST(PROGRAM("hooks"), where, path), .agent = agent, .environment = LIST("TTLOG_QUIET=1")});
		reports[agent] = read_report(path);
	}
	expect_same_report(where, reports[0], reports[1]);
	expect_same(outcomes[0], outcomes[1]);
	cr_assert(outcomes[0].status == 0, "%s", status_text(outcomes[0].status));
}

#define WHERE(name)                                                                                                                \
	Test(hooks, name)                                                                                                          \
	{                                                                                                                          \
		check(#name);                                                                                                      \
	}

WHERE(main)
WHERE(early)
WHERE(late)
WHERE(handler)
WHERE(vfork)
WHERE(closed)
WHERE(full)
WHERE(wide)
WHERE(locked)
WHERE(threads)
WHERE(pipe)

Test(hooks, all_exports_are_in_the_table)
{
	static const char script[] = "nm -D --defined-only \"$0\" | awk '{print $3}' | LC_ALL=C sort >exported; "
				     "\"$1\" list | LC_ALL=C sort >tried; diff exported tried";
	const struct outcome difference =
		process_run(&(struct process_setup){.argv = LIST("/bin/sh", "-c", script, AGENT, PROGRAM("hooks"))});
	cr_assert(difference.status == 0, "%s%s", difference.out.data, difference.err.data);
}
