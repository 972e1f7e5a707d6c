/*
 * What looks at many snapshots at once, or at two: ttlog grep, top, stats, diff.
 */
#include "command.h"
#include "sample.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(many, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct snapshot_event events[] = {
	SAMPLE_EVENT(5000, LEVEL_INFO, SOURCE_STDOUT, 100, "user 17 came\n"),
	SAMPLE_EVENT(4000, LEVEL_INFO, SOURCE_STDOUT, 101, "user 18 "),
	SAMPLE_EVENT(3900, LEVEL_INFO, SOURCE_STDOUT, 101, "came\n"),
	SAMPLE_EVENT(3000, LEVEL_WARN, SOURCE_STDERR, 100, "slow: 'x'\n"),
	SAMPLE_EVENT(2000, LEVEL_INFO, SOURCE_STDOUT, 100, "between\n"),
	SAMPLE_EVENT(1000, LEVEL_ERROR, SOURCE_STDERR, 101, "broken\n"),
};

static const char *write_sample(void)
{
	return sample_write(events, COUNT(events));
}

static struct outcome python(const char *script, const char *input)
{
	return process_run(&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script), .input = input});
}

/* grep ------------------------------------------------------------------------------------------------------------------------ */

/* In the order of the files, whoever read them; also what a program wrote in pieces. */
Test(many, grep_in_order)
{
	const char *names[40];
	for (size_t i = 0; i < COUNT(names); i++)
		names[i] = write_sample();
	const char *arguments[] = {"grep",   "-j4",    "user 18 came", "--time=relative", names[0], names[1], names[2],
				   names[3], names[4], names[5],       names[6],          names[7], NULL};
	const struct outcome outcome = ttlog(arguments);
	const char *at = outcome.out.data;
	cr_assert(outcome.status == 0 && outcome.err.size == 0, "%s", outcome.err.data);
	for (size_t i = 0; i < 8; i++) {
		char row[700];
		snprintf(row, sizeof(row), "%s: -0.004000 INFO  stdout user 18 came\n", names[i]);
		cr_assert(strncmp(at, row, strlen(row)) == 0, "not %s but %s", row, at);
		at += strlen(row);
	}
	cr_assert(*at == 0);
	const struct outcome listed = ttlog(LIST("grep", "-l", "broken", place_storage()));
	size_t lines = 0;
	for (at = listed.out.data; (at = strchr(at, '\n')); at++)
		lines++;
	cr_assert(listed.status == 0 && lines == COUNT(names), "%zu\n%s", lines, listed.out.data);
}

Test(many, grep_context_and_counts)
{
	const char *path = write_sample();
	const struct outcome context = ttlog(LIST("grep", "--time=relative", "-A1", "user 18|broken", path));
	cr_assert_str_eq(context.out.data, "-0.004000 INFO  stdout user 18 came\n"
					   "-0.003000 WARN  stderr slow: 'x'\n"
					   "--\n"
					   "-0.001000 ERROR stderr broken\n");
	const struct outcome before = ttlog(LIST("grep", "--time=relative", "-B", "1", "-m1", "-H", "slow|broken", path));
	cr_assert(strstr(before.out.data, "- -0.004000") && strstr(before.out.data, ": -0.003000") &&
			  !strstr(before.out.data, "broken"),
		  "%s", before.out.data);
	cr_assert_str_eq(ttlog(LIST("grep", "-ci", "USER", path)).out.data, "2\n");
	const struct outcome quiet = ttlog(LIST("grep", "-q", "user", path)), nothing = ttlog(LIST("grep", "nobody", path));
	cr_assert(quiet.status == 0 && quiet.out.size == 0 && WEXITSTATUS(nothing.status) == NOTHING && nothing.err.size == 0);
	const struct outcome level = ttlog(LIST("grep", "--time=relative", "--level", "error", "", path));
	cr_assert_str_eq(level.out.data, "-0.001000 ERROR stderr broken\n");
	const struct outcome json = python(
		"import json, sys\n"
		"rows = [json.loads(line) for line in sys.stdin]\n"
		"assert [row['event']['message'] for row in rows] == ['user 17 came\\n', 'user 18 came\\n'], rows\n",
		ttlog(LIST("grep", "--json", "-e", "17", "-e", "18", path)).out.data);
	cr_assert(json.status == 0, "%s", json.err.data);
}

/* A bad file is named, the others are searched, and the status says so. */
Test(many, grep_damaged)
{
	const char *path = write_sample(), *broken = place_file("bad.cbor.lz4", "nonsense", 8);
	const struct outcome outcome = ttlog(LIST("grep", "broken", broken, path));
	cr_assert(WEXITSTATUS(outcome.status) == BAD_FILE && strstr(outcome.err.data, broken) &&
			  strstr(outcome.out.data, "broken\n"),
		  "%s%s", outcome.out.data, outcome.err.data);
}

Test(many, grep_errors)
{
	expect_error(USAGE, "no PATTERN", "grep");
	expect_error(USAGE, "missing closing parenthesis", "grep", "(", place_root());
	expect_error(USAGE, "--after-context x", "grep", "-A", "x", "a");
	expect_error(USAGE, "--jobs 0", "grep", "-j", "0", "a");
	expect_error(USAGE, "--time never", "grep", "--time=never", "a");
	expect_error(BAD_FILE, place_path("missing"), "grep", "a", place_path("missing"));
	expect_error(NOTHING, "no snapshot in this directory", "grep", "a", place_root());
}

