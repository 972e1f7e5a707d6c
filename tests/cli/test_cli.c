/*
 * The command ttlog: its contract of exit codes and error lines, what it shows, and what it does from outside of a process.
 */
#include "describe.h"
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(usage, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(run, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(recover, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(view, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NONEXISTENT  "/nonexistent/program"

enum { DONE = 0, NOTHING = 1, USAGE = 2, BAD_FILE = 3, NOT_EXECUTABLE = 126, NOT_FOUND = 127, TIMED_OUT = 124 };

static struct outcome ttlog(const char *const *arguments)
{
	const char *argv[24] = {TTLOG};
	for (size_t i = 1; *arguments && i < COUNT(argv) - 1; i++)
		argv[i] = *arguments++;
	return process_run(&(struct process_setup){.argv = argv});
}

#define TTLOG_RUN(...) ttlog(LIST("run", "--storage", place_storage(), "--", __VA_ARGS__))

/* One line on standard error that names what is wrong, nothing on standard output, and the documented code. */
static void expect_error_at(struct where where, const struct outcome *outcome, int code, const char *named)
{
	const char *newline = strchr(outcome->err.data, '\n');
	cr_assert(WIFEXITED(outcome->status) && WEXITSTATUS(outcome->status) == code, "%s:%d: %s, not exit %d\n%s%s", where.file,
		  where.line, status_text(outcome->status), code, outcome->out.data, outcome->err.data);
	cr_assert(newline && newline[1] == 0, "%s:%d: not one line on standard error:\n%s", where.file, where.line,
		  outcome->err.data);
	cr_assert(strncmp(outcome->err.data, "ttlog", 5) == 0 && strstr(outcome->err.data, named),
		  "%s:%d: the line does not name %s: %s", where.file, where.line, named, outcome->err.data);
	cr_assert(outcome->out.size == 0, "%s:%d: on standard output:\n%s", where.file, where.line, outcome->out.data);
}

#define expect_error(code, named, ...)                                                                                             \
	do {                                                                                                                       \
		const struct outcome outcome_ = ttlog(LIST(__VA_ARGS__));                                                          \
		expect_error_at(HERE, &outcome_, code, named);                                                                     \
	} while (0)

/* The snapshot of a program that died with the agent preloaded. */
static const char *make_snapshot(const char *program, const char *argument)
{
	static const char *path;
	struct snapshot snapshot;
	process_run(&(struct process_setup){.argv = LIST(program, argument), .agent = true});
	snapshot_only(&snapshot, &path);
	return path;
}

static void expect_degraded(const struct snapshot *snapshot, const char *what)
{
	for (size_t i = 0; i < snapshot->agent.degradation_count; i++)
		if (strcmp(snapshot->agent.degradations[i], what) == 0)
			return;
	cr_assert_fail("it does not say \"%s\"%s", what, snapshot_describe(snapshot));
}

/* Usage --------------------------------------------------------------------------------------------------------------------- */

Test(usage, unknown)
{
	expect_error(USAGE, "no command", NULL);
	expect_error(USAGE, "frobnicate", "frobnicate");
	expect_error(USAGE, "--frobnicate", "--frobnicate");
	static const char *const commands[] = {"run", "view", "ls", "recover", "env"};
	for (size_t i = 0; i < COUNT(commands); i++) {
		expect_error(USAGE, "--frobnicate", commands[i], "--frobnicate");
		expect_error(USAGE, "-x", commands[i], "-x");
	}
	expect_error(USAGE, "frobnicate", "help", "frobnicate");
	expect_error(USAGE, "FILE", "view");
	expect_error(USAGE, "CMD", "run");
	expect_error(USAGE, "CMD", "run", "--");
	expect_error(USAGE, "more than one", "view", "a", "b");
}

Test(usage, bad_arguments)
{
	expect_error(USAGE, "--last", "view", "--last", "many", "file");
	expect_error(USAGE, "--level", "view", "--level", "loud", "file");
	expect_error(USAGE, "--source", "view", "--source", "radio", "file");
	expect_error(USAGE, "--tid", "view", "--tid", "x", "file");
	expect_error(USAGE, "--grep", "view", "--grep", "(", "file");
	expect_error(USAGE, "--json", "view", "--json=1", "file");
	expect_error(USAGE, "--last", "view", "--last");
	expect_error(USAGE, "--timeout", "run", "--timeout", "soon", "--", "true");
	expect_error(USAGE, "--timeout", "run", "--timeout", "-1s", "--", "true");
	expect_error(USAGE, "--on-exit", "run", "--on-exit", "sometimes", "--", "true");
	expect_error(USAGE, "--keep", "run", "--keep", "x", "--", "true");
}

Test(usage, help)
{
	static const char *const commands[] = {"run", "view", "ls", "recover", "env", "help"};
	for (size_t i = 0; i < COUNT(commands); i++) {
		const struct outcome long_form = ttlog(LIST(commands[i], "--help")), word = ttlog(LIST("help", commands[i]));
		cr_assert(long_form.status == 0 && long_form.err.size == 0, "%s --help: %s", commands[i],
			  status_text(long_form.status));
		cr_assert(strstr(long_form.out.data, "usage: ttlog ") && strstr(long_form.out.data, "Examples:"), "%s",
			  long_form.out.data);
		cr_assert_str_eq(long_form.out.data, word.out.data);
	}
	const struct outcome overview = ttlog(LIST("--help")), version = ttlog(LIST("--version"));
	cr_assert(overview.status == 0 && version.status == 0 && strncmp(version.out.data, "ttlog ", 6) == 0);
	for (size_t i = 0; i < COUNT(commands); i++)
		cr_assert(strstr(overview.out.data, commands[i]), "%s is not in the overview", commands[i]);
	/* Each code that `ttlog run` ends with by itself stands in its help. */
	const struct outcome run = ttlog(LIST("run", "--help"));
	static const char *const codes[] = {"124", "126", "127"};
	for (size_t i = 0; i < COUNT(codes); i++)
		cr_assert(strstr(run.out.data, codes[i]), "exit code %s is not documented:\n%s", codes[i], run.out.data);
}

Test(usage, closed_stdout)
{
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST(TTLOG, "env"), .stdout_closed = true});
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == NOTHING &&
			  strstr(outcome.err.data, "standard output"),
		  "%s %s", status_text(outcome.status), outcome.err.data);
}

Test(usage, env)
{
	static const char *const names[] = {"SERVICE", "STORAGE",         "CAPACITY", "LEVEL", "CAPTURE", "SIGNALS",
					    "ON_EXIT", "CAPTURE_TIMEOUT", "KEEP",     "QUIET", "DISABLE", "DEBUG"};
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "env"), .environment = LIST("TTLOG_CAPACITY=4711")});
	cr_assert(outcome.status == 0 && outcome.err.size == 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		char name[64];
		snprintf(name, sizeof(name), "TTLOG_%s", names[i]);
		cr_assert(strstr(outcome.out.data, name), "%s is missing", name);
	}
	cr_assert(strstr(outcome.out.data, "4711") && strstr(outcome.out.data, "8192"), "value and default\n%s", outcome.out.data);
}

