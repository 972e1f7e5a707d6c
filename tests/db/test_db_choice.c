/* ttlog db: which deaths are asked for, in which database, and what is said to who asks for none. */
#include "deaths.h"
#include "index.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(db_choice, .init = place_init, .fini = place_fini, .timeout = 200);

static void add_three(void)
{
	const char *deaths = place_directory();
	death_write(deaths, (struct death){.pid = 1, .function = "first"});
	death_write(deaths, (struct death){.pid = 2, .function = "second", .service = "stock"});
	death_write(deaths, (struct death){.pid = 3, .function = "third", .reason = "SIGABRT"});
	index_ends(DB("add", deaths), DONE, "3 added to ");
}

/* So many of them, and the one of this pid. */
static void expect_found(unsigned count, unsigned pid, const char *const *arguments)
{
	const struct outcome outcome = index_run(arguments);
	unsigned lines = 0;
	for (const char *at = outcome.out.data; (at = strchr(at, '\n')); at++)
		lines++;
	cr_assert(lines == count && (!pid || strstr(outcome.out.data, text_of("\"pid\": %u", pid))), "%s %s: %s%s", arguments[2],
		  arguments[3], outcome.out.data, outcome.err.data);
	cr_assert(WEXITSTATUS(outcome.status) == (count ? DONE : NOTHING));
}
#define FOUND(count, pid, ...) expect_found(count, pid, LIST("query", "--json", __VA_ARGS__))

static void which(void)
{
	add_three();
	FOUND(3, 1, "--host", "host");
	FOUND(0, 0, "--host", "hos");
	FOUND(1, 2, "--service", "stock");
	FOUND(1, 3, "--reason", "SIGABRT");
	FOUND(1, 1, "--reason", "SIGSEGV", "--service", "shop");
	/* As groups shows it, as people read it out, and only its beginning. */
	char whole[256];
	snprintf(whole, sizeof(whole), "%s", index_query("SELECT fingerprint FROM ttlog_crashes WHERE pid = 2"));
	const char *read_out = strchr(whole, ':') + 1;
	FOUND(1, 2, "--group", whole);
	FOUND(1, 2, "--group", read_out);
	FOUND(1, 2, "--group", text_of("%.8s", read_out));
	FOUND(0, 0, "--group", text_of("%sf", whole));
	FOUND(0, 0, "--group", text_of("9%s", whole));
	FOUND(0, 0, "--group", "%");
}

Test(db_choice, sqlite)
{
	index_begin_sqlite();
	which();
}

Test(db_choice, postgresql)
{
	index_begin_postgresql("UTF8");
	which();
	index_end();
}

static struct outcome with(const char *const *environment, const char *deaths)
{
	return process_run(&(struct process_setup){.argv = LIST(TTLOG, "db", "add", deaths), .environment = environment});
}

/* Where nobody says which: one for each user, made with its directory. */
Test(db_choice, default_database)
{
	const char *deaths = deaths_write(1, 1, 1), *home = place_directory(), *data = place_directory();
	index_begin_sqlite(); /* skips where there is none */
	index_ends(with(LIST("TTLOG_DB", "XDG_DATA_HOME", text_of("HOME=%s", home)), deaths), DONE,
		   text_of("1 added to %s/.local/share/ttlog/crashes.db", home));
	index_ends(with(LIST("TTLOG_DB=", text_of("XDG_DATA_HOME=%s", data), text_of("HOME=%s", home)), deaths), DONE,
		   text_of("1 added to %s/ttlog/crashes.db", data));
	index_ends(with(LIST("TTLOG_DB", "XDG_DATA_HOME=not/absolute", text_of("HOME=%s", home)), deaths), DONE, "0 added to ");
	index_ends(with(LIST("TTLOG_DB", "XDG_DATA_HOME", "HOME"), deaths), USAGE, "no database: neither --db nor TTLOG_DB");
	cr_assert(access(text_of("%s/ttlog/crashes.db", data), R_OK) == 0);
}

Test(db_choice, usage)
{
	index_begin_sqlite();
	static const char *const wrong[][4] = {
		{"--limit many: not a number in its range", "query", "--limit", "many"},
		{"--limit 1000000000001: not a number in its range", "query", "--limit", "1000000000001"},
		{"--wait 2d: not a time of at most a day", "query", "--wait", "2d"},
		{"--since yesterday", "query", "--since", "yesterday"},
		{"--format html: none of text json markdown", "query", "--format", "html"},
		{"--service \"\": empty", "query", "--service", ""},
		{"--keep-days: not an option of `query`", "query", "--keep-days", "3"},
		{"--build: not an option of `prune`", "prune", "--build", "3"},
		{"tmp: `groups` takes no file", "groups", "tmp", NULL},
		{"count: none of add query groups report prune", "count", NULL, NULL},
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct outcome outcome = index_run(LIST(wrong[i][1], wrong[i][2], wrong[i][3]));
		cr_expect(WEXITSTATUS(outcome.status) == USAGE && strstr(outcome.err.data, wrong[i][0]), "%s", outcome.err.data);
	}
	const struct outcome outcome = DB("query", "--host", text_of("%0257d", 0));
	expect_error_at(HERE, &outcome, USAGE, "too long, 256 bytes at most");
}
