/*
 * The calls that are less common: wide text, libc's own messages, log files, the journal. What is recorded are the bytes that came
 * out, and the program does the same without the agent.
 */
#include "describe.h"
#include "heard.h"
#include "place.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>

TestSuite(say, .init = place_init, .fini = place_fini, .timeout = 60);

static void expect_same_with_agent(const char *const *argv)
{
	struct outcome outcomes[2];
	for (int agent = 0; agent < 2; agent++)
		outcomes[agent] = process_run(&(struct process_setup){
			.argv = argv, .agent = agent, .environment = heard_environment, .directory = place_directory()});
	expect_same(outcomes[0], outcomes[1]);
	cr_assert(outcomes[0].status == 0, "%s", status_text(outcomes[0].status));
}

static void check(const char *const *argv, struct snapshot *snapshot)
{
	expect_same_with_agent(argv);
	cr_assert(expect_heard(argv, place_directory(), snapshot));
}

#define SAID(way)                                                                                                                  \
	Test(say, way)                                                                                                             \
	{                                                                                                                          \
		struct snapshot snapshot;                                                                                          \
		check(LIST(PROGRAM("say"), #way), &snapshot);                                                                      \
	}

SAID(wide)
SAID(characters)
SAID(messages)
SAID(signals)
SAID(ends)

/* What getopt(3) prints by itself. */
Test(say, options)
{
	struct snapshot snapshot;
	check(LIST(PROGRAM("options")), &snapshot);
	expect_event(&snapshot, SOURCE_STDERR, "options: option '--al' is ambiguous; possibilities: '--all' '--almost'");
	expect_event(&snapshot, SOURCE_STDERR, "options: option requires an argument -- 'b'");
}

static struct outcome run_exceptions(const char *capture)
{
	return process_run(&(struct process_setup){.argv = LIST(TTLOG, "run", "--quiet", "--on-exit", "always", "--storage",
								place_storage(), "--", PROGRAM("exceptions")),
						   .environment = LIST(capture)});
}

/* The type of each exception, also of those that the library throws; only where asked for. */
Test(say, exceptions)
{
	static const struct expected_event expected[] = {{SOURCE_THROW, "shop::sold_out"},
							 {SOURCE_THROW, "std::runtime_error"},
							 {SOURCE_THROW, "int"},
							 {SOURCE_THROW, "std::out_of_range"}};
	struct snapshot snapshot;
	expect_same_with_agent(LIST(PROGRAM("exceptions")));
	const struct outcome outcome = run_exceptions("TTLOG_CAPTURE=stdout,throw");
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	cr_assert_str_eq(outcome.out.data, "caught 1\ncaught 2\ncaught 3\ncaught 4\n");
	snapshot_only(&snapshot, NULL);
	expect_events_in_order(&snapshot, expected, sizeof(expected) / sizeof(expected[0]));
	place_storage_clear();
	run_exceptions("TTLOG_LANES=32");
	snapshot_only(&snapshot, NULL);
	cr_assert(!find_event(&snapshot, SOURCE_THROW, "int"));
}

/* What syslog(3) prints as well, by LOG_PERROR, is one text: it is recorded as the log's, with its priority. */
Test(say, log_printed_too)
{
	struct snapshot snapshot;
	const char *const *argv = LIST(PROGRAM("say"), "log");
	expect_same_with_agent(argv);
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "run", "--quiet", "--on-exit", "always", "--storage", place_storage(),
						     "--", argv[0], argv[1])});
	cr_assert_str_eq(outcome.err.data, "say: to both 1\nbehind it\n");
	snapshot_only(&snapshot, NULL);
	cr_assert_eq(snapshot.event_count, 2);
	cr_assert_eq(expect_event(&snapshot, SOURCE_SYSLOG, "to both 1")->level, LEVEL_ERROR);
	expect_event(&snapshot, SOURCE_STDERR, "behind it");
}

/* assert_perror(3) names the error. */
Test(say, unexpected)
{
	struct snapshot snapshot;
	const char *const *argv = LIST(PROGRAM("say"), "unexpected");
	const struct outcome plain = process_run(&(struct process_setup){.argv = argv}),
			     agent = process_run(&(struct process_setup){.argv = argv, .agent = true});
	expect_same(plain, agent);
	expect_one_snapshot(agent, &snapshot);
	expect_event_holding(&snapshot, "say_unexpected: Unexpected error: Permission denied.");
	expect_abort_message(&snapshot, "say_unexpected: Unexpected error: Permission denied.");
}