/* Bad files ----------------------------------------------------------------------------------------------------------------- */

Test(view, bad_files)
{
	const char *missing = place_path("missing"), *empty = place_file("empty", "", 0),
		   *foreign = place_file("foreign", "hello\n", 6);
	expect_error(BAD_FILE, missing, "view", missing);
	expect_error(BAD_FILE, empty, "view", empty);
	expect_error(BAD_FILE, foreign, "view", foreign);
	expect_error(BAD_FILE, foreign, "view", "--json", foreign);
	expect_error(BAD_FILE, "/bin/true", "view", "/bin/true");
	expect_error(BAD_FILE, "/dev/null", "view", "/dev/null");
}

Test(view, truncated_file)
{
	char data[65536];
	FILE *file = fopen(make_snapshot(PROGRAM("die"), "null_write"), "r");
	const size_t bytes = fread(data, 1, sizeof(data), file);
	cr_assert(bytes > 500);
	const size_t cuts[] = {1, 4, 7, 20, bytes / 2, bytes - 4, bytes - 1};
	for (size_t i = 0; i < COUNT(cuts); i++) {
		const char *path = place_file("cut", data, cuts[i]);
		expect_error(BAD_FILE, path, "view", path);
		expect_error(BAD_FILE, path, "view", "--json", path);
	}
}

