/*
 * Which macro events are recorded: by TTLOG_LEVEL, by the program itself, and from outside while it runs.
 */
#include "command.h"
#include "describe.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(level, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool has_event(const struct snapshot *snapshot, const char *message, const char *round)
{
	for (size_t i = 0; i < snapshot->event_count; i++) {
		const struct snapshot_event *event = &snapshot->events[i];
		if (!event->message.data || strcmp(event->message.data, message) != 0)
			continue;
		const struct event_value *value = event->value_count ? &event->values[0].value : NULL;
		if (!round || (value && value->string && strlen(round) == value->string_bytes &&
			       memcmp(value->string, round, value->string_bytes) == 0))
			return true;
	}
	return false;
}

static void expect_round(const struct snapshot *snapshot, const char *round, bool debug, bool info)
{
	cr_assert(has_event(snapshot, "debug", round) == debug && has_event(snapshot, "info", round) == info, "round %s%s", round,
		  snapshot_describe(snapshot));
}

static void run_levels(const char *setting, const char *mode, struct snapshot *snapshot)
{
	const struct outcome agent = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("levels"), mode), .environment = LIST(setting), .agent = true});
	expect_one_snapshot(agent, snapshot);
}

Test(level, by_target)
{
	struct snapshot snapshot;
	run_levels("TTLOG_LEVEL=warn,net=debug,net.tls=off,levels=info", "targets", &snapshot);
	const struct {
		const char *message;
		bool recorded;
	} cases[] = {{"net debug", true},     {"net info", true},     {"net warn", true},       {"net.tls warn", false},
		     {"network info", false}, {"network warn", true}, {"db::pool info", false}, {"db::pool warn", true},
		     {"file debug", false},   {"file info", true},    {"file warn", true}};
	for (size_t i = 0; i < COUNT(cases); i++)
		cr_assert(has_event(&snapshot, cases[i].message, NULL) == cases[i].recorded, "%s%s", cases[i].message,
			  snapshot_describe(&snapshot));
}

Test(level, by_the_program)
{
	struct snapshot snapshot;
	run_levels("TTLOG_LEVEL=info", "api", &snapshot);
	expect_round(&snapshot, "before", false, true);
	expect_round(&snapshot, "debug", true, true);
	expect_round(&snapshot, "unchanged", true, true);
	expect_round(&snapshot, "off", false, false);
	expect_round(&snapshot, "target", false, true);
}

/* A process that has recorded nothing yet has no recorder: what is filtered out does not make one. */
Test(level, silent_as_filtered)
{
	struct process *process = process_start(
		&(struct process_setup){.argv = LIST(PROGRAM("levels"), "outside"),
					.environment = LIST("TTLOG_LEVEL=off", "TTLOG_CAPTURE=none"),
					.agent = true,
					.input = ""});
	process_await(process, "ready\n");
	const struct outcome outcome = process_finish(process);
	struct snapshot snapshot;
	expect_one_snapshot(outcome, &snapshot);
	cr_assert(snapshot.event_count == 0 && snapshot.stats.recorded == 0, "%s", snapshot_describe(&snapshot));
}

static void level(pid_t pid, const char *levels, const char *shown)
{
	char number[16];
	snprintf(number, sizeof(number), "%d", (int)pid);
	const struct outcome outcome = levels ? ttlog(LIST("level", number, levels)) : ttlog(LIST("level", number));
	cr_assert(outcome.status == 0 && strcmp(outcome.out.data, shown) == 0, "%s\n%s%s", status_text(outcome.status),
		  outcome.out.data, outcome.err.data);
}

/* Input and output of the program go through a fifo and a pipe, so that each round has the levels it was meant to have. */
Test(level, from_outside)
{
	const char *fifo = place_path("rounds");
	struct snapshot snapshot;
	char script[2048];
	const struct outcome made = process_run(&(struct process_setup){.argv = LIST("/usr/bin/mkfifo", fifo)});
	cr_assert(made.status == 0);
	snprintf(script, sizeof(script), "exec %s outside < %s", PROGRAM("levels"), fifo);
	struct process *process = process_start(&(struct process_setup){.argv = LIST("/bin/sh", "-c", script), .agent = true});
	FILE *rounds = fopen(fifo, "w");
	cr_assert(rounds);
	setvbuf(rounds, NULL, _IONBF, 0);
	process_await(process, "ready\n");
	const pid_t pid = process_pid(process);
	level(pid, NULL, "info\n");
	level(pid, "debug", "");
	level(pid, NULL, "debug\n");
	fputs("one\n", rounds);
	process_await(process, "ready\ndone\n");
	level(pid, "warn,levels.c=info", "");
	fputs("two\n", rounds);
	process_await(process, "ready\ndone\ndone\n");
	level(pid, "off", "");
	fputs("three\n", rounds);
	process_await(process, "ready\ndone\ndone\ndone\n");
	fclose(rounds);
	const struct outcome outcome = process_finish(process);
	expect_one_snapshot(outcome, &snapshot);
	expect_round(&snapshot, "first", false, true);
	expect_round(&snapshot, "one", true, true);
	expect_round(&snapshot, "two", false, true);
	expect_round(&snapshot, "three", false, false);
}

Test(level, errors)
{
	expect_error(USAGE, "no PID given", "level");
	expect_error(USAGE, "tmp", "level", "tmp");
	expect_error(USAGE, "'loud'", "level", "1", "info,loud,off");
	expect_error(USAGE, "too many", "level", "1", "info", "debug");
	expect_error(NOTHING, "2147483647", "level", "2147483647", "info");
}
