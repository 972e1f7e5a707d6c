/*
 * ttlog view: which events it shows, and how: filters, lines, repetitions, times, a million of them.
 */
#include "command.h"
#include "sample.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

TestSuite(view_events, .init = place_init, .fini = place_fini, .timeout = 300);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct snapshot_value values[] = {{"id", {.type = VALUE_UNSIGNED, .number.u = 7}},
					 {"path", {.type = VALUE_STRING, .string = "a b", .string_bytes = 3}}};

/* Written word for word, for the rows below are. */
static struct snapshot_event events[] = {
	SAMPLE_EVENT(9000000, LEVEL_INFO, SOURCE_STDOUT, 100, "starts\n"),
	SAMPLE_EVENT(5000000, LEVEL_INFO, SOURCE_WRITE1, 101, "half a "),
	SAMPLE_EVENT(4999000, LEVEL_DEBUG, SOURCE_SYSLOG, 100, "in between"),
	SAMPLE_EVENT(4998000, LEVEL_INFO, SOURCE_WRITE1, 101, "line\n"),
	SAMPLE_EVENT(4000000, LEVEL_WARN, SOURCE_STDERR, 100, "again\n"),
	SAMPLE_EVENT(3000000, LEVEL_WARN, SOURCE_STDERR, 100, "again\n"),
	SAMPLE_EVENT(900000, LEVEL_WARN, SOURCE_STDERR, 100, "again\n"),
	SAMPLE_EVENT(1500, LEVEL_ERROR, SOURCE_MACRO, 101, "gone"),
	SAMPLE_EVENT(0, LEVEL_INFO, SOURCE_STDOUT, 101, "prompt> "),
};

static const char *write_events(void)
{
	events[7].values = values;
	events[7].value_count = COUNT(values);
	events[7].target = "net.tls";
	events[7].thread_name = "worker-1";
	return sample_write(events, COUNT(events));
}

/* What stands from the heading of the events on up to the empty line, word for word. */
static void expect_rows(const char *expected, const char *const *arguments)
{
	const char *list[20] = {"view"};
	size_t count = 1;
	while (*arguments)
		list[count++] = *arguments++;
	const struct outcome outcome = ttlog(list);
	const char *begin = strstr(outcome.out.data, "event");
	while (begin && begin > outcome.out.data && begin[-1] != '\n')
		begin--;
	const char *end = begin ? strstr(begin, "\n\n") : NULL;
	cr_assert(outcome.status == 0 && end, "%s\n%s%s", status_text(outcome.status), outcome.out.data, outcome.err.data);
	cr_assert((size_t)(end + 1 - begin) == strlen(expected) && strncmp(begin, expected, strlen(expected)) == 0,
		  "not as expected:\n%s\nbut:\n%.*s", expected, (int)(end + 1 - begin), begin);
}

#define ROWS(expected, ...) expect_rows(expected, LIST(__VA_ARGS__))

Test(view_events, lines_and_repetitions)
{
	const char *path = write_events();
	ROWS("8 events (lines joined from 9 pieces)\n"
	     "     -9.000000 INFO      100 stdout starts\n"
	     "     -5.000000 INFO      101 write1 half a line\n"
	     "     -4.999000 DEBUG     100 syslog in between\n"
	     "     -4.000000 WARN      100 stderr again  … 3 times in 3.1 s\n"
	     "     -0.001500 ERROR     101 macro  net.tls: gone id=7 path=\"a b\"\n"
	     "     -0.000000 INFO      101 stdout prompt> \n",
	     path);
	ROWS("8 events (lines joined from 9 pieces)\n"
	     "       1     -9.000000 INFO      100 stdout starts\n"
	     "       2     -5.000000 INFO      101 write1 half a line\n"
	     "       3     -4.999000 DEBUG     100 syslog in between\n"
	     "       5     -4.000000 WARN      100 stderr again\n"
	     "       6     -3.000000 WARN      100 stderr again\n"
	     "       7     -0.900000 WARN      100 stderr again\n"
	     "       8     -0.001500 ERROR     101 macro  net.tls: gone id=7 path=\"a b\"\n"
	     "       9     -0.000000 INFO      101 stdout prompt> \n",
	     "--numbers", "--no-fold", path);
	ROWS("4 of 7 matching events (of 8)\n"
	     "     -4.000000 WARN      100 stderr again  … 3 times in 3.1 s\n"
	     "     -0.001500 ERROR     101 macro  net.tls: gone id=7 path=\"a b\"\n",
	     "--last", "2", "--until", "-1ms", path);
}

