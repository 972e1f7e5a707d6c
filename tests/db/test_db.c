/* ttlog db: what is in the index, and what it says of it; on SQLite and on PostgreSQL alike. */
#include "deaths.h"
#include "index.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

TestSuite(db_sqlite, .init = place_init, .fini = place_fini, .timeout = 200);
TestSuite(db_postgresql, .init = place_init, .fini = place_fini, .timeout = 200);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void shell(const char *command)
{
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST("sh", "-c", command)});
	cr_assert(outcome.status == 0, "%s: %s", command, outcome.err.data);
}

/* What is added once ------------------------------------------------------------------------------------------------------------- */

static void same_again_is_the_same(void)
{
	char command[4096];
	const char *deaths = deaths_write(40, 4, 1), *copies = place_directory();
	index_ends(DB("add", deaths), DONE, "40 added to ");
	index_expect("SELECT count(*), count(DISTINCT id), count(DISTINCT fingerprint), count(DISTINCT pid) FROM ttlog_crashes",
		     "40|40|4|40");
	index_ends(DB("add", deaths, deaths), DONE, "0 added to ");
	snprintf(
		command, sizeof(command),
		"cp '%s'/*-7-*.lz4 '%s/other.cbor.lz4'; for f in '%s'/*-9-*.lz4; do lz4 -dcq $f | lz4 -9q >'%s/packed.cbor.lz4'; done",
		deaths, copies, deaths, copies);
	shell(command);
	index_ends(DB("add", copies), DONE, "0 added to ");
	index_expect("SELECT count(*) FROM ttlog_crashes", "40");
	death_write(copies, (struct death){.pid = 1000});
	index_ends(DB("add", copies), DONE, "1 added to ");
	index_expect(
		"SELECT service, host, reason, signal, died_at, pid, program, function, file, line, title FROM ttlog_crashes WHERE pid = 1000",
		"shop|host|SIGSEGV|11|1790000000000000000|1000|/nowhere/shop|pay|pay.c|12|SIGSEGV in pay < serve");
	index_expect(
		"SELECT count(*) FROM ttlog_crashes WHERE length(id) = 64 AND bytes > 100 AND substr(snapshot, 1, 1) = '/' AND added_at > died_at",
		"41");
}

/* A real one, with debug information to be found. */
static void symbolized_is_the_same(void)
{
	const char *path = make_snapshot(PROGRAM("orders"), NULL);
	index_ends(DB("add", path), DONE, "1 added to ");
	cr_assert(ttlog(LIST("symbolize", "--embed-source", path)).status == 0);
	index_ends(DB("add", path), DONE, "0 added to ");
	index_expect("SELECT count(*), min(function), min(line) > 30, min(title) FROM ttlog_crashes",
		     "1|price|1|SIGSEGV in price < worker");
}

/* The same deaths as in its directory; the path is one that can be viewed. */
static void bundles(void)
{
	const char *deaths = deaths_write(3, 3, 1), *bundle = place_path("deaths.tar.zst");
	char path[2048], wanted[2048];
	cr_assert(ttlog(LIST("collect", "--bundle", bundle, "-o", place_path("deaths.md"), deaths)).status == 0);
	index_ends(DB("add", bundle), DONE, "3 added to ");
	index_ends(DB("add", deaths), DONE, "0 added to ");
	snprintf(path, sizeof(path), "%s", index_query("SELECT snapshot FROM ttlog_crashes WHERE pid = 2"));
	snprintf(wanted, sizeof(wanted), "%s:", bundle);
	cr_assert(strncmp(path, wanted, strlen(wanted)) == 0 && strstr(path, "ttlog-shop-2-"), "%s", path);
	index_ends(ttlog(LIST("view", path)), DONE, "pay_1");
}

