/*
 * Capture from unmodified programs: every call is recorded once, with its bytes, level, source, caller and place in the order;
 * what the TTLOG_ variables change; and what never changes for the program.
 */
#include "describe.h"
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(speak, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(variables, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(surroundings, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the program speak says, call by call. */
static const struct spoken {
	unsigned source, level;
	const char *text;
} spoken[] = {
	{SOURCE_STDOUT, LEVEL_INFO, "printf 1\n"},
	{SOURCE_STDOUT, LEVEL_INFO, "vprintf 2\n"},
	{SOURCE_STDOUT, LEVEL_INFO, "fprintf stdout 3\n"},
	{SOURCE_STDOUT, LEVEL_INFO, "puts\n"},
	{SOURCE_STDOUT, LEVEL_INFO, "fputs stdout\n"},
	{SOURCE_STDOUT, LEVEL_INFO, "putc stdout\n"},
	{SOURCE_STDOUT, LEVEL_INFO, "putchar\n"},
	{SOURCE_STDOUT, LEVEL_INFO, "fwrite stdout\n"},
	{SOURCE_STDERR, LEVEL_WARN, "fprintf stderr 1\n"},
	{SOURCE_STDERR, LEVEL_WARN, "vfprintf stderr 2\n"},
	{SOURCE_STDERR, LEVEL_WARN, "fputs stderr\n"},
	{SOURCE_STDERR, LEVEL_WARN, "fwrite stderr\n"},
	{SOURCE_STDERR, LEVEL_WARN, "perror: No such file or directory\n"},
	{SOURCE_WRITE1, LEVEL_INFO, "write 1\n"},
	{SOURCE_WRITE2, LEVEL_WARN, "write 2\n"},
	{SOURCE_WRITE1, LEVEL_INFO, "writev of three parts\n"},
	{SOURCE_WRITE1, LEVEL_INFO, "dprintf 1\n"},
	{SOURCE_WRITE2, LEVEL_WARN, "vdprintf 2\n"},
	{SOURCE_SYSLOG, LEVEL_ERROR, "syslog error 1: Permission denied"},
	{SOURCE_SYSLOG, LEVEL_WARN, "syslog warning"},
	{SOURCE_SYSLOG, LEVEL_INFO, "syslog info"},
	{SOURCE_SYSLOG, LEVEL_DEBUG, "syslog debug"},
	{SOURCE_SYSLOG, LEVEL_FATAL, "vsyslog critical text"},
};

static struct outcome run(const char *program, const char *argument, const char *const *environment)
{
	return process_run(&(struct process_setup){.argv = LIST(program, argument), .environment = environment, .agent = true});
}

static struct outcome run_plain(const char *program, const char *argument)
{
	return process_run(&(struct process_setup){.argv = LIST(program, argument)});
}

/* The agent's own notes (abort, first-chance faults) are not the program's words. */
static bool is_spoken(const struct snapshot_event *event)
{
	return event->source != SOURCE_ABORT && event->source != SOURCE_AGENT;
}

static void check_speak(struct where where, const char *program, const char *mode)
{
	struct snapshot snapshot;
	const struct outcome plain = run_plain(program, mode), agent = run(program, mode, NULL);
	cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == SIGABRT, "%s: %s", program, status_text(plain.status));
	expect_same_at(where, &plain, &agent);
	expect_one_snapshot_at(where, &agent, &snapshot);
	expect_sound_at(where, &snapshot, agent.pid);
	size_t at = 0;
	for (size_t i = 0; i < snapshot.event_count; i++) {
		const struct snapshot_event *event = &snapshot.events[i];
		if (!is_spoken(event))
			continue;
		cr_assert(at < COUNT(spoken), "%s:%d: an event too many%s", where.file, where.line, snapshot_describe(&snapshot));
		const struct spoken *wanted = &spoken[at++];
		cr_assert(event->source == wanted->source && event->level == wanted->level && event->message.data &&
				  event->message.bytes == strlen(wanted->text) &&
				  memcmp(event->message.data, wanted->text, event->message.bytes) == 0,
			  "%s:%d: event %zu is not \"%s\" of %s/%s%s", where.file, where.line, i, wanted->text,
			  level_name(wanted->level), source_name(wanted->source), snapshot_describe(&snapshot));
		const struct snapshot_module *module = snapshot_module_at(&snapshot, event->caller);
		cr_assert(module && strcmp(module->path, snapshot.exe) == 0, "%s: the caller %#llx is in %s", wanted->text,
			  (unsigned long long)event->caller, module ? module->path : "no module");
	}
	cr_assert(at == COUNT(spoken), "%s:%d: \"%s\" is missing%s", where.file, where.line, spoken[at].text,
		  snapshot_describe(&snapshot));
}

Test(speak, plain)
{
	check_speak(HERE, PROGRAM("speak"), NULL);
}

Test(speak, fortified)
{
	check_speak(HERE, PROGRAM("speak_fortified"), NULL);
}

Test(speak, line_buffered)
{
	check_speak(HERE, PROGRAM("speak"), "lines");
}

/* Where a line does not stay together in the stream's buffer it may come as several events; nothing is lost, doubled or moved. */
static void check_stdout_whole(const char *program, const char *mode)
{
	struct snapshot snapshot;
	char *text = NULL, *wanted = NULL;
	size_t bytes, wanted_bytes;
	const struct outcome plain = run_plain(program, mode), agent = run(program, mode, NULL);
	expect_same(plain, agent);
	expect_one_snapshot(agent, &snapshot);
	FILE *out = open_memstream(&text, &bytes);
	for (size_t i = 0; i < snapshot.event_count; i++)
		if (snapshot.events[i].source == SOURCE_STDOUT)
			fwrite(snapshot.events[i].message.data, 1, snapshot.events[i].message.bytes, out);
	fclose(out);
	out = open_memstream(&wanted, &wanted_bytes);
	for (size_t i = 0; i < COUNT(spoken); i++)
		if (spoken[i].source == SOURCE_STDOUT)
			fputs(spoken[i].text, out);
	fclose(out);
	cr_assert_str_eq(text, wanted, "%s %s%s", program, mode, snapshot_describe(&snapshot));
}

Test(speak, small_buffer)
{
	check_stdout_whole(PROGRAM("speak"), "small");
	place_storage_clear();
	check_stdout_whole(PROGRAM("speak_fortified"), "small");
}

Test(speak, unbuffered)
{
	check_stdout_whole(PROGRAM("speak"), "unbuffered");
	place_storage_clear();
	check_stdout_whole(PROGRAM("speak_fortified"), "unbuffered");
}

Test(speak, plain_exit_leaves_nothing)
{
	const struct outcome plain = run_plain(PROGRAM("speak"), "exit"), agent = run(PROGRAM("speak"), "exit", NULL);
	cr_assert(plain.status == 0);
	expect_same(plain, agent);
	expect_no_snapshot(agent);
	cr_assert(access(place_storage(), F_OK) != 0, "the storage was made for nothing");
}

Test(speak, in_a_handler_with_8_kb)
{
	static const char *const ways[] = {"printf", "puts", "dprintf", "writev", "syslog", "sigaction"};
	for (size_t i = 0; i < COUNT(ways); i++) {
		const struct outcome plain = run_plain(PROGRAM("narrow"), ways[i]), agent = run(PROGRAM("narrow"), ways[i], NULL);
		cr_assert(plain.status == 0, "%s: %s", ways[i], status_text(plain.status));
		expect_same(plain, agent);
		expect_no_snapshot(agent);
	}
}

Test(speak, order_across_threads)
{
	enum { LINES = 1000 };
	struct snapshot snapshot;
	const struct outcome plain = run_plain(PROGRAM("order"), "1000"), agent = run(PROGRAM("order"), "1000", NULL);
	expect_same(plain, agent);
	expect_one_snapshot(agent, &snapshot);
	expect_sound(&snapshot, agent.pid);
	static char texts[LINES][16];
	static struct expected_event lines[LINES];
	for (int i = 0; i < LINES; i++) {
		snprintf(texts[i], sizeof(texts[i]), "line %d", i + 1);
		lines[i] = (struct expected_event){ANY_SOURCE, texts[i]};
	}
	expect_events_in_order(&snapshot, lines, LINES);
	size_t count = 0;
	for (size_t i = 0; i < snapshot.event_count; i++)
		count += is_spoken(&snapshot.events[i]);
	cr_assert(count == LINES, "%zu events for %d lines", count, LINES);
}

/* The last events of a process that says more than its recorder holds, and the count of the others. */
Test(speak, overwritten)
{
	enum { LINES = 9000, CAPACITY = 256 };
	struct snapshot snapshot;
	const struct outcome agent = run(PROGRAM("order"), "9000", LIST("TTLOG_CAPACITY=256"));
	expect_one_snapshot(agent, &snapshot);
	expect_sound(&snapshot, agent.pid);
	int expected = LINES;
	size_t i = snapshot.event_count;
	while (i > 0 && LINES - expected < CAPACITY) {
		const struct snapshot_event *event = &snapshot.events[--i];
		if (!is_spoken(event))
			continue;
		cr_assert(event->message.data && atoi(event->message.data + 5) == expected, "event %zu is not line %d%s", i,
			  expected, snapshot_describe(&snapshot));
		expected--;
	}
	cr_assert(LINES - expected == CAPACITY, "only %d of the last %d lines", LINES - expected, CAPACITY);
	cr_assert(snapshot.stats.recorded >= LINES && snapshot.stats.overwritten == snapshot.stats.recorded - snapshot.event_count,
		  "recorded %llu, overwritten %llu, %zu there", (unsigned long long)snapshot.stats.recorded,
		  (unsigned long long)snapshot.stats.overwritten, snapshot.event_count);
}

/* Variables ----------------------------------------------------------------------------------------------------------------- */

Test(variables, disable)
{
	const struct outcome plain = run_plain(PROGRAM("die"), "null_write"),
			     agent = run(PROGRAM("die"), "null_write", LIST("TTLOG_DISABLE=1"));
	expect_same(plain, agent);
	expect_no_snapshot(agent);
}

Test(variables, quiet)
{
	const char *found;
	const struct outcome plain = run_plain(PROGRAM("die"), "null_write"),
			     agent = run(PROGRAM("die"), "null_write", LIST("TTLOG_QUIET=1"));
	expect_same(plain, agent);
	cr_assert(agent.agent_lines == 0, "%s", agent.agent.data);
	cr_assert(snapshots_in(place_storage(), &found) == 1);
}

Test(variables, service)
{
	struct snapshot snapshot;
	const char *path;
	run(PROGRAM("die"), "null_write", LIST("TTLOG_SERVICE=my service/../x"));
	snapshot_only(&snapshot, &path);
	cr_assert_str_eq(snapshot.service, "my service/../x");
}

Test(variables, storage_default)
{
	const char *directory = place_directory(), *found;
	const struct outcome agent = process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), "null_write"),
									 .environment = LIST("TTLOG_STORAGE"),
									 .directory = directory,
									 .agent = true});
	char tmp[512];
	snprintf(tmp, sizeof(tmp), "%s/tmp", directory);
	cr_assert(snapshots_in(tmp, &found) == 1, "no snapshot in ./tmp\n%s%s", agent.err.data, agent.agent.data);
}

