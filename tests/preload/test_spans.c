/*
 * Spans of ttlog.h: each end, however the scope is left, in the snapshot and in the view; open ones at a death; levels; handlers,
 * jumps, forked children.
 */
#include "command.h"
#include "spans.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

TestSuite(spans, .init = place_init, .fini = place_fini, .timeout = 100);

static bool is_named(const struct snapshot_event *event, const char *name)
{
	return event->span && event->message.data && strcmp(event->message.data, name) == 0;
}

static size_t count_events(const struct snapshot *snapshot, const char *name, const char *span)
{
	size_t count = 0;
	for (size_t i = 0; i < snapshot->event_count; i++)
		count += is_named(&snapshot->events[i], name) && strcmp(snapshot->events[i].span, span) == 0;
	return count;
}

static void expect_pairs(const struct snapshot *snapshot, const char *name, size_t enters, size_t exits)
{
	cr_assert(count_events(snapshot, name, "enter") == enters && count_events(snapshot, name, "exit") == exits,
		  "\"%s\": %zu begun, %zu ended, not %zu and %zu", name, count_events(snapshot, name, "enter"),
		  count_events(snapshot, name, "exit"), enters, exits);
}

/* Every exit is that of an enter before it, with the time between as its duration. */
static void expect_durations(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->event_count; i++) {
		const struct snapshot_event *exit = &snapshot->events[i], *enter = NULL;
		if (!span_exits(exit))
			continue;
		for (size_t k = 0; k < i; k++) {
			if (span_enters(&snapshot->events[k]) && snapshot->events[k].span_id == exit->span_id)
				enter = &snapshot->events[k];
		}
		cr_assert(enter && strcmp(enter->message.data, exit->message.data) == 0, "\"%s\" was not begun",
			  exit->message.data);
		cr_assert(exit->has_duration && exit->value_count == 0);
		/* From before the enter event to the exit event: each is rounded once. */
		cr_assert(exit->duration + 1 >= exit->timestamp - enter->timestamp, "\"%s\": %" PRIu64 " ns", exit->message.data,
			  exit->duration);
	}
}

static const struct snapshot_event *last_enter(const struct snapshot *snapshot, const char *name)
{
	for (size_t i = snapshot->event_count; i-- > 0;) {
		if (is_named(&snapshot->events[i], name) && span_enters(&snapshot->events[i]))
			return &snapshot->events[i];
	}
	cr_assert_fail("no span \"%s\"", name);
	return NULL;
}

static void expect_spans(struct snapshot *snapshot)
{
	expect_pairs(snapshot, "by return", 1, 1);
	expect_pairs(snapshot, "by break", 2, 2);
	expect_pairs(snapshot, "begun before", 1, 1);
	expect_pairs(snapshot, "muted", 0, 0);
	expect_pairs(snapshot, "debug", 0, 0);
	expect_pairs(snapshot, "after", 2, 2);
	expect_pairs(snapshot, "outer", 2, 1);
	expect_pairs(snapshot, "inner", 2, 1);
	expect_durations(snapshot);
	spans_nest(snapshot);
	const struct snapshot_event *outer = last_enter(snapshot, "outer"), *inner = last_enter(snapshot, "inner");
	cr_assert(outer->open && outer->depth == 0 && outer->value_count == 7 && outer->span_parent == 0);
	cr_assert(inner->open && inner->depth == 1 && inner->span_parent == outer->span_id && inner->value_count == 0);
	cr_assert(!last_enter(snapshot, "by return")->open);
	const struct snapshot_event *said = expect_event(snapshot, SOURCE_STDOUT, "inside");
	cr_assert(said->depth == 2, "what unmodified code says is inside too");
}

static void run_and_die(const char *program, struct snapshot *snapshot)
{
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(program, "die")});
	const struct outcome agent = process_run(&(struct process_setup){.argv = LIST(program, "die"), .agent = true});
	expect_same(plain, agent);
	expect_one_snapshot(agent, snapshot);
	expect_sound(snapshot, agent.pid);
	expect_no_degradations(snapshot);
}

Test(spans, from_c)
{
	struct snapshot snapshot;
	run_and_die(PROGRAM("spans"), &snapshot);
	expect_spans(&snapshot);
}

Test(spans, from_cpp)
{
	struct snapshot snapshot;
	run_and_die(PROGRAM("spans_cpp"), &snapshot);
	expect_spans(&snapshot);
	expect_pairs(&snapshot, "by exception", 1, 1);
	expect_pairs(&snapshot, "moved", 1, 1);
	expect_pairs(&snapshot, "early", 1, 1);
	cr_assert(expect_event(&snapshot, SOURCE_MACRO, "caught")->depth == 0);
	cr_assert(expect_event(&snapshot, SOURCE_MACRO, "while moved")->depth == 1);
	cr_assert(expect_event(&snapshot, SOURCE_MACRO, "after early")->depth == 0);
}

