/*
 * What options of the commands for people choose, and what is said where their values are none: grep, top, diff, html.
 */
#include "command.h"
#include "sample.h"
#include "text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(options, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct snapshot_value seven[] = {{"id", {.type = VALUE_UNSIGNED, .number.u = 7}}};
static struct snapshot_value eight[] = {{"id", {.type = VALUE_UNSIGNED, .number.u = 8}}};

static struct snapshot_event events[] = {
	SAMPLE_EVENT(5000, LEVEL_INFO, SOURCE_STDOUT, 100, "begins\n"),
	SAMPLE_EVENT(4000, LEVEL_INFO, SOURCE_MACRO, 101, "order"),
	SAMPLE_EVENT(3900, LEVEL_INFO, SOURCE_MACRO, 101, "order"),
	SAMPLE_EVENT(3800, LEVEL_INFO, SOURCE_MACRO, 101, "order"),
	SAMPLE_EVENT(3000, LEVEL_WARN, SOURCE_STDERR, 100, "slow, and more of it than of any other\n"),
	SAMPLE_EVENT(1000, LEVEL_ERROR, SOURCE_STDERR, 101, "broken\n"),
};

static const char *write_sample(void)
{
	events[1].values = events[2].values = seven;
	events[3].values = eight;
	for (int i = 1; i <= 3; i++) {
		events[i].value_count = 1;
		events[i].target = "net.tls";
	}
	return sample_write(events, COUNT(events));
}

/* What it put out, with the status. */
static const char *said(int status, const char *const *arguments)
{
	const struct outcome outcome = ttlog(arguments);
	cr_assert(WEXITSTATUS(outcome.status) == status && outcome.err.size == 0, "%s: %s%s", arguments[0], outcome.out.data,
		  outcome.err.data);
	return outcome.out.data;
}
#define SAID(status, ...) said(status, LIST(__VA_ARGS__))

#define SLOW "-0.003000 WARN  stderr slow, and more of it than of any other\n"

Test(options, grep)
{
	const char *path = write_sample(), *other = write_sample();
	cr_assert_str_eq(SAID(DONE, "grep", "--time=relative", "-C", "1", "slow", path),
			 "-0.003800 INFO  macro  net.tls: order id=8\n" SLOW "-0.001000 ERROR stderr broken\n");
	cr_assert_str_eq(SAID(DONE, "grep", "--time=relative", "--no-filename", "slow", path, other), SLOW SLOW);
	cr_assert_str_eq(SAID(DONE, "grep", "--time=relative", "--no-color", "slow", path), SLOW);
	cr_assert(strstr(SAID(DONE, "grep", "--color=always", "slow", path), "\x1b[33mWARN"));
	expect_error(USAGE, "--color sometimes: none of auto always never", "grep", "--color=sometimes", "x", path);
	expect_error(USAGE, "--context -1", "grep", "-C", "-1", "x", path);
	expect_error(USAGE, "--level loud", "grep", "--level", "loud", "x", path);
}

/* The first of the rows. */
static void expect_top(const char *option, const char *row)
{
	const char *table = SAID(DONE, "top", option, write_sample()), *at = strchr(table, '\n');
	cr_assert(at && strncmp(at + 1, row, strlen(row)) == 0, "%s: %s", option, table);
}

Test(options, top)
{
	const char *path = write_sample();
	expect_top("--sort=count", "         3   50.0 %   15 bytes  INFO   order\n");
	expect_top("--sort=bytes", "         1   16.7 %   39 bytes  WARN   slow, and");
	expect_top("--by=source", "         3   50.0 %   15 bytes  INFO   macro\n         2   33.3 %   46 bytes  ERROR  stderr\n");
	expect_top("--by=thread", "         4   66.7 %   22 bytes  ERROR  101");
	expect_top("--by=target", "         3   50.0 %   53 bytes  ERROR  -\n         3   50.0 %   15 bytes  INFO   net.tls\n");
	expect_top("--by=service", "         6  100.0 %   68 bytes  ERROR  sample\n");
	expect_error(USAGE, "--sort size: none of count bytes", "top", "--sort=size", path);
	expect_error(USAGE, "--number 0", "top", "-n", "0", path);
	expect_error(USAGE, "--level loud", "top", "--level", "loud", path);
	expect_error(USAGE, "missing closing parenthesis", "top", "--grep", "a(", path);
}