/* What stands in a buffer at a death was said, though it never comes out. */
Test(say, rest)
{
	struct snapshot snapshot;
	const struct outcome agent = process_run(&(struct process_setup){.argv = LIST(PROGRAM("say"), "rest"), .agent = true});
	expect_one_snapshot(agent, &snapshot);
	cr_assert_str_eq(agent.out.data, "");
	const struct bytes text = heard_text(&snapshot, SOURCE_STDOUT, SOURCE_STDOUT);
	cr_assert_str_eq(text.data, "a line\nand the beginning of another", "%s", text.data);
}

/* Log files ------------------------------------------------------------------------------------------------------------------- */

/* The events of one file, joined. */
static struct bytes text_of_file(const struct snapshot *snapshot, const char *path)
{
	struct bytes text = {NULL, 0};
	FILE *file = open_memstream(&text.data, &text.size);
	for (size_t i = 0; i < snapshot->event_count; i++) {
		const struct snapshot_event *event = &snapshot->events[i];
		if (event->source == SOURCE_FILE && event->target && strcmp(event->target, path) == 0)
			fwrite(event->message.data, 1, event->message.bytes, file);
	}
	fclose(file);
	return text;
}

static void expect_file(const struct snapshot *snapshot, const char *path, const char *expected)
{
	const struct bytes text = text_of_file(snapshot, path);
	cr_assert_str_eq(text.data, expected, "%s: \"%s\"", path, text.data);
}

static void expect_no_other_file(const struct snapshot *snapshot, const char *part)
{
	for (size_t i = 0; i < snapshot->event_count; i++)
		cr_assert(snapshot->events[i].source != SOURCE_FILE || strstr(snapshot->events[i].target, part), "%s is recorded",
			  snapshot->events[i].target);
}

Test(say, files)
{
	struct snapshot snapshot;
	check(LIST(PROGRAM("say"), "files"), &snapshot);
	expect_file(&snapshot, "stream.log", "stream 1\nfputs\ncfwrite\nstream 3\nfputs\ncfwrite\n");
	expect_file(&snapshot, "again.log", "stream 4\nfputs\ncfwrite\n");
	expect_no_other_file(&snapshot, ".log");
}

Test(say, descriptors)
{
	struct snapshot snapshot;
	check(LIST(PROGRAM("say"), "descriptors"), &snapshot);
	expect_file(&snapshot, "first.log", "first\ncopy\nnumber 100\nin parts\ndprintf 1\n");
	expect_no_other_file(&snapshot, ".log");
}

/* Renamed and opened anew, cut off, another file put over it, closed in every way and the number given to something else. */
Test(say, rotation)
{
	struct snapshot snapshot;
	check(LIST(PROGRAM("say"), "rotation"), &snapshot);
	expect_file(&snapshot, "rotated.log", "renamed\nafter the renaming\nreopened\ncut off\n");
	expect_file(&snapshot, "next.log", "by dup2\nby a stream\n");
	expect_no_event_holding(&snapshot, "no log");
}

/* The recorder of each process holds what that process wrote. */
Test(say, child)
{
	struct snapshot snapshot;
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST(PROGRAM("say"), "child"), .agent = true});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	snapshot_only(&snapshot, NULL);
	cr_assert(snapshot.signal.number == SIGSEGV && snapshot.ppid == outcome.pid);
	expect_file(&snapshot, "shared.log", "child\n");
}

Test(say, files_by_pattern)
{
	struct snapshot snapshot;
	const char *const setting = "TTLOG_CAPTURE=files:data.*,files:*/nowhere/*,files:oth[a-f]r.t?t";
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "run", "--quiet", "--on-exit", "always", "--storage", place_storage(),
						     "--", PROGRAM("say"), "files"),
					.environment = LIST(setting)});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	snapshot_only(&snapshot, NULL);
	expect_file(&snapshot, "other.txt", "stream 2\nfputs\ncfwrite\n");
	expect_file(&snapshot, "data.bin", "stream 5\nfputs\ncfwrite\n");
	expect_file(&snapshot, "stream.log", "");
}