Test(spans, view)
{
	process_run(&(struct process_setup){.argv = LIST(PROGRAM("spans"), "die"), .agent = true});
	const struct outcome view = process_run(
		&(struct process_setup){.argv = LIST(BUILD_DIR "/ttlog", "view", "--no-color", place_storage())});
	const char *out = view.out.data;
	cr_assert(strstr(out, " macro  { outer a=1") && strstr(out, " macro    { inner") && strstr(out, " stdout     inside"), "%s",
		  out);
	const char *open = strstr(out, "  open for ");
	cr_assert(open && strstr(open + 1, "  open for ") && strstr(out, " macro  } outer  "), "%s", out);
}

static void run_places(struct snapshot *snapshot, const char *reason)
{
	const char *const argv[] = {BUILD_DIR "/ttlog", "run", "--storage", place_storage(), "--", PROGRAM("span_places"), NULL};
	process_run(&(struct process_setup){.argv = argv});
	char command[600], path[512] = "";
	snprintf(command, sizeof(command), "ls %s/*-%s.cbor.lz4", place_storage(), reason);
	const struct outcome found = process_run(&(struct process_setup){.argv = LIST("sh", "-c", command)});
	cr_assert(found.status == 0 && sscanf(found.out.data, "%511s", path) == 1, "no snapshot: %s", reason);
	snapshot_at(snapshot, path);
	spans_nest(snapshot);
}

/* The parent: an end through a handler's span; one that was jumped over ends with the span around it, and is not open. */
Test(spans, in_handlers_and_jumped_over)
{
	struct snapshot snapshot;
	run_places(&snapshot, "SIGTERM");
	expect_pairs(&snapshot, "in a handler", 1, 1);
	expect_pairs(&snapshot, "around", 1, 1);
	expect_pairs(&snapshot, "jumped over", 1, 0);
	expect_pairs(&snapshot, "over fork", 1, 1);
	expect_durations(&snapshot);
	cr_assert(expect_event(&snapshot, SOURCE_MACRO, "said in a handler")->depth == 2);
	cr_assert(expect_event(&snapshot, SOURCE_MACRO, "after the jump")->depth == 0);
	cr_assert(!last_enter(&snapshot, "jumped over")->open);
}

/* The child ends its copy of what its parent began: the duration counts from there. */
Test(spans, over_fork)
{
	struct snapshot snapshot;
	run_places(&snapshot, "SIGABRT");
	expect_pairs(&snapshot, "over fork", 0, 1);
	for (size_t i = 0; i < snapshot.event_count; i++) {
		if (span_exits(&snapshot.events[i]))
			cr_assert(snapshot.events[i].has_duration && snapshot.events[i].duration > 0);
	}
	cr_assert(expect_event(&snapshot, SOURCE_MACRO, "said in the child")->depth == 0);
}

Test(spans, builds_without_a_warning)
{
	static const char *const ways[][3] = {
		{"gcc", "-std=c11", "spans.c"},
		{"clang", "-std=c11", "spans.c"},
		{"g++", "-std=c++11", "spans.cpp"},
		{"g++", "-std=c++17", "spans.cpp"},
		{"g++", "-std=c++20", "spans.cpp"},
		{"clang++", "-std=c++11", "spans.cpp"},
		{"clang++", "-std=c++17", "spans.cpp"},
		{"clang++", "-std=c++20", "spans.cpp"},
		{"gcc", "-std=c11", "contexts.c"},
		{"clang", "-std=c11", "contexts.c"},
		{"g++", "-std=c++17", "contexts.cpp"},
		{"g++", "-std=c++20", "contexts.cpp"},
		{"clang++", "-std=c++17", "contexts.cpp"},
	};
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		char source[512];
		snprintf(source, sizeof(source), SOURCE_DIR "/tests/programs/%s", ways[i][2]);
		const struct outcome made = process_run(&(struct process_setup){
			.argv = LIST(ways[i][0], ways[i][1], "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror",
				     "-D_GNU_SOURCE", "-fsyntax-only", "-I" SOURCE_DIR "/include", source),
			.limit_s = 60});
		cr_assert(made.status == 0, "%s %s: %s", ways[i][0], ways[i][1], made.err.data);
	}
}

/* In the text a span's inside stands further in, in every way of reading the file; for other viewers it is a bar. */
Test(spans, views)
{
	struct snapshot snapshot;
	const char *path;
	process_run(&(struct process_setup){.argv = LIST(PROGRAM("spans"), "die"), .agent = true});
	snapshot_only(&snapshot, &path);
	const struct outcome last = ttlog(LIST("view", "--last", "1000", path)), all = ttlog(LIST("view", "--last", "all", path));
	expect_shown(&last, LIST("{ outer", "open for", "  { inner", "open for", "    inside"));
	expect_shown(&all, LIST("{ outer", "open for", "  { inner", "open for", "    inside"));
	const struct outcome bars = ttlog(LIST("view", "--perfetto", path));
	expect_shown(&bars, LIST("\"ph\": \"X\"", "by return", "\"dur\": "));
	snapshot_fini(&snapshot);
}
