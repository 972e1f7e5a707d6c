/*
 * ttlog view and ls: what they show, and what they say of files that are none.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(view, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

/* Nothing can be read: one line, no more. */
Test(view, truncated_file)
{
	char data[65536];
	FILE *file = fopen(make_snapshot(PROGRAM("die"), "null_write"), "r");
	const size_t bytes = fread(data, 1, sizeof(data), file);
	cr_assert(bytes > 500);
	const size_t cuts[] = {1, 4, 7, 20};
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
	expect_error(BAD_FILE, missing, "ls", missing);
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

/* What it shows --------------------------------------------------------------------------------------------------------------- */

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

/* The fault, not what the program's handler of it did to end. */
Test(view, first_fault)
{
	const struct outcome outcome = ttlog(LIST("view", make_snapshot(PROGRAM("die"), "handler_aborts")));
	expect_shown(&outcome, LIST("die died of SIGABRT, sent by itself after SIGSEGV: address not mapped (SEGV_MAPERR) at 0x",
				    "sent by itself, after its own handler", "death_null_write"));
}

/* Who sent a signal, where the program's handler of it has sent it again. */
Test(view, first_sender)
{
	struct process *process = process_start(&(struct process_setup){.argv = LIST(PROGRAM("raises_again")), .agent = true});
	char sender[64];
	process_await(process, "ready");
	kill(process_pid(process), SIGTERM);
	process_finish(process);
	const struct outcome outcome = ttlog(LIST("view", place_storage()));
	snprintf(sender, sizeof(sender), "  signal   sent by pid %d (uid ", (int)getpid());
	expect_shown(&outcome, LIST("raises_again died of SIGTERM", sender, ", and handled by the program first\n"));
}

Test(view, uncaught_exception)
{
	const struct outcome outcome = ttlog(LIST("view", make_snapshot(PROGRAM("throws"), NULL)));
	expect_shown(&outcome, LIST("throws died of SIGABRT: uncaught exception std::runtime_error: no such table: users\n"));
	cr_assert(!strstr(outcome.out.data, "  message "), "the headline tells it:\n%s", outcome.out.data);
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

/* Stacks of known snapshots, word for word ------------------------------------------------------------------------------------ */

static void expect_stack(struct snapshot_thread *thread, const char *expected)
{
	static struct snapshot_module modules[] = {{.path = "/bin/victim", .base = 0x1000, .size = 0x1000},
						   {.path = "/lib/old.so", .base = 0x3000, .size = 0x1000, .state = "replaced"}};
	struct snapshot_error error = {.text = ""};
	struct snapshot snapshot;
	char path[512];
	snapshot_init(&snapshot);
	snapshot.version = SNAPSHOT_VERSION;
	snapshot.service = "victim";
	snapshot.reason = "SIGSEGV";
	snapshot.threads = thread;
	snapshot.thread_count = 1;
	snapshot.modules = modules;
	snapshot.module_count = COUNT(modules);
	thread->tid = 7;
	thread->crashed = true;
	cr_assert(snapshot_write(&snapshot, place_storage(), path, sizeof(path), &error) == 0, "%s", error.text);
	snapshot_fini(&snapshot);
	const struct outcome outcome = ttlog(LIST("view", "--no-color", path));
	const char *begin = strstr(outcome.out.data, "thread 7"), *end = begin ? strstr(begin, "\n\n") : NULL;
	cr_assert(end && (size_t)(end + 1 - begin) == strlen(expected) && strncmp(begin, expected, strlen(expected)) == 0,
		  "not as expected:\n%s\nbut:\n%s%s", expected, outcome.out.data, outcome.err.data);
}

#define FRAME(pc_, name_)                                                                                                          \
	{                                                                                                                          \
		.pc = pc_, .module = "/bin/victim", .offset = (pc_)-0x1000, .function = name_, .function_offset = 4                \
	}

Test(view, stack_with_guesses)
{
	struct snapshot_frame frames[] = {
		FRAME(0x1100, "innermost"),
		{.pc = 0x1200, .module = "/bin/victim", .offset = 0x200, .exact = true},
		{.pc = 0x1300, .module = "/bin/victim", .offset = 0x300, .exact = true, .function = "interrupted"},
		{.pc = 0x9990, .module = "[anon]", .offset = 0x990, .found = "return_address"},
		{.pc = 0x3100, .module = "/lib/old.so", .offset = 0x100, .found = "frame_pointer"},
		{.pc = 0x4141414141414141},
		{.pc = 0x1400, .module = "/bin/victim", .offset = 0x400, .function = "main", .found = "scan"},
	};
	expect_stack(&(struct snapshot_thread){.frames = frames, .frame_count = COUNT(frames), .frames_cut = true},
		     "thread 7  crashed\n"
		     "  #0  innermost+0x4                     (victim)\n"
		     "  #1  signal handler called             (victim+0x200)\n"
		     "  #2  interrupted+0x0                   (victim)\n"
		     "  #3  0x9990                            ([anon]+0x990)  [return address]\n"
		     "  #4  0x3100                            (old.so+0x100, replaced)  [frame pointer]\n"
		     "  #5  0x4141414141414141                (no module)\n"
		     "  #6  main+0x0                          (victim)  [scan]\n"
		     "  ... outer frames are not known\n"
		     "  [...]: guessed so; no unwind information led there\n");
}

/* "At least" where the time for the walk was over before its end. */
Test(view, stack_with_a_gap)
{
	struct snapshot_frame frames[] = {FRAME(0x1010, "fault"), FRAME(0x1020, "ping"), FRAME(0x1030, "pong"),
					  FRAME(0x1020, "ping"),  FRAME(0x1030, "pong"), FRAME(0x1020, "ping"),
					  FRAME(0x1030, "pong"),  FRAME(0x1020, "ping"), FRAME(0x1040, "main")};
	struct snapshot_thread thread = {
		.frames = frames, .frame_count = COUNT(frames), .frames_omitted = 1234567, .frames_omitted_at = 5};
	expect_stack(&thread, "thread 7  crashed\n"
			      "  #0  fault+0x4                         (victim)\n"
			      "  #1  ping+0x4                          (victim)\n"
			      "  #2  pong+0x4                          (victim)\n"
			      "  ... 1,234,572 frames more of ping, pong\n"
			      "  #1234575 main+0x4                          (victim)\n");
	place_storage_clear();
	thread.frames_cut = true;
	thread.frame_count--;
	expect_stack(&thread, "thread 7  crashed\n"
			      "  #0  fault+0x4                         (victim)\n"
			      "  #1  ping+0x4                          (victim)\n"
			      "  #2  pong+0x4                          (victim)\n"
			      "  ... at least 1,234,572 frames more of ping, pong\n"
			      "  ... outer frames are not known\n");
}

/* Left out among frames that are no recursion: nothing is said of what they were. */
Test(view, stack_with_a_gap_between_strangers)
{
	struct snapshot_frame frames[] = {FRAME(0x1010, "a"), FRAME(0x1020, "b"), FRAME(0x1030, "c"), FRAME(0x1040, "main")};
	expect_stack(
		&(struct snapshot_thread){
			.frames = frames, .frame_count = COUNT(frames), .frames_omitted = 4749, .frames_omitted_at = 2},
		"thread 7  crashed\n"
		"  #0  a+0x4                             (victim)\n"
		"  #1  b+0x4                             (victim)\n"
		"  ... 4,749 frames left out\n"
		"  #4751 c+0x4                             (victim)\n"
		"  #4752 main+0x4                          (victim)\n");
}