/* top, stats ------------------------------------------------------------------------------------------------------------------ */

Test(many, top)
{
	const char *path = write_sample();
	write_sample();
	const struct outcome shown = ttlog(LIST("top", "--no-color", place_storage()));
	expect_shown(&shown, LIST("4   40.0 %", "user <num> came\n", "2   20.0 %", "broken\n", "slow: <str>\n", "of 2 files\n"));
	const struct outcome json = python("import json, sys\n"
					   "rows = [json.loads(line) for line in sys.stdin]\n"
					   "assert len(rows) == 1 and rows[0]['level'] == 'info' and rows[0]['count'] == 3, rows\n",
					   ttlog(LIST("top", "--json", "--by=level", "-n1", path)).out.data);
	cr_assert(json.status == 0, "%s", json.err.data);
	const struct outcome exact = ttlog(LIST("top", "--exact", path));
	cr_assert(strstr(exact.out.data, "user 17 came") && strstr(exact.out.data, "user 18 came"), "%s", exact.out.data);
	expect_error(USAGE, "--by weight", "top", "--by", "weight", path);
	expect_error(NOTHING, "no event matches", "top", "--grep", "nobody", path);
}

Test(many, top_sites)
{
	const struct outcome shown = ttlog(LIST("top", "--by=site", make_snapshot(PROGRAM("orders"), NULL)));
	expect_shown(&shown, LIST("4   50.0 %", "orders.c:47\n"));
}

Test(many, stats)
{
	const char *path = write_sample();
	write_sample();
	const struct outcome shown = ttlog(LIST("stats", "--no-color", place_storage()));
	expect_shown(&shown, LIST("2 snapshots", "12 events", "reasons\n", "2  SIGSEGV", "services\n", "2  sample", "levels\n",
				  "8  info", "events over time", "each line stands for "));
	const struct outcome json = python(
		"import json, sys\n"
		"s = json.load(sys.stdin)\n"
		"assert s['events'] == 6 and sum(s['rows']) == 6 and s['rows'][0] == 1 and s['rows'][-1] == 1, s\n"
		"assert s['last'] - s['first'] == 4000000 and s['reasons'] == [{'name': 'SIGSEGV', 'count': 1}], s\n",
		ttlog(LIST("stats", "--json", path)).out.data);
	cr_assert(json.status == 0, "%s", json.err.data);
}

/* diff ------------------------------------------------------------------------------------------------------------------------ */

/* Two runs of one program: other pids, times, numbers, and no difference; with another message there is one. */
Test(many, diff)
{
	const char *one = write_sample();
	struct snapshot_event other[COUNT(events)];
	memcpy(other, events, sizeof(other));
	other[0].message = (struct snapshot_text){"user 99 came\n", 13};
	other[0].timestamp -= 12345;
	const char *two = sample_write(other, COUNT(other));
	const struct outcome same = ttlog(LIST("diff", one, two));
	cr_assert(same.status == 0 && same.out.size == 0, "%s", same.out.data);
	const struct outcome exact = ttlog(LIST("diff", "--exact", one, two));
	cr_assert(WEXITSTATUS(exact.status) == 1 &&
			  strstr(exact.out.data, "\n- -0.005000 info  stdout user 17 came\n+ -0.005012 info"),
		  "%s", exact.out.data);
	other[4].message = (struct snapshot_text){"hello\n", 6};
	const char *three = sample_write(other, COUNT(other));
	const struct outcome differ = ttlog(LIST("diff", one, three));
	cr_assert(WEXITSTATUS(differ.status) == 1 && strstr(differ.out.data, "\n@@ events @@\n") &&
			  strstr(differ.out.data, "stdout between\n+") &&
			  strstr(differ.out.data, "\n  -0.001000 error stderr broken\n") &&
			  strstr(differ.out.data, "\nsame: process"),
		  "%s", differ.out.data);
	const struct outcome json = python(
		"import json, sys\n"
		"d = json.load(sys.stdin)\n"
		"assert not d['same'] and [x['change'] for x in d['differences']] == ['removed', 'added'], d\n",
		ttlog(LIST("diff", "--json", one, three)).out.data);
	cr_assert(json.status == 0, "%s", json.err.data);
}

Test(many, diff_deaths)
{
	const char *one = strdup(make_snapshot(PROGRAM("orders"), NULL)), *kept = place_path("kept.cbor.lz4");
	rename(one, kept);
	const struct outcome outcome = ttlog(LIST("diff", kept, make_snapshot(PROGRAM("die"), "abort")));
	cr_assert(WEXITSTATUS(outcome.status) == 1, "%s", status_text(outcome.status));
	static const char *const parts[] = {"@@ process @@",       "- service   orders", "@@ end @@",   "- reason    SIGSEGV",
					    "+ reason    SIGABRT", "@@ stack @@",        "- worker+0x", "+ ",
					    "@@ modules @@"};
	const char *at = outcome.out.data;
	for (size_t i = 0; i < COUNT(parts); i++)
		cr_assert((at = strstr(at, parts[i])) != NULL, "\"%s\" is missing in:\n%s", parts[i], outcome.out.data);
	expect_error(BAD_FILE, "missing", "diff", kept, place_path("missing"));
	expect_error(USAGE, "two snapshots", "diff", kept);
}
