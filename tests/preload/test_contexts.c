/*
 * Contexts of threads (ttlog_context.h): all that a thread says carries them, macros and what unmodified code prints alike; not what
 * other threads say; the child of a fork keeps them; listeners are handed them; a handler finds them whole.
 */
#include "describe.h"
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(contexts, .init = place_init, .fini = place_fini, .timeout = 100);

static void run_and_die(const char *program, const char *mode, const char *const *environment, struct snapshot *snapshot)
{
	const struct outcome agent = process_run(
		&(struct process_setup){.argv = LIST(program, mode), .agent = true, .environment = environment});
	cr_assert(WIFSIGNALED(agent.status), "%s\n%s", status_text(agent.status), agent.err.data);
	expect_one_snapshot(agent, snapshot);
	expect_sound(snapshot, agent.pid);
	expect_no_degradations(snapshot);
}

static void expect_ends_well(const char *mode, bool agent)
{
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("contexts"), mode), .agent = agent, .limit_s = 90});
	cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
}

/* So many values in all, and this one among them. */
static const struct snapshot_value *value(const struct snapshot *snapshot, int source, const char *text, const char *key,
					  size_t count)
{
	const struct snapshot_event *event = expect_event(snapshot, source, text);
	cr_assert(event->value_count == count, "\"%s\" has %zu values, not %zu", text, event->value_count, count);
	const struct snapshot_value *found = find_value(event, key);
	cr_assert(found, "\"%s\" has no %s", text, key);
	return found;
}

static void expect_id(const struct snapshot *snapshot, int source, const char *text, size_t count, int id)
{
	const struct snapshot_value *found = value(snapshot, source, text, "request_id", count);
	cr_assert(found->value.type != VALUE_STRING && found->value.number.i == id, "\"%s\"", text);
}

static void expect_none(const struct snapshot *snapshot, const char *text)
{
	cr_assert_eq(expect_event(snapshot, SOURCE_MACRO, text)->value_count, 0, "\"%s\" has values", text);
}

static void expect_string(const struct snapshot_value *found, const char *text)
{
	cr_assert(found->value.type == VALUE_STRING && found->value.string && found->value.string_bytes == strlen(text) &&
			  memcmp(found->value.string, text, strlen(text)) == 0,
		  "%s is not \"%s\"", found->key, text);
}

static void expect_limits(const struct snapshot *snapshot)
{
	cr_assert(value(snapshot, SOURCE_MACRO, "full", "k1", 8)->value.number.i == 1);
	expect_string(value(snapshot, SOURCE_MACRO, "full", "k2", 8), "its own");
	expect_string(value(snapshot, SOURCE_MACRO, "full", "k7", 8), "another");
	cr_assert(value(snapshot, SOURCE_MACRO, "full", "one more", 8)->value.number.i == -1);
	cr_assert_eq(value(snapshot, SOURCE_MACRO, "long", "long", 1)->value.string_bytes, 200);
}

static void expect_types(const struct snapshot *snapshot)
{
	cr_assert(value(snapshot, SOURCE_MACRO, "types", "signed", 7)->value.number.i == -5);
	cr_assert(value(snapshot, SOURCE_MACRO, "types", "unsigned", 7)->value.number.u == 5);
	cr_assert(value(snapshot, SOURCE_MACRO, "types", "double", 7)->value.number.d == 0.25);
	cr_assert(value(snapshot, SOURCE_MACRO, "types", "bool", 7)->value.type == VALUE_BOOL);
	expect_string(value(snapshot, SOURCE_MACRO, "types", "string", 7), "text");
	cr_assert(value(snapshot, SOURCE_MACRO, "types", "null", 7)->value.string == NULL);
	cr_assert(value(snapshot, SOURCE_MACRO, "types", "pointer", 7)->value.string_bytes > 2); /* "0x..." */
}

static void expect_everything(const struct snapshot *snapshot)
{
	expect_limits(snapshot);
	expect_types(snapshot);
	expect_none(snapshot, "before");
	expect_id(snapshot, SOURCE_MACRO, "alone", 1, 17);
	expect_id(snapshot, SOURCE_MACRO, "few", 2, 17);
	expect_id(snapshot, SOURCE_MACRO, "string", 2, 17);
	expect_id(snapshot, SOURCE_MACRO, "many", 5, 17);
	expect_string(value(snapshot, SOURCE_MACRO, "own counts", "request_id", 1), "own");
	expect_id(snapshot, SOURCE_MACRO, "formatted 1", 1, 17);
	expect_id(snapshot, SOURCE_STDOUT, "printed", 1, 17);
	expect_id(snapshot, SOURCE_WRITE2, "written", 1, 17);
	expect_id(snapshot, SOURCE_SYSLOG, "to syslog", 1, 17);
	expect_id(snapshot, SOURCE_MACRO, "span", 2, 17);
	expect_none(snapshot, "begins with none");
	cr_assert(value(snapshot, SOURCE_MACRO, "in a thread", "thread", 2)->value.number.i == 1);
	expect_none(snapshot, "after");
	cr_assert_eq(snapshot->stats.torn + snapshot->stats.dropped, 0);
}