Test(variables, capture_none)
{
	struct snapshot snapshot;
	const struct outcome agent = run(PROGRAM("speak"), NULL, LIST("TTLOG_CAPTURE=none"));
	expect_one_snapshot(agent, &snapshot);
	for (size_t i = 0; i < snapshot.event_count; i++)
		cr_assert(!is_spoken(&snapshot.events[i]), "recorded%s", snapshot_describe(&snapshot));
}

Test(variables, capture_stderr)
{
	struct snapshot snapshot;
	const struct outcome agent = run(PROGRAM("speak"), NULL, LIST("TTLOG_CAPTURE=stderr"));
	expect_one_snapshot(agent, &snapshot);
	size_t count = 0;
	for (size_t i = 0; i < snapshot.event_count; i++) {
		const unsigned source = snapshot.events[i].source;
		cr_assert(!is_spoken(&snapshot.events[i]) || source == SOURCE_STDERR || source == SOURCE_WRITE2, "recorded%s",
			  snapshot_describe(&snapshot));
		count += is_spoken(&snapshot.events[i]);
	}
	cr_assert(count == 7, "%zu events", count);
}

Test(variables, signals_none)
{
	const char *found;
	const struct outcome plain = run_plain(PROGRAM("die"), "null_write"),
			     agent = run(PROGRAM("die"), "null_write", LIST("TTLOG_SIGNALS=none"));
	expect_same(plain, agent);
	cr_assert(agent.agent_lines == 0 && snapshots_in(place_storage(), &found) == 0);
}

