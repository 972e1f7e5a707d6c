/* What listeners do in their threads: one that waits delays no other, one that falls falls alone or is named, and threads that come and go miss nothing. */
#include "describe.h"
#include "expect.h"
#include "libc_age.h"
#include "place.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(listener_threads, .init = place_init, .fini = place_fini, .timeout = 100);

static const char *text_of(const char *path)
{
	static char text[1 << 24];
	FILE *file = fopen(path, "r");
	text[file ? fread(text, 1, sizeof(text) - 1, file) : 0] = 0;
	if (file)
		fclose(file);
	return text;
}

static void expect_all_lines(const char *path)
{
	const char *text = text_of(path);
	for (int n = 0; n <= 10; n++) {
		char line[32];
		snprintf(line, sizeof(line), "line %d.", n);
		const char *at = strstr(text, line);
		cr_assert(at && !strstr(at + 1, line), "'%s' stands not once in\n%s", line, text);
	}
}

/* The program says nothing more before the file has what it said last. */
static struct outcome run_beside(const char *slow, const char *file, const char *go, const char *many)
{
	char setting[8192];
	remove(file);
	remove(go);
	snprintf(setting, sizeof(setting), "TTLOG_LISTENERS=%s;file:%s%s", slow, file, many ? ",policy=block" : "");
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST(PROGRAM("beside"), file, go, many),
									   .agent = true,
									   .environment = LIST(setting, "TTLOG_DEBUG=1"),
									   .limit_s = 60});
	cr_assert(outcome.status == 0, "%s: %s\n%s", slow, status_text(outcome.status), outcome.err.data);
	expect_all_lines(file);
	return outcome;
}

Test(listener_threads, one_that_hangs_delays_no_other)
{
	static const char *const places[] = {"start", "event", "flush"};
	char item[4096];
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *go = place_path("go"), *into = place_path(places[i]);
		snprintf(item, sizeof(item), "plugin:%s,at=%s,until=%s,into=%s", PROGRAM("listener_hangs.so"), places[i], go, into);
		run_beside(item, place_path("heard.log"), go, NULL);
		expect_all_lines(into);
	}
}

/* Writers wait for both; one that hangs costs them one wait, and the other no event. */
Test(listener_threads, one_that_hangs_costs_the_other_no_event)
{
	enum { MANY = 60000 };
	char item[4096], many[16];
	const char *heard = place_path("heard.log"), *go = place_path("go"), *into = place_path("into");
	snprintf(item, sizeof(item), "plugin:%s,at=event,until=%s,into=%s,policy=block", PROGRAM("listener_hangs.so"), go, into);
	snprintf(many, sizeof(many), "%d", MANY);
	run_beside(item, heard, go, many);
	size_t count = 0;
	for (const char *at = text_of(heard); (at = strstr(at, "one of many")); at++)
		count++;
	cr_assert(count == MANY, "%zu of %d", count, MANY);
}

Test(listener_threads, loading_and_fork_take_turns)
{
	char begun[1100], go[1100];
	snprintf(begun, sizeof(begun), "LOADS_BEGUN=%s", place_path("begun"));
	snprintf(go, sizeof(go), "LOADS_GO=%s", place_path("go"));
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("forks_early")),
		.environment = LIST("TTLOG_LISTENERS=plugin:" PROGRAM("listener_loads.so"), begun, go),
		.agent = true,
	});
	cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
}

static const char *falling(const char *how)
{
	static char item[4096];
	snprintf(item, sizeof(item), "plugin:%s,at=%s,until=%s,into=%s", PROGRAM("listener_hangs.so"), how, place_path("go"),
		 place_path("into"));
	return item;
}

/* Whatever it does itself is its own end, and nobody else's: also where the program has a handler. */
Test(listener_threads, a_plug_in_that_falls)
{
	static const char *const hows[][2] = {
		{"fault", "SIGSEGV at +0x"}, {"deep", "SIGSEGV at +0x"}, {"abort", "abort()"}, {"assert", "a failed assertion"}};
	if (!libc_finds_objects())
		cr_skip_test("before glibc 2.35 whose fault it is cannot be known: it is a death, as one below a plug-in");
	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		const struct outcome outcome = run_beside(falling(hows[i][0]), place_path("heard.log"), place_path("go"), NULL);
		cr_assert(strstr(outcome.agent.data, hows[i][1]) && strstr(outcome.agent.data, "it is not called any more"),
			  "%s:\n%s", hows[i][0], outcome.agent.data);
		run_beside(falling(hows[i][0]), place_path("heard.log"), place_path("go"), "60000");
	}
	const struct outcome outcome = run_beside("plugin:" PROGRAM("listener_throws.so"), place_path("heard.log"),
						  place_path("go"), NULL);
	cr_assert(strstr(outcome.agent.data, "abort(): it is not called any more"), "%s", outcome.agent.data);
}

/*
 * In libc it may have been in the middle of anything. Its descriptor 2 is not the program's: the line on standard error comes all the
 * same, and the file hears the last events.
 */
Test(listener_threads, a_fault_below_a_plug_in)
{
	struct snapshot snapshot;
	char setting[8192];
	const char *heard = place_path("heard.log");
	snprintf(setting, sizeof(setting), "TTLOG_LISTENERS=file:%s;%s", heard, falling("library"));
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", "echo one; exec sleep 60"),
		.agent = true,
		.second_library = "libpthread.so.0 libdl.so.2", /* before glibc 2.34 a shell has none of them */
		.environment = LIST(setting)});
	cr_assert(WTERMSIG(outcome.status) == SIGSEGV, "%s", status_text(outcome.status));
	expect_one_snapshot(outcome, &snapshot);
	expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_in_crashed_stack(&snapshot, "on_event");
	cr_assert_str_eq(crashed_thread(HERE, &snapshot)->name, "ttlog-sink");
	cr_assert(snapshot.agent.listener && strstr(snapshot.agent.listener, "plugin:"), "%s", snapshot_describe(&snapshot));
	cr_assert(strstr(text_of(heard), "one"), "%s", text_of(heard));
}

/* With a list, and without. */
Test(listener_threads, added_while_all_are_ended)
{
	char setting[1200];
	snprintf(setting, sizeof(setting), "TTLOG_LISTENERS=file:%s", place_path("heard.log"));
	for (int i = 0; i < 2; i++) {
		const struct outcome outcome = process_run(&(struct process_setup){
			.argv = LIST(PROGRAM("racing")), .agent = true, .environment = LIST(i ? setting : NULL), .limit_s = 90});
		cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
	}
}

/* Where threads cannot be had for each that is added, another's may be there all the same, or come, or go. */
Test(listener_threads, added_where_threads_are_short)
{
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("racing"), "stingy"), .agent = true, .second_library = PROGRAM("stingy.so"), .limit_s = 90});
	cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
}