/* The journal ----------------------------------------------------------------------------------------------------------------- */

static const struct snapshot_event *journal_event(const struct snapshot *snapshot, const char *text, unsigned level)
{
	const struct snapshot_event *event = expect_event(snapshot, SOURCE_JOURNAL, text);
	cr_assert(event->level == level, "%s: level %u", text, event->level);
	return event;
}

static void expect_value(const struct snapshot_event *event, const char *key, const char *expected)
{
	const struct snapshot_value *value = find_value(event, key);
	cr_assert(value && value->value.string_bytes == strlen(expected) &&
			  !memcmp(value->value.string, expected, strlen(expected)),
		  "%s is not %s", key, expected);
}

/* None is recorded twice, though libsystemd's functions call each other. */
static void expect_journal(const struct snapshot *snapshot)
{
	size_t count = 0;
	for (size_t i = 0; i < snapshot->event_count; i++)
		count += snapshot->events[i].source == SOURCE_JOURNAL;
	cr_assert(count == 11, "%zu events%s", count, snapshot_describe(snapshot));
	journal_event(snapshot, "print 1 two 2.50", LEVEL_ERROR);
	const struct snapshot_event *sent = journal_event(snapshot, "sent 7 1.5", LEVEL_WARN);
	expect_value(sent, "USER_ID", "42");
	expect_value(sent, "NAME", "x y");
	const struct snapshot_event *vector = journal_event(snapshot, "by vector", LEVEL_FATAL);
	expect_value(vector, "KEY", "value");
	expect_value(vector, "EMPTY", "");
	journal_event(snapshot, "perror: No such file or directory", LEVEL_ERROR);
	journal_event(snapshot, "at 9", LEVEL_INFO);
	expect_value(journal_event(snapshot, "sent at here", LEVEL_INFO), "A", "b");
	journal_event(snapshot, "list of 2, three", LEVEL_WARN);
	expect_value(journal_event(snapshot, "vector at", LEVEL_INFO), "KEY", "other");
	journal_event(snapshot, "Operation not permitted", LEVEL_ERROR);
	expect_value(journal_event(snapshot, "long 2.500000 x (nil)", LEVEL_INFO), "NEXT", "behind it");
}

Test(say, journal)
{
	struct snapshot snapshot;
	check(LIST(PROGRAM("journal")), &snapshot);
	expect_journal(&snapshot);
}

/* A plug-in brings the library; the program, which does not know it, must not see its functions either. */
Test(say, journal_of_a_plugin)
{
	struct snapshot snapshot;
	const char *const plugin = realpath(PROGRAM("journal.so"), NULL);
	check(LIST(PROGRAM("load"), plugin, "speak"), &snapshot);
	expect_journal(&snapshot);
	expect_event_holding(&snapshot, "unknown");
}

Test(say, journal_not_wanted)
{
	struct snapshot snapshot;
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "run", "--quiet", "--on-exit", "always", "--storage", place_storage(),
						     "--", PROGRAM("journal")),
					.environment = LIST("TTLOG_CAPTURE=stdout")});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	snapshot_only(&snapshot, NULL);
	cr_assert(snapshot.event_count == 1);
}

/* Secrets ------------------------------------------------------------------------------------------------------------------- */

/* TTLOG_REDACT: no byte of a secret reaches the snapshot, by whatever way it was said. */
Test(say, secrets)
{
	static const char script[] = "echo password=hunter2; echo 'Authorization: Bearer hunter2hunter2' >&2; kill -SEGV $$";
	struct snapshot snapshot;
	const char *path;
	unsigned char *cbor;
	size_t bytes;
	struct snapshot_error error;
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("/bin/bash", "-c", script, "x", "--password", "hunter2"), .agent = true});
	snapshot_only(&snapshot, &path);
	cr_assert(strstr(outcome.out.data, "hunter2"), "what the program says is its own affair");
	cr_assert_eq(snapshot_load(path, &cbor, &bytes, &error), 0);
	/* The script itself is an argument, in which a name and a value are to be seen too. */
	cr_assert(!memmem(cbor, bytes, "hunter2", 7), "%s", snapshot_describe(&snapshot));
	cr_assert(snapshot.stats.redacted >= 4, "%lu", (unsigned long)snapshot.stats.redacted);
}