Test(variables, signals_some)
{
	const char *found;
	run(PROGRAM("die"), "abort", LIST("TTLOG_SIGNALS=SEGV,TERM"));
	cr_assert(snapshots_in(place_storage(), &found) == 0, "SIGABRT was captured");
	run(PROGRAM("die"), "null_write", LIST("TTLOG_SIGNALS=SEGV,TERM"));
	cr_assert(snapshots_in(place_storage(), &found) == 1, "SIGSEGV was not captured");
}

Test(variables, keep)
{
	const char *found;
	for (int i = 0; i < 4; i++)
		run(PROGRAM("die"), "null_write", LIST("TTLOG_KEEP=2,0"));
	cr_assert(snapshots_in(place_storage(), &found) == 2, "%zu snapshots are kept", snapshots_in(place_storage(), &found));
}

static void check_bad_value(const char *name, const char *value)
{
	struct snapshot snapshot;
	char setting[128];
	snprintf(setting, sizeof(setting), "%s=%s", name, value);
	const struct outcome plain = run_plain(PROGRAM("die"), "null_write"),
			     agent = run(PROGRAM("die"), "null_write", LIST(setting));
	expect_same(plain, agent);
	expect_one_snapshot(agent, &snapshot);
	cr_assert(snapshot.agent.config_error && strstr(snapshot.agent.config_error, name), "%s is not named%s", setting,
		  snapshot_describe(&snapshot));
	cr_assert(snapshot.agent.degradation_count == 1, "%s", snapshot_describe(&snapshot));
	/* TTLOG_DEBUG says it where the user looks, also when nothing dies. */
	const struct outcome debug = run(PROGRAM("die"), "exit_0", LIST(setting, "TTLOG_DEBUG=1"));
	cr_assert(debug.status == 0 && debug.agent_lines == 1 && strstr(debug.agent.data, name), "%s: %s\n%s", setting,
		  status_text(debug.status), debug.agent.data);
}