Test(view_events, lines_and_repetitions_of_all)
{
	const char *path = write_events();
	const struct outcome some = ttlog(LIST("view", path)), all = ttlog(LIST("view", "--last", "all", path));
	const char *first = strstr(some.out.data, "  -9.000000"), *same = strstr(all.out.data, "  -9.000000");
	cr_assert(first && same);
	cr_assert_str_eq(first, same, "the rows are the same in one pass and in two");
}

Test(view_events, filters)
{
	const char *path = write_events();
	ROWS("1 matching event (of 8)\n"
	     "     -5.000000 INFO  write1 half a line\n",
	     "--grep", "half a line$", path);
	ROWS("1 matching event (of 8)\n"
	     "     -0.001500 ERROR macro  net.tls: gone id=7 path=\"a b\"\n",
	     "--kv", "id=7", "--target", "net", "--thread-name", "worker-?", path);
	ROWS("2 matching events (of 8)\n"
	     "     -9.000000 INFO  stdout starts\n"
	     "     -4.999000 DEBUG syslog in between\n",
	     "--tid", "100", "-i", "--not-grep", "AGAIN", path);
	ROWS("1 of 2 matching events (of 8)\n"
	     "     -0.000000 INFO  stdout prompt> \n",
	     "--last", "1", "--source", "stdout", path);
	ROWS("3 matching events (of 8)\n"
	     "       2     -5.000000 INFO      101 write1 half a line\n"
	     "       3     -4.999000 DEBUG     100 syslog in between\n"
	     "       5     -4.000000 WARN      100 stderr again\n",
	     "--numbers", "--around", "4,2", "--until", "-4s", path);
	ROWS("no event matches\n", "--grep", "nowhere", path);
}

Test(view_events, times)
{
	const char *path = write_events();
	ROWS("1 matching event (of 8)\n"
	     "  2026-09-21 14:13:11.000000Z INFO  stdout starts\n",
	     "--time=utc", "--until", "2026-09-21 14:13:12Z", path);
	ROWS("1 matching event (of 8)\n"
	     "  1789999991.000000 INFO  stdout starts\n",
	     "--time=unix", "--until", "@1789999992", path);
	const struct outcome local = process_run(&(struct process_setup){
		.argv = LIST(TTLOG, "view", "--time=local", "--until", "10:13:12", path), .environment = LIST("TZ=XYZ4")});
	expect_shown(&local, LIST("2026-09-21 10:13:20.000 -0400", "\n  2026-09-21 10:13:11.000000 INFO  stdout starts\n"));
}

/* What each thread said last is told before filters take it away. */
Test(view_events, threads_said_last)
{
	const char *path = write_events();
	const struct outcome outcome = ttlog(LIST("view", "--threads", "--tid", "100", path));
	expect_shown(&outcome, LIST("thread 100 main", "said last:", "again", "thread 101 worker-1", "said last:", "prompt> ",
				    "matching events"));
}

Test(view_events, bad_options)
{
	const char *path = write_events();
	expect_error(USAGE, "--grep a(b: missing closing parenthesis at offset 3", "view", "--grep", "a(b", path);
	expect_error(USAGE, "--level loud", "view", "--level", "loud", path);
	expect_error(USAGE, "--since noon", "view", "--since", "noon", path);
	expect_error(USAGE, "--last -1", "view", "--last", "-1", path);
	expect_error(USAGE, "--time noon", "view", "--time=noon", path);
	expect_error(USAGE, "--color green", "view", "--color=green", path);
	expect_error(USAGE, "--json and --csv", "view", "--json", "--csv", path);
	expect_error(USAGE, "-x", "view", "-x", path);
	expect_error(USAGE, "no FILE", "view", "--json");
}