/* The line, or the place in the module that the address of its call is in. */
Test(options, top_by_site)
{
	events[0].file = "src/order.c";
	events[0].line = 7;
	events[4].caller = 0x1011;
	const char *table = SAID(DONE, "top", "--by=site", write_sample());
	cr_assert(strstr(table, "  order.c:7\n") && strstr(table, "  sample+0x11\n") && strstr(table, "  (unknown)\n"), "%s",
		  table);
}

Test(options, diff)
{
	const char *path = write_sample();
	events[5].message.data = "mended\n";
	const char *other = write_sample();
	cr_assert(strstr(SAID(1, "diff", path, other), "\n- -0.001000 error stderr broken\n+ -0.001000 error stderr mended\n"));
	cr_assert(strstr(SAID(1, "diff", "--color=always", path, other), "\x1b[31m- -0.001000 error stderr broken"));
	cr_assert(!strstr(SAID(1, "diff", "--color=always", "--no-color", path, other), "\x1b["));
	cr_assert(!strstr(SAID(DONE, "diff", "--source", "stdout", path, other), "broken"));
	expect_error(USAGE, "--color sometimes: none of auto always never", "diff", "--color=sometimes", path, other);
	expect_error(USAGE, "--last 5001: not a number from 0 to 5000", "diff", "--last", "5001", path, other);
	expect_error(USAGE, "--level loud", "diff", "--level", "loud", path, other);
	expect_error(USAGE, "missing closing parenthesis", "diff", "--grep", "a(", path, other);
}

Test(options, html)
{
	const char *arguments[36] = {"html"}; /* 17 of them */
	for (size_t i = 1; i + 2 < COUNT(arguments); i += 2) {
		arguments[i] = "--source-dir";
		arguments[i + 1] = "/tmp";
	}
	const struct outcome outcome = ttlog(arguments);
	expect_error_at(HERE, &outcome, USAGE, "--source-dir /tmp: more than ");
	cr_assert(strstr(SAID(DONE, "html", "--debug-dir", "/", "--source-dir", "/", write_sample()), "crash_here"));
}

/* Rows that say the same become one, but not where their values differ. */
Test(options, repeats)
{
	const char *view = SAID(DONE, "view", write_sample());
	cr_assert(strstr(view, " net.tls: order id=7  … 2 times in 0.1 ms\n") && strstr(view, " net.tls: order id=8\n"), "%s",
		  view);
}

/* More threads than tables of them begin with: each has its name, and its last words. */
Test(options, many_threads)
{
	enum { THREADS = 300, STEP = 4099 };
	static struct snapshot_event words[THREADS];
	static struct snapshot_thread threads[THREADS];
	static char texts[THREADS][32], names[THREADS][32];
	struct snapshot_error error;
	struct snapshot snapshot;
	char path[512];
	snapshot_init(&snapshot);
	for (unsigned i = 0; i < THREADS; i++) {
		const int bytes = snprintf(texts[i], sizeof(texts[i]), "word of %u.\n", i);
		snprintf(names[i], sizeof(names[i]), "name-%u", i);
		words[i] = (struct snapshot_event)SAMPLE_EVENT((THREADS - i), LEVEL_INFO, SOURCE_STDOUT, 100 + i * STEP, "");
		words[i].thread_name = names[i];
		words[i].message = (struct snapshot_text){texts[i], (size_t)bytes};
		threads[i] = (struct snapshot_thread){.tid = words[i].tid, .name = names[i]};
	}
	snapshot.reason = "SIGSEGV";
	snapshot.redact = "none";
	snapshot.created_at = SAMPLE_END;
	snapshot.threads = threads;
	snapshot.thread_count = snapshot.event_count = THREADS;
	snapshot.events = words;
	cr_assert(snapshot_write(&snapshot, place_storage(), path, sizeof(path), &error) == 0, "%s", error.text);
	const char *view = SAID(DONE, "view", "--threads", "--last", "0", path);
	const char *trace = SAID(DONE, "view", "--perfetto", path);
	for (unsigned i = 0; i < THREADS; i++) {
		const char *said = strstr(view, text_of("\nthread %u name-%u ", 100 + i * STEP, i));
		said = said ? strstr(said, "word of ") : NULL;
		cr_expect(said && strncmp(said, texts[i], strlen(texts[i])) == 0, "%u: %.50s", i, said);
		const char *at = strstr(trace, text_of("\"name-%u\"", i));
		cr_expect(at && !strstr(at + 1, text_of("\"name-%u\"", i)), "%u", i);
	}
	snapshot_fini(&snapshot);
}