/* A sound frame and sound CBOR, but no snapshot; or CBOR that breaks off. */
Test(view, foreign_content)
{
	static const char script[] =
		"import sys, lz4.frame, cbor2\n"
		"contents = [cbor2.dumps({'hello': 1}), cbor2.dumps([1, 2]), b'', b'\\xa2\\x67version', b'{\"version\": 1}']\n"
		"for i, content in enumerate(contents):\n"
		"    open(sys.argv[1] + str(i), 'wb').write(lz4.frame.compress(content))\n";
	const char *prefix = place_path("foreign-");
	const struct outcome made = process_run(&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script, prefix)});
	cr_assert(made.status == 0, "%s", made.err.data);
	for (int i = 0; i < 5; i++) {
		char path[512];
		snprintf(path, sizeof(path), "%s%d", prefix, i);
		expect_error(BAD_FILE, path, "view", path);
		expect_error(BAD_FILE, path, "view", "--json", path);
	}
}

/* As root the test needs somebody who may not read. */
static struct outcome as_nobody(const char *const *argv)
{
	return process_run(&(struct process_setup){.argv = argv, .as_nobody = true});
}

Test(view, unreadable)
{
	const char *directory = place_path("locked"), *file = place_file("secret", "x", 1);
	cr_assert(mkdir(directory, 0700) == 0 && chmod(file, 0) == 0);
	if (getuid() != 0)
		cr_assert(chmod(directory, 0) == 0);
	const struct outcome ls = as_nobody(LIST(TTLOG, "ls", directory)), view = as_nobody(LIST(TTLOG, "view", directory)),
			     secret = as_nobody(LIST(TTLOG, "view", file));
	expect_error_at(HERE, &ls, BAD_FILE, directory);
	expect_error_at(HERE, &view, BAD_FILE, directory);
	expect_error_at(HERE, &secret, BAD_FILE, file);
	chmod(directory, 0700);
}

Test(view, nothing_there)
{
	const char *empty = place_directory(), *missing = place_path("missing");
	expect_error(NOTHING, empty, "ls", empty);
	expect_error(NOTHING, missing, "ls", missing);
	expect_error(NOTHING, empty, "view", empty);
	expect_error(NOTHING, "999999999", "view", "999999999");
}

Test(view, ls_shows_bad_files_and_the_others)
{
	const char *good = make_snapshot(PROGRAM("die"), "null_write");
	char bad[512];
	snprintf(bad, sizeof(bad), "%s/ttlog-x-1-20260101T000000.000Z-SIGSEGV.cbor.lz4", place_storage());
	FILE *file = fopen(bad, "w");
	fputs("not a snapshot", file);
	fclose(file);
	const struct outcome outcome = ttlog(LIST("ls", place_storage()));
	cr_assert(WEXITSTATUS(outcome.status) == BAD_FILE, "%s", status_text(outcome.status));
	cr_assert(strstr(outcome.out.data, strrchr(good, '/') + 1) && strstr(outcome.out.data, strrchr(bad, '/') + 1), "%s",
		  outcome.out.data);
	cr_assert(strstr(outcome.out.data, "death_null_write") && strstr(outcome.out.data, "SIGSEGV"), "%s", outcome.out.data);
}

/* What it shows ------------------------------------------------------------------------------------------------------------- */

static void expect_shown(const struct outcome *outcome, const char *const *parts)
{
	const char *at = outcome->out.data;
	cr_assert(outcome->status == 0 && outcome->err.size == 0, "%s\n%s", status_text(outcome->status), outcome->err.data);
	for (; *parts; parts++) {
		const char *found = strstr(at, *parts);
		cr_assert(found != NULL, "\"%s\" is missing or not behind the others in:\n%s", *parts, outcome->out.data);
		at = found;
	}
}

static size_t lines_of(const char *text)
{
	size_t lines = 0;
	while ((text = strchr(text, '\n')) != NULL) {
		lines++;
		text++;
	}
	return lines;
}

Test(view, text)
{
	const char *path = make_snapshot(PROGRAM("threads4"), NULL);
	const struct outcome outcome = ttlog(LIST("view", path));
	expect_shown(&outcome, LIST("SIGSEGV", "SEGV_MAPERR", "0x0", "worker-2", "crash_here", "threads4.c:", "other threads",
				    "wait_here", "worker 3 on standard error, round 4", "more: ttlog view", path));
	cr_assert(!strchr(outcome.out.data, '\x1b'), "colours in a pipe");
	cr_assert(lines_of(outcome.out.data) <= 50, "%zu lines are more than one screen", lines_of(outcome.out.data));
	const struct outcome directory = ttlog(LIST("view", place_storage()));
	cr_assert_str_eq(directory.out.data, outcome.out.data, "a directory stands for its newest snapshot");
}

