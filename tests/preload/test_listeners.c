/*
 * Listeners: each event once, in order, exact counts of what was missed, writers that wait, and nobody harmed by one that
 * misbehaves. Those of TTLOG_LISTENERS hear an unmodified program to its end, whatever that is.
 */
#include "describe.h"
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(listeners, .init = place_init, .fini = place_fini, .timeout = 200);
TestSuite(ends, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Parameters are passed to another process, where pointers mean nothing. */
static size_t numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static const char *const modes[] = {"order",          "drop",           "block",     "failing",       "talking",
				    "comes_and_goes", "handlers",       "hanging",   "asking",        "refused",
				    "contents",       "sandbox",        "reopening", "thread_memory", "blocked_signals",
				    "descriptors",    "sandbox_of_root"};

ParameterizedTestParameters(listeners, of_the_program)
{
	return cr_make_param_array(size_t, numbers, COUNT(modes));
}

/* The program checks itself. */
ParameterizedTest(size_t *number, listeners, of_the_program)
{
	const char *mode = modes[*number];
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("listen"), mode), .agent = true, .limit_s = 100});
	cr_assert(outcome.status == 0, "%s: %s\n%s", mode, status_text(outcome.status), outcome.err.data);
}

/* Beside those of TTLOG_LISTENERS, for whose sake the listener thread has other descriptors than the program. */
Test(listeners, beside_those_of_the_user)
{
	static const char *const some[] = {"order",         "descriptors",     "failing",        "talking",
					   "asking",        "handlers",        "sandbox",        "reopening",
					   "thread_memory", "blocked_signals", "sandbox_of_root"};
	char setting[1200];
	snprintf(setting, sizeof(setting), "TTLOG_LISTENERS=file:%s,policy=block", place_path("heard.log"));
	for (size_t i = 0; i < COUNT(some); i++) {
		const struct outcome outcome = process_run(&(struct process_setup){
			.argv = LIST(PROGRAM("listen"), some[i]), .agent = true, .environment = LIST(setting), .limit_s = 100});
		cr_assert(outcome.status == 0, "%s: %s\n%s", some[i], status_text(outcome.status), outcome.err.data);
	}
}

/* Few lanes: most writers share them. */
Test(listeners, in_shared_lanes)
{
	static const char *const some[] = {"order", "drop", "block", "comes_and_goes"};
	for (size_t i = 0; i < COUNT(some); i++) {
		const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST(PROGRAM("listen"), some[i]),
										   .agent = true,
										   .environment = LIST("TTLOG_LANES=2"),
										   .limit_s = 100});
		cr_assert(outcome.status == 0, "%s: %s\n%s", some[i], status_text(outcome.status), outcome.err.data);
	}
}

/* Lanes that are full at once. */
Test(listeners, that_are_slow_and_move)
{
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST(PROGRAM("listen"), "behind"),
									   .agent = true,
									   .environment = LIST("TTLOG_CAPACITY=256"),
									   .limit_s = 100});
	cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
}

Test(listeners, a_fault_in_one_is_a_death_as_any)
{
	struct snapshot snapshot;
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("listen"), "faulting"), .agent = true});
	cr_assert(WTERMSIG(outcome.status) == SIGSEGV, "%s", status_text(outcome.status));
	expect_one_snapshot(outcome, &snapshot);
	expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_in_crashed_stack(&snapshot, "faults");
	expect_event(&snapshot, SOURCE_MACRO, "fatal event");
	cr_assert_str_eq(crashed_thread(HERE, &snapshot)->name, "ttlog-listen");
	cr_assert(snapshot.agent.listener && strcmp(snapshot.agent.listener, "crasher") == 0, "%s", snapshot_describe(&snapshot));
}

