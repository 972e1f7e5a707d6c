/*
 * Every function that the agent interposes, called in every surrounding, with and without the agent: values, errno, output and wait status
 * are the same. programs/hooks/ is the table; the agent's export list is held against it.
 */
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(hooks, .init = place_init, .fini = place_fini, .timeout = 100);

static char *read_report(const char *path)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *file = fopen(path, "r");
	cr_assert(file != NULL, "%s: no report", path);
	cr_assert(getdelim(&text, &bytes, 0, file) > 0, "%s: empty", path);
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
		cr_assert(line[0] && line[1] ? strcmp(line[0], line[1]) == 0 : line[0] == line[1],
			  "%s: \"%s\" and with the agent \"%s\"", where, line[0], line[1]);
	} while (line[0]);
}

/* One row of the report: its calls. */
struct row {
	char name[64], takes[16];
	unsigned calls, waited, nulls, counts;
};

static bool begins_row(const char *line, struct row *row)
{
	*row = (struct row){.calls = 0};
	return sscanf(line, "# %63s %15s", row->name, row->takes) == 2;
}

/* The text of a call ends where its result begins. */
static bool tries(const char *line, const char *what)
{
	const char *found = strstr(line, what), *result = strstr(line, " = ");
	return found && (!result || found < result || strstr(found, " = ") != NULL);
}

/* Not what runs calls: "alone: ...", "vfork: ...". */
static bool is_call(const char *line)
{
	return strncmp(line, "alone:", 6) != 0 && strncmp(line, "vfork:", 6) != 0 && *line;
}

static void count_call(struct row *row, const char *line)
{
	row->calls += is_call(line);
	row->waited += strstr(line, ", waited") != NULL;
	row->nulls += tries(line, "NULL");
	row->counts += tries(line, "%n");
}

typedef void see_row(const char *where, const struct row *row);

static void for_each_row(const char *where, char *report, see_row *see)
{
	struct row row = {.calls = 0}, next;
	for (char *line = strsep(&report, "\n"); line; line = strsep(&report, "\n")) {
		if (!begins_row(line, &next)) {
			count_call(&row, line);
			continue;
		}
		if (row.name[0])
			see(where, &row);
		row = next;
	}
	see(where, &row);
}

/* A line for `make hooks`, which makes a table of all of them. */
static void note_row(const char *where, const struct row *row)
{
	FILE *file = fopen(getenv("TTLOG_HOOKS_TABLE"), "a");
	cr_assert(file != NULL);
	fprintf(file, "%s\t%s\t%s\t%u\t%u\t%u\t%u\n", row->name, row->takes, where, row->calls, row->waited, row->nulls,
		row->counts);
	fclose(file);
}

static char *compare(const char *where, const char *orientation)
{
	struct outcome outcomes[2];
	char *reports[2];
	for (int agent = 0; agent < 2; agent++) {
		const char *path = place_path(agent ? "agent.report" : "plain.report");
		outcomes[agent] = process_run(&(struct process_setup){.argv = LIST(PROGRAM("hooks"), where, path, orientation),
								      .agent = agent,
								      .environment = LIST("TTLOG_QUIET=1")});
		if (!agent &&
		    WIFSIGNALED(outcomes[0].status)) /* glibc 2.31 prints no floating-point numbers before its own beginning */
			cr_skip_test("%s: %s without the agent", where, status_text(outcomes[0].status));
		cr_assert(outcomes[agent].status == 0, "%s", status_text(outcomes[agent].status));
		reports[agent] = read_report(path);
	}
	char *seen = strdup(reports[1]);
	expect_same_report(where, reports[0], reports[1]);
	expect_same(outcomes[0], outcomes[1]);
	return seen;
}

/* Both ways: a stream is of bytes or wide, and refuses the functions of the other kind. */
static void check(const char *where)
{
	char *bytes = compare(where, NULL), *wide = compare(where, "wide");
	if (getenv("TTLOG_HOOKS_TABLE")) {
		for_each_row(where, bytes, note_row);
		for_each_row(where, wide, note_row);
	}
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
WHERE(pipe)
WHERE(locked)
WHERE(held)
WHERE(threads)

Test(hooks, all_exports_are_in_the_table)
{
	static const char script[] =
		"nm -D --defined-only \"$0\" | awk '$2 != \"A\" {print $3}' | sed 's,@.*,,' | LC_ALL=C sort >exported; "
		"\"$1\" list | LC_ALL=C sort >tried; diff exported tried";
	const struct outcome difference = process_run(
		&(struct process_setup){.argv = LIST("/bin/sh", "-c", script, AGENT, PROGRAM("hooks"))});
	cr_assert(difference.status == 0, "%s%s", difference.out.data, difference.err.data);
}

static void expect_complete(const char *where, const struct row *row)
{
	const bool format = strcmp(row->takes, "format") == 0, pointer = format || strcmp(row->takes, "pointer") == 0;
	cr_expect(row->calls > 0, "%s: %s is not called", where, row->name);
	cr_expect(!pointer || row->nulls > 0, "%s is not called with NULL", row->name);
	cr_expect(!format || row->counts > 0, "%s is not called with %%n", row->name);
}

Test(hooks, each_row_tries_what_its_function_takes)
{
	const char *path = place_path("report");
	process_run(&(struct process_setup){.argv = LIST(PROGRAM("hooks"), "main", path)});
	for_each_row("main", read_report(path), expect_complete);
}

/* What the surrounding is there for happens: who takes a stream's lock waits for it, who takes none does not. */
static void expect_wait(const char *where, const struct row *row)
{
	cr_expect(strcmp(row->name, "fputs") != 0 || row->waited > 0, "%s: fputs(3) found the lock free", where);
	cr_expect(strcmp(row->name, "fputs_unlocked") != 0 || row->waited == 0, "%s: fputs_unlocked(3) waited", where);
}

Test(hooks, locks_of_others_are_waited_for)
{
	const char *path = place_path("report");
	process_run(&(struct process_setup){.argv = LIST(PROGRAM("hooks"), "held", path)});
	for_each_row("held", read_report(path), expect_wait);
}