Test(view_events, colour)
{
	const char *path = write_events();
	static const struct {
		const char *option, *const environment[4];
		bool coloured;
	} cases[] = {
		{"--color=auto", {NULL}, false},
		{"--color=always", {"NO_COLOR=1", NULL}, true},
		{"--color=never", {"CLICOLOR_FORCE=1", NULL}, false},
		{"--no-color", {"CLICOLOR_FORCE=1", NULL}, false},
		{"--color=auto", {"CLICOLOR_FORCE=1", NULL}, true},
		{"--color=auto", {"CLICOLOR_FORCE=0", NULL}, false},
		{"--color=auto", {"CLICOLOR_FORCE=1", "NO_COLOR=1", NULL}, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct outcome outcome = process_run(&(struct process_setup){
			.argv = LIST(TTLOG, "view", cases[i].option, path), .environment = cases[i].environment});
		cr_assert(outcome.status == 0 && (strchr(outcome.out.data, '\x1b') != NULL) == cases[i].coloured, "%s %s",
			  cases[i].option, cases[i].environment[0] ? cases[i].environment[0] : "");
	}
}

/* An unfinished line must not keep back what comes behind it for ever, nor lose any of it. */
Test(view_events, a_line_that_never_ends)
{
	enum { MANY = 20000 };
	static struct snapshot_event many[MANY];
	for (size_t i = 0; i < MANY; i++)
		many[i] = (struct snapshot_event)SAMPLE_EVENT(MANY - i, LEVEL_INFO, SOURCE_SYSLOG, 100, "other");
	many[5] = (struct snapshot_event)SAMPLE_EVENT(MANY - 5, LEVEL_INFO, SOURCE_STDOUT, 101, "password: ");
	many[MANY - 1] = (struct snapshot_event)SAMPLE_EVENT(1, LEVEL_INFO, SOURCE_STDOUT, 101, "secret\n");
	const char *path = sample_write(many, MANY);
	const struct outcome outcome = ttlog(LIST("view", path));
	expect_shown(&outcome, LIST("20000 events\n", "other  … 5 times", "password: \n", "other  … 19993 times", "secret\n"));
}

/* One message must not fill the screen; no character is divided, and blank lines before and behind are none. */
Test(view_events, long_messages)
{
	static char wide[1004], lines[64];
	static struct snapshot_event odd[] = {
		SAMPLE_EVENT(3, LEVEL_INFO, SOURCE_STDOUT, 100, wide),
		SAMPLE_EVENT(2, LEVEL_INFO, SOURCE_SYSLOG, 100, "\r\n\nfirst\r\n\nlast\r\n\n"),
		SAMPLE_EVENT(1, LEVEL_INFO, SOURCE_SYSLOG, 100, lines),
	};
	wide[0] = 'a';
	for (size_t i = 1; i + 3 < sizeof(wide); i += 3)
		memcpy(wide + i, "日", 3);
	for (char *c = lines; c < lines + 60; c += 2)
		memcpy(c, "x\n", 3);
	odd[0].message.bytes = strlen(wide);
	odd[2].message.bytes = strlen(lines);
	const char *path = sample_write(odd, COUNT(odd));
	const struct outcome some = ttlog(LIST("view", path)), whole = ttlog(LIST("view", "--full", path));
	expect_shown(&some, LIST("stdout a日日", "日… (405 bytes more: --full)\n",
				 "syslog first\n                             \n                             last\n",
				 "x… (36 bytes more: --full)\n"));
	cr_assert(!strstr(some.out.data, "\\r") && !strstr(some.out.data, "\\x"), "%s", some.out.data);
	cr_assert(strstr(whole.out.data, wide) && !strstr(whole.out.data, "bytes more"), "%s", whole.out.data);
}

/* Escape sequences of the program stay text; wide characters are what they are. */
Test(view_events, harmless)
{
	static struct snapshot_event odd[] = {
		SAMPLE_EVENT(3, LEVEL_INFO, SOURCE_STDOUT, 100,
			     "\x1b[31mred\x07 \xff \xe2\x80\xae"
			     "abc\n"),
		SAMPLE_EVENT(2, LEVEL_INFO, SOURCE_STDOUT, 100, "日本語 \xf0\x9f\x98\x80 e\xcc\x81\n"),
	};
	const struct outcome outcome = ttlog(LIST("view", sample_write(odd, COUNT(odd))));
	expect_shown(&outcome, LIST("\\x1b[31mred\\x07 \\xff \\u202eabc\n", "日本語 \xf0\x9f\x98\x80 e\xcc\x81\n"));
}

/* A million ------------------------------------------------------------------------------------------------------------------- */

static size_t lines_of(const struct bytes *text)
{
	size_t lines = 0;
	for (size_t i = 0; i < text->size; i++)
		lines += text->data[i] == '\n';
	return lines;
}

/* ttlog view in 64 MB of addresses, libraries and all: what would be kept of a million events does not fit. */
static struct outcome view_in_little(const char *const *arguments)
{
	const char *argv[20] = {"/bin/sh", "-c", "ulimit -v 65536 && exec \"$0\" view \"$@\"", TTLOG};
	for (size_t i = 4; *arguments; i++)
		argv[i] = *arguments++;
	return process_run(&(struct process_setup){.argv = argv});
}

#define LITTLE(...) view_in_little(LIST(__VA_ARGS__))

/* Nothing is lost on the way, and it needs no more memory than for a few. */
Test(view_events, a_million)
{
	enum { MANY = 1000000, FEW = 10000 };
	const char *few = sample_write_many(FEW), *many = sample_write_many(MANY);
	const struct outcome ten = LITTLE(many), warn = LITTLE("--level", "warn", "--last", "all", many),
			     middle = LITTLE("--numbers", "--around", "500000,1", many);
	expect_shown(&ten,
		     LIST("20 of 1000000 events\n", "event 999981 of many", "event 1000000 of many", "1000000 events recorded"));
	expect_shown(&warn,
		     LIST("100000 matching events (of 1000000)\n", "event 1 of many", "event 11 of many", "event 999991 of many"));
	expect_shown(&middle, LIST("3 matching", "499999 ", "event 499999 of many", "500000 ", "500001 "));
	const struct outcome all = LITTLE("--last", "all", many), some = LITTLE("--last", "all", few),
			     rows = LITTLE("--ndjson", many), tail = LITTLE("--csv", "--last", "5", many);
	cr_assert_eq(lines_of(&all.out) - lines_of(&some.out), MANY - FEW);
	cr_assert_eq(lines_of(&rows.out), MANY);
	cr_assert_eq(lines_of(&tail.out), 1 + 5u);
}

/* What a program says of its own fault does not make go what led there, and is there in full where rows were asked for. */
Test(view_events, a_report_leaves_room)
{
	const char *path;
	struct snapshot snapshot;
	process_run(&(struct process_setup){.argv = LIST(PROGRAM("reports"), "30", "60"), .agent = true});
	snapshot_only(&snapshot, &path);
	const struct snapshot_event *step = find_event(&snapshot, SOURCE_WRITE1, "step 30\n"),
				    *line = find_event(&snapshot, SOURCE_WRITE2, "report line 1\n");
	cr_assert(step && line && snapshot.first_signal.timestamp >= step->timestamp &&
		  snapshot.first_signal.timestamp <= line->timestamp);
	struct outcome shown = ttlog(LIST("view", path));
	expect_shown(&shown, LIST("20 of 90 events\n", "step 21  ", "step 30  ", "report line 1  ", "report line 10  ",
				  "… 50 more of the program's own report of its fault: --last all\n"));
	cr_assert(!strstr(shown.out.data, "step 20  ") && !strstr(shown.out.data, "report line 11  "), "%s", shown.out.data);
	shown = ttlog(LIST("view", "--last", "20", path));
	expect_shown(&shown, LIST("20 of 90 events\n", "report line 41  ", "report line 60  "));
	cr_assert(!strstr(shown.out.data, "more of the program"), "%s", shown.out.data);
	shown = ttlog(LIST("view", "--last", "all", path));
	expect_shown(&shown, LIST("step 1  ", "step 30  ", "report line 1  ", "report line 60  "));
}

/* Where there is room for all of it, nothing is left out. */
Test(view_events, a_report_fills_the_room)
{
	const char *path;
	struct snapshot snapshot;
	process_run(&(struct process_setup){.argv = LIST(PROGRAM("reports"), "4", "16"), .agent = true});
	snapshot_only(&snapshot, &path);
	const struct outcome shown = ttlog(LIST("view", path));
	expect_shown(&shown, LIST("20 events\n", "step 1  ", "report line 16  "));
	cr_assert(!strstr(shown.out.data, "more of the program"), "%s", shown.out.data);
}