/* Nobody waits long for the listener, and the death goes before the snapshot that was asked for: it may be there too, or not. */
Test(listeners, a_death_waits_for_nobody)
{
	for (int i = 0; i < 5; i++) {
		const struct outcome outcome = process_run(
			&(struct process_setup){.argv = LIST(PROGRAM("listen"), "dying"), .agent = true});
		cr_assert(WTERMSIG(outcome.status) == SIGABRT, "%s\n%s", status_text(outcome.status), outcome.err.data);
		cr_assert(outcome.agent_lines == 1, "%s", outcome.agent.data);
		struct snapshot snapshot;
		char path[1024];
		cr_assert(sscanf(strstr(outcome.agent.data, "snapshot "), "snapshot %1023s", path) == 1);
		snapshot_at(&snapshot, path);
		expect_signal(&snapshot, SIGABRT, SI_TKILL);
		expect_event(&snapshot, SOURCE_MACRO, "before the death");
		cr_assert(thread_named(&snapshot, "ttlog-listen"), "%s", snapshot_describe(&snapshot));
	}
}

/* TTLOG_LISTENERS ------------------------------------------------------------------------------------------------------------ */

static struct bytes read_all(const char *path)
{
	static char data[1 << 25];
	FILE *file = fopen(path, "r");
	struct bytes bytes = {data, file ? fread(data, 1, sizeof(data) - 1, file) : 0};
	data[bytes.size] = 0;
	if (file)
		fclose(file);
	return bytes;
}

static size_t count(const char *text, const char *part)
{
	size_t found = 0;
	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		found++;
	return found;
}

struct end {
	const char *way;
	int status;          /* of wait(2), without the core flag */
	const char *last[3]; /* what the file also holds */
};

static const struct end ends[] = {
	{"return", 0, {"last words", "from a destructor"}},
	{"thread", 0, {"last words", "from a destructor"}},
	{"_exit", 0, {NULL}},
	{"quick_exit", 0, {NULL}},
	{"exec", 0, {NULL}},
	{"fork", 0, {"of the child", "last words"}},
	{"daemon", 0, {"of the daemon"}},
	{"term", SIGTERM, {NULL}},
	{"abort", SIGABRT, {NULL}},
	{"fault", SIGSEGV, {NULL}},
};

ParameterizedTestParameters(ends, heard)
{
	return cr_make_param_array(size_t, numbers, COUNT(ends));
}

static struct outcome run_to_end(const char *way, const char *lines, const char *policy, const char *path)
{
	char setting[2048];
	snprintf(setting, sizeof(setting), "TTLOG_LISTENERS=file:%s,policy=%s", path, policy);
	return process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("ends"), way, lines), .agent = true, .environment = LIST(setting)});
}

ParameterizedTest(size_t *number, ends, heard)
{
	const struct end *end = &ends[*number];
	const char *path = place_path("heard.log");
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(PROGRAM("ends"), end->way)});
	const struct outcome outcome = run_to_end(end->way, "3", "drop", path);
	cr_assert((outcome.status & 0x7f) == end->status && outcome.status == plain.status, "%s: %s", end->way,
		  status_text(outcome.status));
	cr_assert_str_eq(outcome.out.data, plain.out.data);
	const char *text = read_all(path).data;
	for (int i = 0; i < 3; i++) {
		char line[16];
		snprintf(line, sizeof(line), "line %d;", i);
		cr_assert(count(text, line) == 1, "%s: '%s' stands %zu times in\n%s", end->way, line, count(text, line), text);
	}
	for (const char *const *last = end->last; *last; last++)
		cr_assert(count(text, *last) >= 1, "%s: no '%s' in\n%s", end->way, *last, text);
}

Test(ends, block_loses_nothing)
{
	const char *path = place_path("heard.log");
	const struct outcome outcome = run_to_end("return", "50000", "block", path);
	cr_assert(outcome.status == 0);
	cr_assert(count(read_all(path).data, "line ") == 50000, "%zu", count(read_all(path).data, "line "));
}

/* At full speed: two threads record as fast as they can. What the program was told of its listeners' counts. */
struct flood {
	unsigned long recorded, handed_out, lost, dropped;
	size_t written; /* lines of the file */
};