/* Real deaths, of several kinds: the index and the report of one run speak of the same groups. */
static void groups_of_collect(void)
{
	static const char *const kinds[] = {"null_read", "abort",       "null_read",     "division",
					    "assert",    "double_free", "stack_overflow"};
	static const char compare[] =
		"import json,sys\n"
		"seen = lambda groups: sorted([group[k] for k in ('fingerprint', 'title', 'count', 'first_seen', 'last_seen')] for group in groups)\n"
		"collect, index = (open(name).read() for name in sys.argv[1:])\n"
		"collect = seen(json.loads(collect)['groups'])\n"
		"index = seen(map(json.loads, index.splitlines()))\n"
		"assert collect == index and len(index) > 4, (collect, index)\n";
	char directory[1024];
	for (size_t i = 0; i < COUNT(kinds); i++)
		process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), kinds[i]), .agent = true});
	snprintf(directory, sizeof(directory), "%s", place_storage());
	const struct outcome report = ttlog(LIST("collect", "--format", "json", directory));
	index_ends(DB("add", directory), DONE, " added to ");
	const struct outcome groups = DB("groups", "--json");
	const char *one = place_file("collect.json", report.out.data, report.out.size),
		   *other = place_file("groups.json", groups.out.data, groups.out.size);
	const struct outcome same = process_run(&(struct process_setup){.argv = LIST("python3", "-c", compare, one, other)});
	cr_assert(same.status == 0, "%s", same.err.data);
}

static unsigned number_before(const char *text, const char *word)
{
	const char *at = strstr(text, word);
	cr_assert(at != NULL, "no %s in %s", word, text);
	while (at > text && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return (unsigned)strtoul(at, NULL, 10);
}

/* Each of them makes the tables, too; and they come to the same rows from different ends. TTLOG_CRASHES=10000 is the long form. */
static void many_add_at_once(void)
{
	enum { PROCESSES = 4 };
	const char *wanted = getenv("TTLOG_CRASHES");
	const size_t half = (wanted ? strtoul(wanted, NULL, 10) : 300) / 2;
	const char *some = deaths_write(half, 7, 1), *others = deaths_write(half, 7, 1 + (int64_t)half);
	char counts[64];
	struct process *processes[PROCESSES];
	unsigned added = 0;
	for (unsigned i = 0; i < PROCESSES; i++)
		processes[i] = index_start(
			LIST("--build", "b1", "add", "--jobs", i % 2 ? "1" : "2", i % 2 ? some : others, i % 2 ? others : some));
	for (unsigned i = 0; i < PROCESSES; i++) {
		const struct outcome outcome = process_finish(processes[i]);
		cr_assert(outcome.status == 0, "%s", outcome.err.data);
		added += number_before(outcome.out.data, " added");
	}
	cr_assert(added == 2 * half, "%u", added);
	snprintf(counts, sizeof(counts), "%zu|%zu", 2 * half, 2 * half);
	index_expect("SELECT count(*), count(DISTINCT pid) FROM ttlog_crashes", counts);
	index_expect("SELECT count(*) FROM ttlog_builds", "1");
}

static void what_is_no_death_and_what_is_bad(void)
{
	const char *deaths = deaths_write(3, 1, 1), *bad = place_file("bad.cbor.lz4", "not a snapshot", 14);
	death_write(deaths, (struct death){.reason = "request", .pid = 50});
	death_write(deaths, (struct death){.reason = "interval", .pid = 51});
	death_write(deaths, (struct death){.reason = "timeout", .pid = 52});
	const struct outcome outcome = DB("add", deaths, bad, "/nowhere/x.cbor.lz4");
	index_ends(outcome, BAD_FILE, "bad.cbor.lz4: ");
	cr_assert(strstr(outcome.err.data, "/nowhere/x.cbor.lz4: "), "%s", outcome.err.data);
	cr_assert(strstr(outcome.out.data, "4 added to ") &&
			  strstr(outcome.out.data, ", 2 no deaths, passed over (--all), 2 bad\n"),
		  "%s", outcome.out.data);
	index_expect("SELECT count(*) FROM ttlog_crashes", "4");
	index_ends(DB("add", "--all", deaths), DONE, "2 added to ");
	index_expect("SELECT count(*) FROM ttlog_crashes", "6");
}

/* A file that needs more memory than there is ends who reads it; the others are read all the same. */
Test(db_sqlite, ends_its_reader)
{
	const size_t bytes = (size_t)60 << 20;
	char *huge = malloc(bytes), command[8192];
	const char *deaths = deaths_write(40, 1, 100);
	index_begin_sqlite();
	memset(huge, 'x', bytes);
	const char *bad = death_write(deaths,
				      (struct death){.pid = 120, .at = DEATH_TIME + 20 * MINUTE_NS + 1, .message = {huge, bytes}});
	snprintf(command, sizeof(command), "touch -d @1 '%s'; ulimit -v 150000; exec '" TTLOG "' db --db '%s' add --jobs 2 '%s'",
		 bad, index_url(), deaths);
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST("sh", "-c", command)});
	index_ends(outcome, BAD_FILE, bad);
	cr_assert(strstr(outcome.out.data, "40 added to ") && strstr(outcome.out.data, ", 1 bad\n"), "%s%s", outcome.out.data,
		  outcome.err.data);
	index_expect("SELECT count(*) FROM ttlog_crashes", "40");
	index_ends(DB("add", deaths), DONE, "1 added to ");
	index_expect("SELECT max(length(message)) FROM ttlog_crashes", "4096");
}