/* clang writes no .debug_aranges: the line is to be found all the same. */
Test(view, lines_of_a_program_by_clang)
{
	const char *program = place_path("by-clang");
	const struct outcome compiled = process_run(
		&(struct process_setup){.argv = LIST("clang", "-g", "-O1", "-pthread", "-D_GNU_SOURCE",
						     SOURCE_DIR "/tests/programs/threads4.c", "-o", program)});
	cr_assert(compiled.status == 0, "%s", compiled.err.data);
	const struct outcome outcome = ttlog(LIST("view", make_snapshot(program, NULL)));
	expect_shown(&outcome, LIST("SIGSEGV", "crash_here", "threads4.c:", "round 4", "threads4.c:"));
}

Test(view, abort_message)
{
	const struct outcome outcome = ttlog(LIST("view", make_snapshot(PROGRAM("die"), "assert")));
	expect_shown(&outcome, LIST("SIGABRT", "Assertion `zero == 1' failed.", "death_assert", "now assert"));
}

Test(view, first_fault)
{
	const struct outcome outcome = ttlog(LIST("view", make_snapshot(PROGRAM("die"), "handler_aborts")));
	expect_shown(&outcome, LIST("SIGABRT", "SIGSEGV", "SEGV_MAPERR", "death_null_write"));
}

Test(view, filters)
{
	const char *path = make_snapshot(PROGRAM("speak"), NULL);
	const struct outcome last = ttlog(LIST("view", "--last", "2", path)),
			     grep = ttlog(LIST("view", "--grep", "^syslog [iw]", path)),
			     source = ttlog(LIST("view", "--source", "write2", path)),
			     level = ttlog(LIST("view", "--level", "fatal", path)),
			     all = ttlog(LIST("view", "--last", "all", path));
	expect_shown(&last, LIST("vsyslog critical text"));
	cr_assert(!strstr(last.out.data, "syslog info"), "--last 2\n%s", last.out.data);
	expect_shown(&grep, LIST("syslog warning", "syslog info"));
	cr_assert(!strstr(grep.out.data, "syslog error") && !strstr(grep.out.data, "printf"), "--grep\n%s", grep.out.data);
	expect_shown(&source, LIST("write 2", "vdprintf 2"));
	cr_assert(!strstr(source.out.data, "writev") && !strstr(source.out.data, "fputs"), "--source\n%s", source.out.data);
	expect_shown(&level, LIST("vsyslog critical text"));
	cr_assert(!strstr(level.out.data, "syslog error"), "--level\n%s", level.out.data);
	expect_shown(&all, LIST("printf 1", "vprintf 2", "perror: No such file", "vsyslog critical text"));
}

/* A program cannot speak to the terminal of whoever reads its snapshot. */
Test(view, terminal_escapes)
{
	static const char script[] = "printf '\\033]0;owned\\007\\033[2J red \\302\\233 \\377\\n'; kill -SEGV $$";
	process_run(&(struct process_setup){.argv = LIST("/bin/bash", "-c", script), .agent = true});
	const struct outcome outcome = ttlog(LIST("view", "--no-color", place_storage()));
	cr_assert(outcome.status == 0 && strstr(outcome.out.data, "owned") && strstr(outcome.out.data, " red "), "%s",
		  outcome.out.data);
	for (const char *c = outcome.out.data; *c; c++)
		cr_assert((unsigned char)*c >= 32 || *c == '\n' || *c == '\t', "control character %#x at byte %td",
			  (unsigned char)*c, c - outcome.out.data);
	cr_assert(!strstr(outcome.out.data, "\302\233") && !strchr(outcome.out.data, '\377'), "C1 controls or invalid UTF-8");
}