static struct flood flood(const char *policy)
{
	char setting[2048];
	struct flood flood = {0};
	const char *path = place_path(policy);
	snprintf(setting, sizeof(setting), "TTLOG_LISTENERS=file:%s,policy=%s", path, policy);
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("flood"), "200000"), .agent = true, .environment = LIST(setting), .limit_s = 90});
	cr_assert(outcome.status == 0, "%s\n%s", status_text(outcome.status), outcome.err.data);
	cr_assert(sscanf(outcome.out.data, "%lu %lu %lu %lu", &flood.recorded, &flood.handed_out, &flood.lost, &flood.dropped) ==
		  4);
	flood.written = count(read_all(path).data, " flood thread=");
	return flood;
}

Test(ends, block_loses_nothing_at_full_speed)
{
	const struct flood all = flood("block");
	cr_assert(all.recorded == 200000 && all.dropped == 0, "%lu recorded, %lu dropped", all.recorded, all.dropped);
	cr_assert(all.lost == 0 && all.handed_out == all.recorded && all.written == all.recorded,
		  "%lu lost, %lu handed out, %zu written", all.lost, all.handed_out, all.written);
}

Test(ends, drop_counts_each_loss_at_full_speed)
{
	const struct flood some = flood("drop");
	cr_assert(some.recorded + some.dropped == 200000, "%lu recorded, %lu dropped", some.recorded, some.dropped);
	cr_assert(some.written == some.handed_out && some.written + some.lost == some.recorded,
		  "%lu lost, %lu handed out, %zu written", some.lost, some.handed_out, some.written);
}

Test(ends, a_bad_list_is_told_in_the_snapshot)
{
	struct snapshot snapshot;
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("ends"), "fault"), .agent = true, .environment = LIST("TTLOG_LISTENERS=nonsense")});
	expect_one_snapshot(outcome, &snapshot);
	cr_assert(snapshot.agent.config_error && strstr(snapshot.agent.config_error, "TTLOG_LISTENERS"), "%s",
		  snapshot_describe(&snapshot));
}

/* nginx's workers are not root. */
Test(ends, a_file_of_another_user_is_told_in_the_snapshot)
{
	struct snapshot snapshot;
	char setting[1200];
	const char *path = place_path("heard.log");
	if (getuid() != 0)
		cr_skip_test("only root can become another user");
	cr_assert(mkdir(place_storage(), 0777) == 0 && chmod(place_storage(), 01777) == 0);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	snprintf(setting, sizeof(setting), "TTLOG_LISTENERS=file:%s", path);
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("ends"), "fault"), .agent = true, .as_nobody = true, .environment = LIST(setting)});
	expect_one_snapshot(outcome, &snapshot);
	cr_assert(snapshot.agent.listener_error && strstr(snapshot.agent.listener_error, "Permission denied"), "%s",
		  snapshot_describe(&snapshot));
	cr_assert(chmod(path, 0666) == 0);
	process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("ends"), "fault"), .agent = true, .as_nobody = true, .environment = LIST(setting)});
	cr_assert(count(read_all(path).data, "line 1;") == 1, "%s", read_all(path).data);
}

Test(ends, a_file_that_cannot_be_opened_is_told_in_the_snapshot)
{
	struct snapshot snapshot;
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("ends"), "fault"),
					.agent = true,
					.environment = LIST("TTLOG_LISTENERS=file:/nowhere/at/all")});
	expect_one_snapshot(outcome, &snapshot);
	cr_assert(snapshot.agent.listener_error && strstr(snapshot.agent.listener_error, "file:/nowhere/at/all"), "%s",
		  snapshot_describe(&snapshot));
}

/* As in a program without libpthread, where that is a library of its own: it begins before there is a recorder. */
Test(ends, a_listener_without_a_thread_is_told_in_the_snapshot)
{
	struct snapshot snapshot;
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), "null_write"),
									   .agent = true,
									   .second_library = PROGRAM("threadless.so"),
									   .environment = LIST("TTLOG_LISTENERS=file:heard.log")});
	expect_one_snapshot(outcome, &snapshot);
	cr_assert(snapshot.agent.listener_error && strstr(snapshot.agent.listener_error, "Resource temporarily unavailable"), "%s",
		  snapshot_describe(&snapshot));
}