Test(contexts, all_that_a_thread_says)
{
	struct snapshot snapshot;
	run_and_die(PROGRAM("contexts"), "die", NULL, &snapshot);
	expect_everything(&snapshot);
}

/* The other way of writing. */
Test(contexts, in_shared_lanes)
{
	struct snapshot snapshot;
	run_and_die(PROGRAM("contexts"), "die", LIST("TTLOG_LANES=1"), &snapshot);
	expect_everything(&snapshot);
}

Test(contexts, view)
{
	struct snapshot snapshot;
	run_and_die(PROGRAM("contexts"), "die", NULL, &snapshot);
	const struct outcome view = process_run(
		&(struct process_setup){.argv = LIST(BUILD_DIR "/ttlog", "view", "--no-color", "--last", "100", place_storage())});
	cr_assert(strstr(view.out.data, " stdout printed request_id=17 ") && strstr(view.out.data, " few a=1 request_id=17 "), "%s",
		  view.out.data);
}

Test(contexts, of_threads)
{
	expect_ends_well("threads", true);
}

Test(contexts, kept_by_the_child_of_a_fork)
{
	struct snapshot snapshot;
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("contexts"), "child"), .agent = true});
	cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
	expect_one_snapshot(outcome, &snapshot);
	expect_id(&snapshot, SOURCE_MACRO, "in the child", 1, 17);
	expect_id(&snapshot, SOURCE_MACRO, "changed in the child", 1, 18);
	expect_none(&snapshot, "begins with none");
	cr_assert(value(&snapshot, SOURCE_MACRO, "in a thread", "thread", 2)->value.number.i == 2);
}

Test(contexts, of_listeners)
{
	expect_ends_well("listened", true);
}

Test(contexts, without_an_agent)
{
	expect_ends_well("without", false);
}

Test(contexts, whole_in_handlers)
{
	struct snapshot snapshot;
	size_t count = 0;
	run_and_die(PROGRAM("contexts"), "signals", NULL, &snapshot);
	for (size_t i = 0; i < snapshot.event_count; i++) {
		const struct snapshot_event *event = &snapshot.events[i];
		if (event->source != SOURCE_MACRO || event->message.data == NULL ||
		    strcmp(event->message.data, "in a handler") != 0)
			continue;
		const struct snapshot_value *found = find_value(event, "a");
		if (!found && count == 0)
			continue; /* before the first was set */
		cr_assert(found && found->value.type == VALUE_STRING && event->value_count == 1);
		expect_string(found, found->value.string_bytes == 4 ? "even" : "an odd one, which is longer");
		count++;
	}
	cr_assert_gt(count, 250);
}

Test(contexts, string_views_of_cpp)
{
	struct snapshot snapshot;
	run_and_die(PROGRAM("contexts_cpp"), "die", NULL, &snapshot);
	expect_string(value(&snapshot, SOURCE_MACRO, "view", "part", 1), "world");
	expect_string(value(&snapshot, SOURCE_MACRO, "views", "a", 5), "world");
	cr_assert(value(&snapshot, SOURCE_MACRO, "views", "b", 5)->value.string == NULL);
	expect_string(value(&snapshot, SOURCE_MACRO, "views", "c", 5), "text");
	expect_string(value(&snapshot, SOURCE_MACRO, "views", "d", 5), "");
	cr_assert(value(&snapshot, SOURCE_MACRO, "views", "e", 5)->value.number.i == 3);
	cr_assert_eq(value(&snapshot, SOURCE_MACRO, "longest", "text", 1)->value.string_bytes, 1024);
	cr_assert_eq(value(&snapshot, SOURCE_MACRO, "longer", "text", 1)->value.string_bytes, 1024);
	cr_assert_eq(snapshot.stats.truncated, 1, "the longer one was cut, and counted");
	expect_string(value(&snapshot, SOURCE_MACRO, "span", "part", 4), "world");
	expect_string(value(&snapshot, SOURCE_MACRO, "span", "name", 4), "ann");
	expect_string(value(&snapshot, SOURCE_MACRO, "span", "view", 4), "world");
	expect_none(&snapshot, "cleared");
}