Test(view, json)
{
	static const char script[] =
		"import json, sys\n"
		"s = json.load(sys.stdin)\n"
		"assert s['reason'] == 'SIGSEGV' and s['signal']['code_name'] == 'SEGV_MAPERR' and s['signal']['address'] == 0, "
		"s['signal']\n"
		"t = s['threads'][0]\n"
		"assert t['crashed'] and t['name'] == 'worker-2' and t['frames'][0]['function'] == 'crash_here', t\n"
		"assert len(s['threads']) == 5 and len(s['events']) == 40, (len(s['threads']), len(s['events']))\n"
		"assert [e['timestamp'] for e in s['events']] == sorted(e['timestamp'] for e in s['events'])\n"
		"for key in 'version service hostname pid ppid exe cmdline cwd created_at uptime reason signal threads modules "
		"events "
		"stats system agent'.split(): assert key in s, key\n";
	const struct outcome json = ttlog(LIST("view", "--json", make_snapshot(PROGRAM("threads4"), NULL)));
	cr_assert(json.status == 0);
	const struct outcome checked = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/python3", "-c", script), .input = json.out.data});
	cr_assert(checked.status == 0, "%s", checked.err.data);
}

/* Nobody wrote a snapshot yet: a living process's recorder. */
Test(view, living_process)
{
	struct process *process = process_start(&(struct process_setup){.argv = LIST(PROGRAM("die"), "waits"), .agent = true});
	process_await(process, "waiting\n");
	char pid[16];
	snprintf(pid, sizeof(pid), "%d", (int)process_pid(process));
	const struct outcome outcome = ttlog(LIST("view", pid));
	kill(process_pid(process), SIGKILL);
	process_finish(process);
	expect_shown(&outcome, LIST("die", "puts to stdout", "now waits"));
}

/* run ----------------------------------------------------------------------------------------------------------------------- */

Test(run, same_status_and_bytes)
{
	static const char *const deaths[] = {"exit_0",        "exit_3",        "_exit_4",      "null_write",
					     "abort",         "raise:TERM",    "kill_9",       "user_signal",
					     "handler_exits", "handler_jumps", "segv_blocked", "handler_faults"};
	for (size_t i = 0; i < COUNT(deaths); i++) {
		const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), deaths[i])});
		/* its own lines about snapshots are taken out as the agent's are */
		const struct outcome run = process_run(&(struct process_setup){
			.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", PROGRAM("die"), deaths[i]),
			.agent = true,
			.environment = LIST("LD_PRELOAD", "TTLOG_STORAGE")});
		cr_assert(WIFEXITED(plain.status) ? run.status == plain.status
						  : WIFSIGNALED(run.status) && WTERMSIG(run.status) == WTERMSIG(plain.status),
			  "%s: %s without, %s with run\n%s%s", deaths[i], status_text(plain.status), status_text(run.status),
			  run.err.data, run.agent.data);
		cr_assert_str_eq(run.out.data, plain.out.data);
		cr_assert_str_eq(run.err.data, plain.err.data);
	}
}

static void check_run(const char *death, const char *reason, struct snapshot *snapshot)
{
	const struct outcome outcome = TTLOG_RUN(PROGRAM("die"), death);
	const char *path;
	snapshot_only(snapshot, &path);
	const char *named = strstr(outcome.err.data, "\nttlog: ");
	cr_assert(named && strstr(named, path) && !strstr(named + 1, "\nttlog: "), "not one line that names %s:\n%s", path,
		  outcome.err.data);
	cr_assert(strcmp(snapshot->reason, reason) == 0, "%s: reason %s", death, snapshot->reason);
	char last[64];
	snprintf(last, sizeof(last), "now %s", death);
	expect_event(snapshot, SOURCE_STDERR, last);
	expect_event(snapshot, SOURCE_STDOUT, "unflushed last words");
}

Test(run, one_snapshot_of_a_fault)
{
	struct snapshot snapshot;
	check_run("null_write", "SIGSEGV", &snapshot);
	expect_innermost(&snapshot, "death_null_write");
	expect_no_degradations(&snapshot);
}

Test(run, sigkill)
{
	struct snapshot snapshot;
	check_run("kill_9", "SIGKILL", &snapshot);
	expect_degraded(&snapshot, "made from the recorder file only");
}

/* The kernel asked nobody: only the parent sees these. */
Test(run, blocked_fault)
{
	struct snapshot snapshot;
	check_run("segv_blocked", "SIGSEGV", &snapshot);
}

Test(run, fault_in_the_handler)
{
	struct snapshot snapshot;
	check_run("handler_faults", "SIGSEGV", &snapshot);
}

Test(run, no_snapshot_of_an_exit)
{
	const char *path;
	const struct outcome outcome = TTLOG_RUN(PROGRAM("die"), "exit_3");
	cr_assert(WEXITSTATUS(outcome.status) == 3 && snapshots_in(place_storage(), &path) == 0 &&
			  !strstr(outcome.err.data, "ttlog"),
		  "%s", outcome.err.data);
}