/* What crashed programs say -------------------------------------------------------------------------------------------------------- */

#define HOSTILE         "'); DROP TABLE ttlog_crashes; -- \"\x1b]0;x\x07 \xff\xe2\x80\xae $1 %s <b>|*_`[x](http://y)\n::error::"
#define HOSTILE_AND_NUL HOSTILE "\0end"
/* As a database may have it: no NUL, and what is not UTF-8 replaced. */
#define HOSTILE_STORED                                                                                                                               \
	"27293B2044524F50205441424C452074746C6F675F637261736865733B202D2D20221B5D303B780720EFBFBDE280AE202431202573203C623E7C2A5F605B785D2868747470" \
	"3A2F2F79290A3A3A6572726F723A3AEFBFBD656E64"

/* No control character but line feeds, nothing that turns the direction of writing. */
static void expect_harmless(const char *text)
{
	for (const char *at = text; *at; at++)
		cr_assert(((unsigned char)*at >= 0x20 || *at == '\n') && *at != 0x7f, "a byte %02x in: %s", (unsigned char)*at, at);
	cr_assert(!strstr(text, "\xe2\x80\xae") && !strchr(text, 0xff), "%s", text);
}

static void expect_json(const char *text)
{
	const char *check = "import json,sys\nfor line in sys.stdin: json.loads(line)";
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST("python3", "-c", check), .input = text});
	cr_assert(outcome.status == 0, "%s\n%s", outcome.err.data, text);
}

static void hostile_texts(const char *hex)
{
	static const char *const verbs[] = {"query", "groups", "report"};
	const char *deaths = place_directory();
	death_write(
		deaths,
		(struct death){.service = HOSTILE, .function = HOSTILE, .message = {HOSTILE_AND_NUL, sizeof(HOSTILE_AND_NUL) - 1}});
	index_ends(DB("--build", HOSTILE, "--project", HOSTILE, "add", deaths), DONE, "1 added to ");
	index_ends(DB("--build", HOSTILE, "--project", HOSTILE, "add", deaths), DONE, "0 added to ");
	index_expect(hex, HOSTILE_STORED);
	index_ends(DB("query", "--service", HOSTILE, "--build", HOSTILE), DONE, "SIGSEGV");
	index_ends(DB("query", "--service", "' OR 1=1 --"), NOTHING, "no death there that matches");
	for (size_t i = 0; i < COUNT(verbs); i++) {
		const struct outcome text = DB(verbs[i]), markdown = DB(verbs[i], "--format", "markdown"),
				     json = DB(verbs[i], "--json");
		cr_assert(text.status == 0 && markdown.status == 0 && json.status == 0, "%s: %s%s%s", verbs[i], text.err.data,
			  markdown.err.data, json.err.data);
		expect_harmless(text.out.data);
		expect_harmless(markdown.out.data);
		expect_json(json.out.data);
		cr_assert(!strstr(markdown.out.data, "<b>") &&
				  strstr(markdown.out.data, "&#60;b&#62;&#124;&#42;&#95;&#96;&#91;x&#93;(http&#58;//y)"),
			  "%s", markdown.out.data);
	}
	index_expect("SELECT count(*) FROM ttlog_crashes", "1");
}