#define BAD_VALUE(test, name, value)                                                                                               \
	Test(variables, bad_##test)                                                                                                \
	{                                                                                                                          \
		check_bad_value(name, value);                                                                                      \
	}

BAD_VALUE(capacity, "TTLOG_CAPACITY", "lots")
BAD_VALUE(capacity_small, "TTLOG_CAPACITY", "255")
BAD_VALUE(capacity_large, "TTLOG_CAPACITY", "99999999999999999999")
BAD_VALUE(capacity_tail, "TTLOG_CAPACITY", "512x")
BAD_VALUE(level, "TTLOG_LEVEL", "loud")
BAD_VALUE(capture, "TTLOG_CAPTURE", "stdout,teeth")
BAD_VALUE(signals, "TTLOG_SIGNALS", "SEGV,NOPE")
BAD_VALUE(on_exit, "TTLOG_ON_EXIT", "sometimes")
BAD_VALUE(timeout, "TTLOG_CAPTURE_TIMEOUT", "-1")
BAD_VALUE(keep_, "TTLOG_KEEP", "x")
BAD_VALUE(quiet_, "TTLOG_QUIET", "maybe")
BAD_VALUE(disable_, "TTLOG_DISABLE", "maybe")

Test(variables, good_values_are_not_bad)
{
	struct snapshot snapshot;
	const struct outcome agent = run(PROGRAM("die"), "null_write",
					 LIST("TTLOG_CAPACITY=1024", "TTLOG_LEVEL=DEBUG", "TTLOG_CAPTURE=stdout,stderr",
					      "TTLOG_SIGNALS=SEGV", "TTLOG_ON_EXIT=failure", "TTLOG_CAPTURE_TIMEOUT=3000",
					      "TTLOG_KEEP=10", "TTLOG_QUIET=0", "TTLOG_DISABLE=0", "TTLOG_DEBUG=0"));
	expect_one_snapshot(agent, &snapshot);
	cr_assert(snapshot.agent.config_error == NULL || snapshot.agent.config_error[0] == 0, "%s", snapshot.agent.config_error);
	expect_no_degradations(&snapshot);
}

/* Surroundings -------------------------------------------------------------------------------------------------------------- */

Test(surroundings, stdout_closed)
{
	struct outcome outcomes[2];
	struct snapshot snapshot;
	for (int agent = 0; agent < 2; agent++)
		outcomes[agent] = process_run(
			&(struct process_setup){.argv = LIST(PROGRAM("order"), "20"), .agent = agent, .stdout_closed = true});
	cr_assert(WIFSIGNALED(outcomes[0].status), "write(1) fails and the program aborts: %s", status_text(outcomes[0].status));
	expect_same(outcomes[0], outcomes[1]);
	expect_one_snapshot(outcomes[1], &snapshot);
	expect_event(&snapshot, SOURCE_STDERR, "line 1");
	expect_no_event_holding(&snapshot, "line 2");
}

/* No snapshot, and the recorder file, which is taken away here. */
static void expect_recorder_left(pid_t pid)
{
	const char *found, *left = recorder_of(pid);
	cr_assert(snapshots_in(place_storage(), &found) == 0);
	cr_assert(left != NULL, "nothing remains of the death");
	unlink(left);
}

/* The storage cannot be made: the death is the same, and the recorder file remains for `ttlog recover`. */
Test(surroundings, storage_unusable)
{
	char setting[512];
	snprintf(setting, sizeof(setting), "TTLOG_STORAGE=%s/x", place_file("file", "", 0));
	const struct outcome plain = run_plain(PROGRAM("die"), "null_write"),
			     agent = run(PROGRAM("die"), "null_write", LIST(setting));
	expect_same(plain, agent);
	expect_recorder_left(agent.pid);
}

/* The agent alone, without its helper beside it. */
Test(surroundings, helper_missing)
{
	char setting[512];
	const char *copy = place_path("libttlog_agent.so");
	const struct outcome copied = process_run(&(struct process_setup){.argv = LIST("cp", AGENT, copy)});
	cr_assert(copied.status == 0, "%s", copied.err.data);
	snprintf(setting, sizeof(setting), "LD_PRELOAD=%s", copy);
	const struct outcome plain = run_plain(PROGRAM("die"), "null_write"),
			     agent = run(PROGRAM("die"), "null_write", LIST(setting));
	expect_same(plain, agent);
	expect_recorder_left(agent.pid);
}

Test(surroundings, unprivileged)
{
	struct outcome outcomes[2];
	struct snapshot snapshot;
	cr_assert(mkdir(place_storage(), 0777) == 0 && chmod(place_storage(), 0777) == 0);
	for (int agent = 0; agent < 2; agent++)
		outcomes[agent] = process_run(
			&(struct process_setup){.argv = LIST(PROGRAM("die"), "null_write"), .agent = agent, .as_nobody = true});
	expect_same(outcomes[0], outcomes[1]);
	snapshot_only(&snapshot, NULL);
	expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_innermost(&snapshot, "death_null_write");
	expect_no_degradations(&snapshot);
}

/* DESIGN 2: the agent links libc only, and takes no name of the program's that it does not interpose. */
Test(surroundings, links_libc_only)
{
	const struct outcome needed = process_run(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", "readelf -d \"$0\" | sed -n 's/.*(NEEDED).*\\[\\(.*\\)\\]/\\1/p'", AGENT)});
	cr_assert_str_eq(needed.out.data, "libc.so.6\n");
	const struct outcome names = process_run(&(struct process_setup){
		.argv = LIST(
			"/bin/sh", "-c",
			"nm -D --defined-only \"$0\" | awk '{print $3}' | sed 's/@.*//' |"
			"grep -Ex "
			"'_Unwind.*|malloc|free|calloc|realloc|dlsym|dlopen|fork|vfork|clone|posix_spawn|popen|"
			"raise|kill|snprintf|send.*|splice|LZ4.*|cbor.*|lane_.*|recorder_.*|record_.*|config.*|sys_.*' || true",
			AGENT)});
	cr_assert_str_eq(names.out.data, "", "exported: %s", names.out.data);
}

/* By another thread, say, that read it at the other end: what is no longer there counts as dropped, and nobody is told of a fault. */
Test(surroundings, text_that_is_gone_when_the_call_returns)
{
	struct snapshot snapshot;
	const char *const command[] = {PROGRAM("received"), NULL};
	const struct outcome plain = process_run(
		&(struct process_setup){.argv = command, .second_library = PROGRAM("receives.so")});
	const struct outcome agent = process_run(
		&(struct process_setup){.argv = command, .agent = true, .second_library = PROGRAM("receives.so")});
	expect_same(plain, agent);
	cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == SIGABRT);
	expect_one_snapshot(agent, &snapshot);
	expect_event(&snapshot, SOURCE_WRITE1, "kept: the last words\n");
	expect_event_holding(&snapshot, "kept part ");
	expect_no_event_holding(&snapshot, "gone");
	cr_assert_eq(snapshot.stats.dropped, 8);
}