Test(run, on_exit)
{
	struct snapshot snapshot;
	const char *path;
	ttlog(LIST("run", "--storage", place_storage(), "--on-exit", "failure", "--", PROGRAM("die"), "exit_0"));
	cr_assert(snapshots_in(place_storage(), &path) == 0);
	ttlog(LIST("run", "--storage", place_storage(), "--on-exit", "failure", "--", PROGRAM("die"), "exit_3"));
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "exit 3");
	expect_event(&snapshot, SOURCE_STDERR, "now exit_3");
}

static struct outcome run_into_timeout(void)
{
	return ttlog(LIST("run", "--storage", place_storage(), "--timeout", "500ms", "--", PROGRAM("die"), "waits"));
}

/* All threads of the hanging process, before it is ended. */
Test(run, timeout)
{
	struct snapshot snapshot;
	char pattern[512];
	const struct outcome outcome = run_into_timeout();
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT, "%s\n%s", status_text(outcome.status), outcome.err.data);
	glob_t found;
	snprintf(pattern, sizeof(pattern), "%s/ttlog-die-*-timeout" SNAPSHOT_SUFFIX, place_storage());
	cr_assert(glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc == 1, "%s", outcome.err.data);
	snapshot_at(&snapshot, found.gl_pathv[0]);
	cr_assert_str_eq(snapshot.reason, "timeout");
	expect_sound(&snapshot, (pid_t)snapshot.pid);
	cr_assert(snapshot.thread_count == 1 && stack_has(&snapshot.threads[0], "death_waits"), "%s", snapshot_describe(&snapshot));
}

/* bin, lib and libexec as `make install` lays them out: the agent finds its helper there, and so does run. */
static const char *install(void)
{
	static const char script[] = "mkdir -p bin lib libexec/ttlog && cp \"$1\" bin && cp \"$2\" lib && cp \"$3\" libexec/ttlog";
	const char *prefix = place_directory();
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("sh", "-c", script, "sh", TTLOG, AGENT, CAPTURE), .directory = prefix});
	cr_assert(outcome.status == 0, "%s", outcome.err.data);
	char *program = malloc(strlen(prefix) + 16);
	sprintf(program, "%s/bin/ttlog", prefix);
	return program;
}

Test(run, installed)
{
	struct snapshot snapshot;
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(install(), "run", "--storage", place_storage(), "--", PROGRAM("die"), "null_write")});
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGSEGV, "%s", status_text(outcome.status));
	snapshot_only(&snapshot, NULL);
	expect_innermost(&snapshot, "death_null_write");
	expect_no_degradations(&snapshot);
}

Test(run, installed_timeout)
{
	struct snapshot snapshot;
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(install(), "run", "--storage", place_storage(), "--timeout", "200ms", "--", "sleep", "1000")});
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 124, "%s", outcome.err.data);
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "timeout");
}

/* One process that ended once: the SIGTERM that ended it was ours, and tells nothing. */
Test(run, timeout_leaves_one_snapshot)
{
	const char *path;
	const struct outcome outcome = run_into_timeout();
	cr_assert(snapshots_in(place_storage(), &path) == 1, "%zu snapshots\n%s", snapshots_in(place_storage(), &path),
		  outcome.err.data);
}

/* The same of a program that never said a word: there is no recorder that could be marked. */
Test(run, timeout_of_a_silent_program)
{
	const char *path;
	struct snapshot snapshot;
	const struct outcome outcome = ttlog(LIST("run", "--storage", place_storage(), "--timeout", "200ms", "--", "sleep", "1000"));
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 124, "%s", status_text(outcome.status));
	cr_assert(snapshots_in(place_storage(), &path) == 1, "%zu snapshots\n%s", snapshots_in(place_storage(), &path), outcome.err.data);
	snapshot_at(&snapshot, path);
	cr_assert_str_eq(snapshot.reason, "timeout");
}

/* Nothing was ever recorded, so there is no recorder file; the reason is still to be found. */
Test(run, silent_program_is_killed)
{
	struct snapshot snapshot;
	const struct outcome outcome = TTLOG_RUN("/bin/sh", "-c", "kill -KILL $$");
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGKILL);
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "SIGKILL");
	cr_assert(snapshot.event_count == 0 && snapshot.cmdline_count == 3 && snapshot.created_at, "%s",
		  snapshot_describe(&snapshot));
}