/* Groups and builds ------------------------------------------------------------------------------------------------------------------ */

static void add_build(const char *build, unsigned at, const char *const *functions)
{
	const char *deaths = place_directory();
	for (unsigned i = 0; functions[i]; i++)
		death_write(deaths, (struct death){.function = functions[i], .pid = 1 + i, .at = DEATH_TIME + at * MINUTE_NS + i});
	const struct outcome outcome = DB("--build", build, "add", deaths);
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
}

static void expect_groups(const char *const *arguments, const char *wanted)
{
	const struct outcome outcome = index_run(arguments);
	char got[1000] = "";
	for (const char *at = outcome.out.data; (at = strstr(at, "SIGSEGV in ")); at += 11)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%.*s ", (int)strcspn(at + 11, " "), at + 11);
	cr_assert(strcmp(got, wanted) == 0, "%s %s: '%s' instead of '%s'\n%s", arguments[0], arguments[1], got, wanted,
		  outcome.err.data);
	cr_assert(WEXITSTATUS(outcome.status) == (*wanted ? DONE : NOTHING));
}

/* f in all; g new in the second, gone in the third, back in the fourth; h only in the last. The order is that of the deaths. */
static void groups_over_builds(void)
{
	add_build("v4", 40, LIST("f", "g", "h"));
	add_build("v1", 10, LIST("f", "f", "f"));
	add_build("v2", 20, LIST("f", "g", "g"));
	add_build("v3", 30, LIST("f"));
	expect_groups(LIST("groups", "--limit", "0"), "f g h ");
	expect_groups(LIST("groups", "--limit", "2"), "f g ");
	expect_groups(LIST("groups", "--new-in", "v1"), "f ");
	expect_groups(LIST("groups", "--new-in", "v2"), "g ");
	expect_groups(LIST("groups", "--new-in", "v3"), "");
	expect_groups(LIST("groups", "--new-in", "v4"), "h ");
	expect_groups(LIST("groups", "--back-in", "v4"), "g ");
	expect_groups(LIST("groups", "--back-in", "v2"), "");
	expect_groups(LIST("groups", "--build", "v2"), "g f ");
	expect_groups(LIST("groups", "--since", "2026-09-21 14:53:20Z"), "h g f ");
	expect_groups(LIST("groups", "--until", "2026-09-21 14:33:20Z"), "f ");
	index_ends(DB("groups"), DONE, "6  3 1 1 1");
	index_ends(DB("groups"), DONE, "3  0 2 0 1");
	index_ends(DB("groups", "--json"), DONE,
		   "\"count\": 3, \"first_seen\": \"2026-09-21T14:33:20Z\", \"last_seen\": \"2026-09-21T14:53:20Z\", "
		   "\"builds\": [{\"build\": \"v2\", \"count\": 2}, {\"build\": \"v4\", \"count\": 1}]");
	index_ends(DB("report"), DONE,
		   "10 deaths in 3 groups, of 1 service on 1 host, from 2026-09-21 14:23 to 2026-09-21 14:53 UTC\n"
		   "  last build v4 of 4, since 2026-09-21 14:53: 3 deaths in 3 groups\n\nNew in the last build\n");
	expect_groups(LIST("report", "--json"), "h g f g h ");
	expect_groups(LIST("report", "--limit", "1"), "h g f ");
	index_ends(DB("groups", "--new-in", "v9"), USAGE, "no build v9 there");
	/* A build in which nothing died: all that there was is gone. */
	const struct outcome nothing = DB("--build", "v5", "add", place_path("nothing"));
	cr_assert(nothing.status == 0 && strstr(nothing.err.data, "nothing died in build v5"), "%s", nothing.err.data);
	index_ends(DB("report"), DONE, "last build v5 of 5");
	expect_groups(LIST("report", "--json"), "f g h f g h ");
	/* Builds of another project come in between, and change nothing. */
	index_ends(DB("--project", "other", "--build", "o1", "add", place_path("nothing")), DONE, "0 added to ");
	add_build("v6", 1000000, LIST("g")); /* after v5, whose time is that of its naming: now */
	expect_groups(LIST("groups", "--back-in", "v6"), "g ");
	expect_groups(LIST("groups", "--project", "other"), "");
}

