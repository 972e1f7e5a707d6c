/* ttlog db on a machine that has run out of something (shortage_trial.h). */
#include "deaths.h"
#include "index.h"
#include "shortage_trial.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void end(void)
{
	index_end();
	place_fini();
}

TestSuite(shortage_db, .init = place_init, .fini = end, .timeout = 864000);

enum { UNAVAILABLE = 5, DEATHS = 4 };

static const char *deaths;

/* The same command adds the rest when there is enough again. */
static void expect_rest_added(const struct shortage_trial *trial)
{
	char url[1024];
	snprintf(url, sizeof(url), "%s/out.db", trial->directory);
	const struct outcome again = ttlog(LIST("db", "--db", url, "--build", "b1", "add", deaths));
	cr_assert(again.status == 0, "%s: then: %s%s", trial->about, again.err.data, again.out.data);
	const struct outcome all = ttlog(LIST("db", "--db", url, "query", "--json"));
	size_t rows = 0;
	for (const char *at = all.out.data; (at = strchr(at, '\n')); at++)
		rows++;
	cr_expect(rows == DEATHS, "%s: then %zu rows", trial->about, rows);
}

Test(shortage_db, add)
{
	index_begin_sqlite(); /* is there a ttlog-db? */
	deaths = deaths_write(DEATHS, 2, 1);
	shortage_try(&(struct shortage){.name = "add",
					.program = "ttlog-db",
					.words = LIST(TTLOG, "db", "--db", "out.db", "--build", "b1", "add", deaths),
					.output = SHORTAGE_VARIES,
					.statuses = {UNAVAILABLE},
					.check = expect_rest_added});
}

static void try_filled(const char *name, const char *program, const char *const *words)
{
	shortage_try(&(struct shortage){.name = name, .program = program, .words = words, .statuses = {UNAVAILABLE, NOT_FOUND}});
}

static void fill(void)
{
	index_ends(DB("--build", "b1", "add", deaths_write(DEATHS, 2, 1)), DONE, "4 added");
	index_ends(DB("--build", "b2", "add", deaths_write(DEATHS, 3, 100)), DONE, "4 added");
}

#define FILLED(name, begin, program, ...)                                                                                          \
	Test(shortage_db, name)                                                                                                    \
	{                                                                                                                          \
		begin;                                                                                                             \
		fill();                                                                                                            \
		try_filled(#name, program, LIST(TTLOG, "db", "--db", index_url(), __VA_ARGS__));                                   \
	}

FILLED(query, index_begin_sqlite(), "ttlog-db", "query", "--json")
FILLED(groups, index_begin_sqlite(), "ttlog-db", "groups")
FILLED(report, index_begin_sqlite(), "ttlog-db", "report")
FILLED(prune, index_begin_sqlite(), "ttlog-db", "prune", "--keep-days", "36500")
FILLED(start, index_begin_sqlite(), "ttlog", "query")
FILLED(postgresql, index_begin_postgresql("UTF8"), "ttlog-db", "--wait", "300ms", "report")
