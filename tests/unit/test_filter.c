/* Which events a filter lets through; the forms of moments in time. */
#include "filter.h"
#include "moment.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define END          UINT64_C(1790000000000000000) /* 2026-09-21 14:13:20 UTC */
#define SECOND       UINT64_C(1000000000)

static void in_berlin(void)
{
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); /* a zone without files of a zone */
	tzset();
}

TestSuite(filter, .init = in_berlin);
TestSuite(moment, .init = in_berlin);

/* Options by name and value, NULL at the end. */
static struct filter *filter_of(const char *const *options)
{
	static const struct option rows[] = {FILTER_OPTIONS};
	struct filter *filter = filter_create();
	char error[FILTER_ERROR_BYTES];
	for (; *options; options += 2) {
		size_t row = 0;
		while (row < COUNT(rows) && strcmp(rows[row].name, options[0]) != 0)
			row++;
		cr_assert(row < COUNT(rows) && filter_knows(rows[row].val), "%s", options[0]);
		cr_assert(filter_option(filter, rows[row].val, options[1], error) == 0, "%s", error);
	}
	cr_assert(filter_ready(filter, error) == 0, "%s", error);
	filter_begin(filter, END);
	return filter;
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct snapshot_value values[] = {
	{.key = "id", .value = {.type = VALUE_SIGNED, .number.i = -7}},
	{.key = "path", .value = {.type = VALUE_STRING, .string = "/a=b", .string_bytes = 4}},
	{.key = "nothing", .value = {.type = VALUE_STRING}},
};
static const struct snapshot_event event = {
	.timestamp = END - 3 * SECOND,
	.level = LEVEL_WARN,
	.source = SOURCE_STDERR,
	.tid = 42,
	.thread_name = "worker-3",
	.target = "net.tls",
	.message = {"Connection r\xc3\x89set\n", 18},
	.values = values,
	.value_count = COUNT(values),
};

static void expect(bool matches, const char *const *options)
{
	struct filter *filter = filter_of(options);
	cr_expect(filter_matches(filter, &event, 100) == matches, "--%s %s ... should%s match", options[0], options[1],
		  matches ? "" : " not");
	filter_destroy(filter);
}

#define YES(...) expect(true, LIST(__VA_ARGS__))
#define NO(...)  expect(false, LIST(__VA_ARGS__))

Test(filter, none)
{
	struct filter *filter = filter_of((const char *const[]){NULL});
	cr_assert(!filter_is_set(filter) && !filter_needs_end(filter));
	cr_assert(filter_matches(filter, &event, 0) && filter_matches(filter, &(struct snapshot_event){0}, 0));
	filter_destroy(filter);
}

Test(filter, each_kind)
{
	YES("level", "warn");
	YES("level", "INFO");
	NO("level", "error");
	YES("source", "stderr");
	NO("source", "stdout");
	YES("tid", "42");
	NO("tid", "4");
	YES("thread-name", "worker-3");
	YES("thread-name", "worker-*");
	NO("thread-name", "worker");
	YES("target", "net");
	YES("target", "net.tls");
	YES("target", "*tls");
	NO("target", "ne");
	NO("target", "tls");
	YES("kv", "id");
	YES("kv", "id=-7");
	YES("kv", "path=/a=b");
	YES("kv", "nothing=null");
	NO("kv", "id=7");
	NO("kv", "i");
	NO("kv", "path=/a");
	NO("kv", "idx");
}

/* A message ends before its line feed; letters of other alphabets have cases too. */
Test(filter, patterns)
{
	YES("grep", "^Conn.*set$");
	YES("grep", "(?<=r)É");
	NO("grep", "connection");
	YES("grep", "connection", "ignore-case", NULL);
	YES("ignore-case", NULL, "grep", "réset");
	NO("not-grep", "set");
	YES("not-grep", "connection");
	NO("not-grep", "connection", "ignore-case", NULL);
	YES("grep", "no", "grep", "Conn");
	NO("grep", "Conn", "not-grep", "set");
	NO("grep", "no", "not-grep", "no");
	NO("not-grep", "no", "not-grep", "set");
}

Test(filter, combinations)
{
	YES("tid", "1", "tid", "42");
	YES("source", "macro", "source", "stderr");
	NO("tid", "42", "source", "stdout");
	YES("kv", "id=1", "kv", "id=-7");
	NO("kv", "id=-7", "kv", "path=x");
	YES("kv", "id=-7", "kv", "path");
	YES("target", "db", "target", "net");
	YES("thread-name", "x", "thread-name", "*3");
	YES("level", "warn", "source", "stderr", "tid", "42", "grep", "set", "since", "-5s", "until", "-1s", "around", "95,5");
}

/* Both ends belong to the span. */
Test(filter, times)
{
	YES("since", "-3s");
	NO("since", "-2999ms");
	YES("until", "-3s");
	NO("until", "-3.001s");
	YES("since", "2026-09-21 14:13:17Z", "until", "2026-09-21T14:13:17Z");
	YES("since", "16:13:17", "until", "14:13:17Z");
	NO("since", "16:13:18");
	YES("since", "@1789999997", "until", "@1789999997.0");
	NO("until", "@1789999996.999999999");
	struct filter *absolute = filter_of(LIST("since", "2026-09-21")), *relative = filter_of(LIST("until", "12:00"));
	cr_assert(!filter_needs_end(absolute) && filter_needs_end(relative));
	filter_destroy(absolute);
	filter_destroy(relative);
}

Test(filter, around)
{
	YES("around", "100");
	YES("around", "90");
	YES("around", "110");
	NO("around", "89");
	NO("around", "111");
	YES("around", "5,95");
	NO("around", "5,94");
	YES("around", "200,18446744073709551"); /* begins at the first */
}

/* An event that lacks what is asked for. */
Test(filter, absent)
{
	const struct snapshot_event bare = {.timestamp = END};
	const char *const asked[][3] = {{"thread-name", "*", NULL}, {"target", "*", NULL}, {"kv", "id", NULL}, {"grep", "x", NULL}};
	for (size_t i = 0; i < COUNT(asked); i++) {
		struct filter *filter = filter_of(asked[i]);
		cr_expect(!filter_matches(filter, &bare, 1), "--%s", asked[i][0]);
		filter_destroy(filter);
	}
	struct filter *filter = filter_of(LIST("not-grep", "x"));
	cr_expect(filter_matches(filter, &bare, 1));
	filter_destroy(filter);
}

/* Goes back and forth for ever, or would: given up, and counted. The library's own limit is ten times ours: 20 bytes lie between them. */
Test(filter, hostile_pattern, .timeout = 60)
{
	static char text[4096];
	memset(text, 'a', sizeof(text));
	const struct snapshot_event long_one = {.timestamp = END, .message = {text, sizeof(text)}};
	const struct snapshot_event short_one = {.timestamp = END, .message = {text, 20}};
	struct filter *filter = filter_of(LIST("grep", "(a+)+(b|c)+$"));
	struct filter *plain = filter_of(LIST("grep", "(?:a?){2000}(?=z)"));
	cr_expect(!filter_matches(filter, &short_one, 1) && filter_gave_up(filter) == 1, "%" PRIu64, filter_gave_up(filter));
	cr_expect(!filter_matches(filter, &long_one, 1));
	cr_expect(!filter_matches(plain, &long_one, 1));
	cr_expect(filter_gave_up(plain) + filter_gave_up(filter) >= 2, "nothing was given up");
	filter_destroy(filter);
	filter_destroy(plain);
}

/* Not UTF-8: what is can be found, and nothing crashes. */
Test(filter, bytes)
{
	const struct snapshot_event odd = {.timestamp = END, .message = {"\xff\xfe ok \0 more", 13}};
	struct filter *filter = filter_of(LIST("grep", "ok", "grep", "never"));
	cr_expect(filter_matches(filter, &odd, 1));
	filter_destroy(filter);
}

Test(filter, bad_values)
{
	static const struct {
		int option;
		const char *value, *named;
	} bad[] = {
		{FILTER_LEVEL, "loud", "--level loud: none of trace"},
		{FILTER_LEVEL, "off", "--level off"},
		{FILTER_SOURCE, "stdin", "--source stdin: none of macro stdout"},
		{FILTER_TID, "1x", "--tid 1x"},
		{FILTER_TID, "0", "--tid 0"},
		{FILTER_TID, "4294967296", "--tid 4294967296"},
		{FILTER_AROUND, "x", "--around x"},
		{FILTER_AROUND, "5,", "--around 5,"},
		{FILTER_AROUND, "5,1,", "--around 5,1,"},
		{FILTER_KV, "=7", "--kv =7"},
		{FILTER_SINCE, "yesterday", "--since yesterday: not a time"},
		{FILTER_UNTIL, "-5 parsecs", "--until -5 parsecs"},
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct filter *filter = filter_create();
		char error[FILTER_ERROR_BYTES] = "";
		cr_expect(filter_option(filter, bad[i].option, bad[i].value, error) < 0, "%s", bad[i].value);
		cr_expect(strstr(error, bad[i].named) == error, "%s: %s", bad[i].named, error);
		filter_destroy(filter);
	}
	struct filter *filter = filter_create();
	char error[FILTER_ERROR_BYTES] = "";
	cr_assert(filter_option(filter, FILTER_NOT_GREP, "a(b", error) == 0 && filter_ready(filter, error) < 0);
	cr_expect(strstr(error, "--not-grep a(b: ") == error && strstr(error, "at offset 3"), "%s", error);
	filter_destroy(filter);
}

/* Moments --------------------------------------------------------------------------------------------------------------------- */

Test(moment, forms)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{"-5s", END - 5 * SECOND},
		{"-5", END - 5 * SECOND},
		{"-0.25s", END - SECOND / 4},
		{"-200ms", END - SECOND / 5},
		{"-1.5ms", END - 1500000},
		{"-10us", END - 10000},
		{"-1.5m", END - 90 * SECOND},
		{"-2h", END - 7200 * SECOND},
		{"-1d", END - 86400 * SECOND},
		{"+3s", END + 3 * SECOND},
		{"-4000000000s", 0},
		{"@0", 0},
		{"@1790000000.5", END + SECOND / 2},
		{"1970-01-02Z", 86400 * SECOND},
		{"2026-09-21 14:13:20Z", END},
		{"2026-09-21T14:13:20.000000001 UTC", END + 1},
		{"2026-09-21T16:13:20", END},
		{"2026-09-21T16:13:20+02:00", END},
		{"2026-09-21T08:43:20-0530", END},
		{"2026-09-21T15:13:20+01", END},
		{"2026-09-21 16:13", END - 20 * SECOND},
		{"16:13:20", END},
		{"14:13:20Z", END},
		{"02:13:20+12:00", END},
		{"2026-03-29 01:30", UINT64_C(1774744200) * SECOND}, /* before and after the hour that this day lacks */
		{"2026-03-29 03:30", UINT64_C(1774747800) * SECOND},
	};
	for (size_t i = 0; i < COUNT(good); i++) {
		struct moment moment;
		cr_assert(moment_parse(good[i].text, &moment) == 0, "%s", good[i].text);
		cr_expect(moment_resolve(&moment, END) == good[i].ns, "%s: %llu, not %llu", good[i].text,
			  (unsigned long long)moment_resolve(&moment, END), (unsigned long long)good[i].ns);
	}
}

Test(moment, not_one)
{
	static const char *const bad[] = {"",
					  "-",
					  "5s",
					  "-s",
					  "-5x",
					  "-5.s",
					  "--5s",
					  "-5s ",
					  "@",
					  "@x",
					  "@99999999999",
					  "2026",
					  "2026-13-01",
					  "2026-02-30",
					  "2026-09-21 ",
					  "2026-09-21 25:00",
					  "2026-09-21 1",
					  "12",
					  "12:60",
					  "12:00:61.",
					  "12:00Q",
					  "2026-09-21T12:00+99:00",
					  "-9999999999999s",
					  "1969-12-31"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct moment moment;
		cr_expect(moment_parse(bad[i], &moment) < 0, "\"%s\" was taken for a time", bad[i]);
	}
}