static void prune(void)
{
	const char *deaths = place_directory();
	const uint64_t day_ns = 24 * 60 * MINUTE_NS;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	for (unsigned age = 1; age <= 20; age++)
		death_write(deaths, (struct death){.pid = age, .at = (uint64_t)now.tv_sec * 1000000000 - age * day_ns});
	index_ends(DB("add", deaths), DONE, "20 added to ");
	index_ends(DB("prune"), USAGE, "--keep-days");
	index_ends(DB("prune", "--keep-days", "15"), DONE, "6 removed from ");
	index_expect("SELECT count(*), max(pid) FROM ttlog_crashes", "14|14");
	index_ends(DB("prune", "--keep-days", "15"), DONE, "0 removed from ");
	index_ends(DB("query", "--since", "-4.5d", "--limit", "3", "--json"), DONE, "\"pid\": 3");
	index_ends(DB("add", "--keep-days", "10", deaths), DONE, "6 added to ");
	index_expect("SELECT count(*), max(pid) FROM ttlog_crashes", "9|9");
	index_ends(DB("prune", "--keep-days", "0"), DONE, "9 removed from ");
	index_ends(DB("query"), NOTHING, "no death there");
}

Test(db_sqlite, same_again_is_the_same)
{
	index_begin_sqlite();
	same_again_is_the_same();
}

Test(db_sqlite, symbolized_is_the_same)
{
	index_begin_sqlite();
	symbolized_is_the_same();
}

Test(db_sqlite, bundles)
{
	index_begin_sqlite();
	bundles();
}

Test(db_sqlite, groups_of_collect)
{
	index_begin_sqlite();
	groups_of_collect();
}

Test(db_sqlite, many_add_at_once)
{
	index_begin_sqlite();
	many_add_at_once();
	index_expect("PRAGMA integrity_check", "ok");
}

Test(db_sqlite, what_is_no_death_and_what_is_bad)
{
	index_begin_sqlite();
	what_is_no_death_and_what_is_bad();
}

Test(db_sqlite, hostile_texts)
{
	index_begin_sqlite();
	hostile_texts("SELECT hex(message) FROM ttlog_crashes");
}

Test(db_sqlite, groups_over_builds)
{
	index_begin_sqlite();
	groups_over_builds();
}

Test(db_sqlite, prune)
{
	index_begin_sqlite();
	prune();
}

/* One server for all: it takes seconds to make. */
Test(db_postgresql, the_same_on_a_server)
{
	static void (*const bodies[])(void) = {same_again_is_the_same, many_add_at_once, what_is_no_death_and_what_is_bad,
					       groups_over_builds, prune};
	for (size_t i = 0; i < COUNT(bodies); i++) {
		index_begin_postgresql("UTF8");
		bodies[i]();
	}
	/* What Citus asks of tables that it distributes. */
	index_expect("SELECT count(*) FROM pg_constraint WHERE contype = 'f'", "0");
	index_expect("SELECT count(*) FROM pg_class WHERE relkind = 'S'", "0");
	index_expect(
		"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'ttlog_crashes'::regclass AND contype = 'p'",
		"PRIMARY KEY (id)");
	index_begin_postgresql("UTF8");
	hostile_texts("SELECT upper(encode(convert_to(message, 'UTF8'), 'hex')) FROM ttlog_crashes");
	index_end();
}

/* A database that cannot hold the text takes the row all the same. */
Test(db_postgresql, other_encodings)
{
	const char *deaths = place_directory();
	index_begin_postgresql("LATIN1");
	death_write(deaths, (struct death){.message = {"gr\xc3\xbc\xc3\x9f \xff z", 10}});
	index_ends(DB("add", deaths), DONE, "1 added to ");
	index_expect("SELECT message FROM ttlog_crashes", "gr?? ? z");
	index_end();
}