Test(run, service_and_arguments)
{
	struct snapshot snapshot;
	ttlog(LIST("run", "--service", "api", "--storage", place_storage(), "--", PROGRAM("die"), "null_write", "--last",
		   "--help"));
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.service, "api");
	cr_assert(snapshot.cmdline_count == 4 && strcmp(snapshot.cmdline[3], "--help") == 0, "options behind -- are the program's");
}

Test(run, standard_input_is_the_programs)
{
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", "cat"), .input = "what it is given\n"});
	cr_assert(outcome.status == 0 && strcmp(outcome.out.data, "what it is given\n") == 0);
}

Test(run, cannot_be_run)
{
	const char *text = place_file("text", "no program", 10);
	const struct outcome missing = TTLOG_RUN(NONEXISTENT),
			     no_name = process_run(
				     &(struct process_setup){.argv = LIST(TTLOG, "run", "--", "no-such-program-anywhere"),
							     .environment = LIST("PATH=/usr/bin:/bin")}),
			     not_executable = TTLOG_RUN(text), directory = TTLOG_RUN("/tmp");
	expect_error_at(HERE, &missing, NOT_FOUND, NONEXISTENT);
	expect_error_at(HERE, &no_name, NOT_FOUND, "no-such-program-anywhere");
	expect_error_at(HERE, &not_executable, NOT_EXECUTABLE, text);
	expect_error_at(HERE, &directory, NOT_EXECUTABLE, "/tmp");
}

/* The program runs all the same, and one line says what will be missing. */
static void expect_warned(const struct outcome *plain, const struct outcome *run, const char *named, const char *why)
{
	cr_assert(run->status == plain->status, "%s without, %s with run\n%s", status_text(plain->status), status_text(run->status),
		  run->err.data);
	cr_assert_str_eq(run->out.data, plain->out.data);
	cr_assert_str_eq(run->err.data, plain->err.data);
	cr_assert(run->agent_lines == 1 && strstr(run->agent.data, named) && strstr(run->agent.data, why),
		  "not one line on %s (%s):\n%s", named, why, run->agent.data);
}

static struct outcome run_separated(const char *program, const char *argument, const char *const *environment)
{
	const char *list[8] = {"LD_PRELOAD", "TTLOG_STORAGE"};
	for (size_t i = 2; environment && *environment; i++)
		list[i] = *environment++;
	return process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", program, argument),
					.environment = list,
					.agent = true});
}

Test(run, static_program)
{
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(PROGRAM("die_static"), "exit_3")});
	const struct outcome run = run_separated(PROGRAM("die_static"), "exit_3", NULL);
	cr_assert(WEXITSTATUS(plain.status) == 3);
	expect_warned(&plain, &run, "die_static", "static");
}

Test(run, set_uid_program)
{
	if (getuid() != 0)
		cr_skip_test("only root can make a program that is set-user-ID to somebody else");
	const char *copy = place_path("die_setuid");
	const struct outcome copied = process_run(&(struct process_setup){.argv = LIST("cp", PROGRAM("die"), copy)});
	cr_assert(copied.status == 0 && chown(copy, 65534, 65534) == 0 && chmod(copy, 04755) == 0);
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(copy, "exit_3")});
	const struct outcome run = run_separated(copy, "exit_3", NULL);
	expect_warned(&plain, &run, "die_setuid", "set-user-ID");
}

Test(run, bad_variable)
{
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), "exit_3")});
	const struct outcome run = run_separated(PROGRAM("die"), "exit_3", LIST("TTLOG_CAPACITY=lots"));
	expect_warned(&plain, &run, "TTLOG_CAPACITY", "lots");
}

/* Two processes die in one run: two snapshots, two lines. */
Test(run, children_too)
{
	const char *path;
	const struct outcome outcome = TTLOG_RUN("/bin/sh", "-c", PROGRAM("die") " null_write; " PROGRAM("die") " kill_9; exit 5");
	cr_assert(WEXITSTATUS(outcome.status) == 5, "%s", status_text(outcome.status));
	cr_assert(snapshots_in(place_storage(), &path) == 2, "%zu snapshots\n%s", snapshots_in(place_storage(), &path),
		  outcome.err.data);
}

/* Signals for the run reach the program. */
Test(run, terminated_from_outside)
{
	struct snapshot snapshot;
	struct process *process = process_start(
		&(struct process_setup){.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", PROGRAM("die"), "waits")});
	process_await(process, "waiting\n");
	kill(process_pid(process), SIGTERM);
	const struct outcome outcome = process_finish(process);
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGTERM, "%s", status_text(outcome.status));
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "SIGTERM");
	expect_in_crashed_stack(&snapshot, "death_waits");
}

/* recover ------------------------------------------------------------------------------------------------------------------- */

static void need_own_shm(void)
{
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: recover would take the recorders of other tests");
}

Test(recover, after_kill_9)
{
	need_own_shm();
	const char *directory = place_path("recovered"), *path;
	struct snapshot snapshot;
	const struct outcome agent = process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), "kill_9"), .agent = true});
	cr_assert(WTERMSIG(agent.status) == SIGKILL && recorder_of(agent.pid) != NULL, "the recorder survives SIGKILL");
	const struct outcome recovered = ttlog(LIST("recover", directory));
	cr_assert(recovered.status == 0, "%s\n%s", status_text(recovered.status), recovered.err.data);
	cr_assert(snapshots_in(directory, &path) == 1 && strstr(recovered.out.data, path), "%s", recovered.out.data);
	snapshot_at(&snapshot, path);
	cr_assert(snapshot.pid == agent.pid && snapshot.thread_count == 0, "%s", snapshot_describe(&snapshot));
	expect_event(&snapshot, SOURCE_STDERR, "now kill_9");
	expect_event(&snapshot, SOURCE_STDOUT, "unflushed last words");
	expect_degraded(&snapshot, "made from the recorder file only");
	cr_assert(snapshot.module_count > 0, "%s", snapshot_describe(&snapshot));
	cr_assert(recorder_of(agent.pid) == NULL, "the recorder is removed once its snapshot is written");
	expect_error(NOTHING, "no recorder", "recover", directory);
}

Test(recover, default_directory)
{
	need_own_shm();
	const char *path;
	process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), "kill_9"), .agent = true});
	const struct outcome recovered = ttlog(LIST("recover"));
	cr_assert(recovered.status == 0 && snapshots_in(place_storage(), &path) == 1, "%s%s", recovered.out.data,
		  recovered.err.data);
}

/* What the helper could not write while the process died: everything but other threads' stacks is in the recorder. */
Test(recover, after_a_death_without_helper)
{
	need_own_shm();
	char setting[512];
	const char *directory = place_path("recovered"), *path;
	struct snapshot snapshot;
	snprintf(setting, sizeof(setting), "TTLOG_STORAGE=%s/x", place_file("file", "", 0));
	const struct outcome agent = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("die"), "null_write"), .environment = LIST(setting), .agent = true});
	cr_assert(WTERMSIG(agent.status) == SIGSEGV);
	const struct outcome recovered = ttlog(LIST("recover", directory));
	cr_assert(recovered.status == 0 && snapshots_in(directory, &path) == 1, "%s%s", recovered.out.data, recovered.err.data);
	snapshot_at(&snapshot, path);
	expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_event(&snapshot, SOURCE_STDERR, "now null_write");
	cr_assert(snapshot.thread_count == 1 && snapshot.threads[0].register_count > 0, "the crashed thread's registers%s",
		  snapshot_describe(&snapshot));
}

/* A living process's recorder is not taken from it. */
Test(recover, leaves_the_living)
{
	need_own_shm();
	struct process *process = process_start(&(struct process_setup){.argv = LIST(PROGRAM("die"), "waits"), .agent = true});
	process_await(process, "waiting\n");
	expect_error(NOTHING, "no recorder", "recover", place_path("recovered"));
	cr_assert(recorder_of(process_pid(process)) != NULL);
	kill(process_pid(process), SIGKILL);
	process_finish(process);
}

Test(recover, damaged_recorder)
{
	need_own_shm();
	const struct outcome agent = process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), "kill_9"), .agent = true});
	const char *recorder = recorder_of(agent.pid);
	const struct outcome viewed = ttlog(LIST("view", recorder));
	expect_shown(&viewed, LIST("now kill_9"));
	cr_assert(truncate(recorder, 5000) == 0);
	expect_error(BAD_FILE, recorder, "view", recorder);
	const struct outcome recovered = ttlog(LIST("recover", place_path("recovered")));
	expect_error_at(HERE, &recovered, BAD_FILE, recorder);
}
