/*
 * Runtimes that live on faults, or that handle their own deaths: Java, Node, Python, Go with cgo, Rust, AddressSanitizer, and one that
 * moves its program counter as a WebAssembly machine does. They stay healthy without a snapshot; they die as they would, say what they
 * would, and the one snapshot shows the fault that it began with.
 */
#include "command.h"
#include "describe.h"
#include "signal_names.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(java, .init = place_init, .fini = place_fini, .timeout = 300);
TestSuite(node, .init = place_init, .fini = place_fini, .timeout = 300);
TestSuite(python, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(golang, .init = place_init, .fini = place_fini, .timeout = 300);
TestSuite(rust, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(asan, .init = place_init, .fini = place_fini, .timeout = 200);
TestSuite(guards, .init = place_init, .fini = place_fini, .timeout = 100);

#define RUNTIMES PROGRAM("runtimes")
#define RAISE    "raise|gsignal|pthread_kill|__pthread_kill_implementation|__pthread_kill|abort"

enum { PATIENCE_S = 120 }; /* a virtual machine's start on a busy computer */

static void need(const char *built, const char *compiler)
{
	if (access(built, R_OK) != 0)
		cr_skip_test("%s is not installed, so there is no %s", compiler, built);
}

/* Words that hold a digit stand as #: addresses, pids, times. */
static void mask_numbers(struct bytes *bytes)
{
	size_t used = 0;
	for (size_t at = 0; at < bytes->size;) {
		size_t end = at;
		bool number = false;
		while (end < bytes->size && (isxdigit((unsigned char)bytes->data[end]) || bytes->data[end] == 'x'))
			number |= isdigit((unsigned char)bytes->data[end++]) != 0;
		if (number)
			bytes->data[used++] = '#';
		else if (end > at)
			memmove(bytes->data + used, bytes->data + at, end - at), used += end - at;
		else
			bytes->data[used++] = bytes->data[end++];
		at = end;
	}
	bytes->data[used] = 0;
	bytes->size = used;
}

struct pair {
	struct outcome plain, agent;
};

static struct pair run_both(const char *const *argv, const char *const *environment)
{
	struct pair pair;
	for (int agent = 0; agent < 2; agent++) {
		struct outcome *outcome = agent ? &pair.agent : &pair.plain;
		*outcome = process_run(
			&(struct process_setup){.argv = argv, .environment = environment, .agent = agent, .limit_s = PATIENCE_S});
		mask_numbers(&outcome->out);
		mask_numbers(&outcome->err);
	}
	return pair;
}

/* No snapshot. Some leave by a raw system call, which no hook sees: then a recorder is left for `ttlog recover`. */
static void expect_silent(struct where where, const struct outcome *outcome)
{
	const char *path;
	cr_assert(snapshots_in(place_storage(), &path) == 0 && outcome->agent_lines == 0, "%s:%d: %s", where.file, where.line,
		  outcome->agent.data);
}

static void check_healthy(struct where where, const char *const *argv, int code, const char *said)
{
	const struct pair pair = run_both(argv, NULL);
	cr_assert(WIFEXITED(pair.plain.status) && WEXITSTATUS(pair.plain.status) == code && strstr(pair.plain.out.data, said),
		  "%s:%d: %s without the agent\n%s%s", where.file, where.line, status_text(pair.plain.status), pair.plain.out.data,
		  pair.plain.err.data);
	expect_same_at(where, &pair.plain, &pair.agent);
	expect_silent(where, &pair.agent);
}

static void check_dies(struct where where, const char *const *argv, const char *const *environment, int number,
		       struct snapshot *snapshot)
{
	const struct pair pair = run_both(argv, environment);
	cr_assert(WIFSIGNALED(pair.plain.status) && WTERMSIG(pair.plain.status) == number, "%s:%d: %s without the agent\n%s%s",
		  where.file, where.line, status_text(pair.plain.status), pair.plain.out.data, pair.plain.err.data);
	expect_same_at(where, &pair.plain, &pair.agent);
	expect_one_snapshot_at(where, &pair.agent, snapshot);
	cr_assert(snapshot->signal.number == number, "%s:%d%s", where.file, where.line, snapshot_describe(snapshot));
}

static void expect_first(const struct snapshot *snapshot, int number, int code)
{
	cr_assert(snapshot->first_signal.present && snapshot->first_signal.number == number && snapshot->first_signal.code == code,
		  "the fault behind it is not %s, code %d%s", short_signal_name(number), code, snapshot_describe(snapshot));
}

/* Java ---------------------------------------------------------------------------------------------------------------------- */

#define JAVA(...) LIST("java", "-Xmx128m", "-XX:-OmitStackTraceInFastThrow", "-cp", RUNTIMES, "Faults", __VA_ARGS__)

static void need_java(void)
{
	need(RUNTIMES "/Faults.class", "javac");
}

/* Each null check is a fault: the virtual machine is told to make no exception without one. */
Test(java, lives_on_faults)
{
	need_java();
	check_healthy(HERE, JAVA("live"), 0, "overflows in a thread\n");
}

/* A section of the report that Java writes: from its heading to the next empty line. */
static char *section(const char *report, const char *heading)
{
	const char *begin = strstr(report, heading);
	cr_assert(begin, "no \"%s\" in the report", heading);
	const char *end = strstr(begin, "\n\n");
	struct bytes part = {strndup(begin, end ? (size_t)(end - begin) : strlen(begin)), 0};
	part.size = strlen(part.data);
	mask_numbers(&part);
	return part.data;
}

static char *java_report(const char *directory)
{
	static char report[4 << 20];
	char pattern[600];
	glob_t found;
	snprintf(pattern, sizeof(pattern), "%s/hs_err_pid*.log", directory);
	cr_assert(glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc == 1, "Java wrote no report");
	FILE *file = fopen(found.gl_pathv[0], "re");
	cr_assert(file != NULL);
	report[fread(report, 1, sizeof(report) - 1, file)] = 0;
	fclose(file);
	return strdup(report);
}

/* The report that Java makes of its own death shows its handlers, as it knows them, among all the rest. */
static void check_java_reports(const char *plain, const char *agent)
{
	static const char *const sections[] = {"Signal Handlers:", "# Problematic frame:", "siginfo: "};
	char *reports[] = {java_report(plain), java_report(agent)};
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
		cr_assert_str_eq(section(reports[0], sections[i]), section(reports[1], sections[i]));
	cr_assert(strstr(reports[1], "\nEND.\n"), "the report is whole");
}

Test(java, dies_of_a_wild_write)
{
	need_java();
	struct snapshot snapshot;
	struct outcome outcomes[2];
	const char *directories[2];
	for (int agent = 0; agent < 2; agent++) {
		directories[agent] = place_directory();
		outcomes[agent] = process_run(&(struct process_setup){
			.argv = JAVA("null"), .agent = agent, .directory = directories[agent], .limit_s = PATIENCE_S});
		mask_numbers(&outcomes[agent].out);
	}
	cr_assert(WTERMSIG(outcomes[0].status) == SIGABRT && strstr(outcomes[0].out.data, "A fatal error has been detected"));
	expect_same(outcomes[0], outcomes[1]);
	check_java_reports(directories[0], directories[1]);
	expect_one_snapshot(outcomes[1], &snapshot);
	expect_signal(&snapshot, SIGABRT, SI_TKILL);
	expect_first(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_event_holding(&snapshot, "about to write");
}

/* Where a signal that comes from elsewhere meets the process is chance. */
static void forget_frame(struct bytes *report)
{
	static const char heading[] = "# Problematic frame:\n";
	char *frame = strstr(report->data, heading), *end;
	if (!frame)
		return;
	frame += sizeof(heading) - 1;
	end = strchr(frame, '\n');
	if (!end)
		return;
	memmove(frame, end, report->size - (size_t)(end - report->data) + 1);
	report->size -= (size_t)(end - frame);
}

static struct outcome kill_java(const char *directory, bool agent)
{
	struct process *java = process_start(&(struct process_setup){
		.argv = JAVA("wait"), .agent = agent, .directory = directory, .limit_s = PATIENCE_S, .input = NULL});
	process_await(java, "waiting\n");
	kill(process_pid(java), SIGSEGV);
	struct outcome outcome = process_finish(java);
	mask_numbers(&outcome.out);
	forget_frame(&outcome.out);
	return outcome;
}

/* Python -------------------------------------------------------------------------------------------------------------------- */

/* The handler of real deaths is tested with the other real programs; here it works beside a living program. */
Test(python, dumps_a_traceback_later)
{
	static const char script[] = "import faulthandler, sys, threading\n"
				     "done = threading.Event()\n"
				     "faulthandler.enable()\n"
				     "faulthandler.dump_traceback_later(0.2, exit=True)\n"
				     "print('waiting', flush=True)\n"
				     "done.wait()\n";
	const struct pair pair = run_both(LIST("/usr/bin/python3", "-c", script), NULL);
	cr_assert(WEXITSTATUS(pair.plain.status) == 1 && strstr(pair.plain.err.data, "Timeout"), "%s", pair.plain.err.data);
	expect_same(pair.plain, pair.agent);
	expect_no_snapshot(pair.agent);
}

Test(python, all_handlers_of_faulthandler)
{
	static const char *const ways[] = {"_sigsegv", "_sigabrt", "_sigfpe", "_read_null"};
	static const int numbers[] = {SIGSEGV, SIGABRT, SIGFPE, SIGSEGV};
	for (size_t i = 0; i < 4; i++) {
		struct snapshot snapshot;
		char script[200];
		snprintf(script, sizeof(script),
			 "import faulthandler; faulthandler.enable(); print('dies', flush=True); faulthandler.%s()", ways[i]);
		check_dies(HERE, LIST("/usr/bin/python3", "-c", script), NULL, numbers[i], &snapshot);
		expect_event_holding(&snapshot, "Fatal Python error");
		place_storage_clear();
	}
}

/* A stack overflow inside C, which its handler reports from a stack of its own. */
Test(python, stack_overflow)
{
	struct snapshot snapshot;
	check_dies(HERE,
		   LIST("/usr/bin/python3", "-c",
			"import faulthandler; faulthandler.enable(); print('dies', flush=True); faulthandler._stack_overflow()"),
		   NULL, SIGSEGV, &snapshot);
	expect_first(&snapshot, SIGSEGV, SEGV_MAPERR);
}

/* Node ---------------------------------------------------------------------------------------------------------------------- */

static void need_node(void)
{
	need("/usr/bin/node", "nodejs");
}

Test(node, lives_on_overflows)
{
	need_node();
	check_healthy(HERE,
		      LIST("/usr/bin/node", "-e",
			   "let n = 0; for (let i = 0; i < 20; i++) try { (function f() { f() })() } catch (e) {"
			   " if (e instanceof RangeError) n++ } console.log(n, 'caught')"),
		      0, "caught");
}

Test(node, aborts)
{
	need_node();
	struct snapshot snapshot;
	check_dies(HERE, LIST("/usr/bin/node", "-e", "console.log('last words'); process.abort()"), NULL, SIGABRT, &snapshot);
	expect_event_holding(&snapshot, "last words");
	cr_assert(snapshot.thread_count > 4, "%s", snapshot_describe(&snapshot));
}

Test(node, is_sent_a_fault)
{
	need_node();
	struct snapshot snapshot;
	check_dies(HERE,
		   LIST("/usr/bin/node", "-e",
			"console.log('last words'); process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 9)"),
		   NULL, SIGSEGV, &snapshot);
	expect_event_holding(&snapshot, "last words");
}

/* Go ------------------------------------------------------------------------------------------------------------------------ */

#define GO RUNTIMES "/faults_go"

Test(golang, recovers)
{
	need(GO, "go");
	check_healthy(HERE, LIST(GO, "live"), 0, "notified of");
}

/* How far the runtime's own goroutines have come is different each time: the first one only. */
static void cut_goroutines(struct bytes *bytes)
{
	char *first = strstr(bytes->data, "goroutine "), *second = first ? strstr(first + 1, "\ngoroutine ") : NULL;
	if (second) {
		*second = 0;
		bytes->size = (size_t)(second - bytes->data);
	}
}

/* Both end in an exit with status 2: no death, for anybody. */
static void check_go_exit(struct where where, const char *name, const char *says)
{
	need(GO, "go");
	struct pair pair = run_both(LIST(GO, name), NULL);
	cut_goroutines(&pair.plain.err);
	cut_goroutines(&pair.agent.err);
	cr_assert(WEXITSTATUS(pair.plain.status) == 2 && strstr(pair.plain.err.data, says), "%s", pair.plain.err.data);
	expect_same_at(where, &pair.plain, &pair.agent);
	expect_silent(where, &pair.agent);
}

Test(golang, panics)
{
	check_go_exit(HERE, "panic", "nil pointer dereference");
}

Test(golang, faults_in_c)
{
	check_go_exit(HERE, "c", "_Cfunc_crash_in_c");
}

/* `ttlog run --on-exit failure` is the way to a snapshot of those. */
Test(golang, seen_by_run)
{
	need(GO, "go");
	struct snapshot snapshot;
	ttlog(LIST("run", "--storage", place_storage(), "--on-exit", "failure", "--", GO, "c"));
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "exit 2");
	expect_event_holding(&snapshot, "C speaks");
}

/* What it says of its other goroutines depends on how far they have come. */
Test(golang, dies_where_it_is_told_to)
{
	need(GO, "go");
	struct snapshot snapshot;
	const struct pair pair = run_both(LIST(GO, "c"), LIST("GOTRACEBACK=crash"));
	cr_assert(pair.plain.status == pair.agent.status && WTERMSIG(pair.plain.status) == SIGABRT, "%s, %s",
		  status_text(pair.plain.status), status_text(pair.agent.status));
	expect_one_snapshot(pair.agent, &snapshot);
	cr_assert(snapshot.signal.number == SIGABRT);
	expect_event_holding(&snapshot, "C speaks");
}

/* Rust ---------------------------------------------------------------------------------------------------------------------- */

#define RUST RUNTIMES "/faults_rust"

Test(rust, panics)
{
	need(RUST, "rustc");
	struct snapshot snapshot;
	check_dies(HERE, LIST(RUST, "panic"), NULL, SIGABRT, &snapshot);
	expect_event_holding(&snapshot, "at the disco");
	expect_abort_message(&snapshot, "panicked at");
	expect_abort_message(&snapshot, "at the disco");
}

/* From 1.65 on. Before, its stack for handlers has 8 KB: with AVX-512 too few for another signal, and nobody sees the death from inside. */
static void need_room_of_rust(const char *name)
{
	unsigned version = 0;
	need(RUST, "rustc");
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST("rustc", "--version")});
	cr_assert(sscanf(outcome.out.data, "rustc 1.%u", &version) == 1, "%s", outcome.out.data);
	if (version >= 65)
		return;
	const struct pair pair = run_both(LIST(RUST, name), NULL);
	cr_assert(WIFSIGNALED(pair.plain.status) && WTERMSIG(pair.plain.status) == SIGABRT, "%s", status_text(pair.plain.status));
	cr_assert(pair.agent.status == pair.plain.status, "%s", status_text(pair.agent.status));
	cr_skip_test("the death is the same; there is a snapshot where rust is 1.65 or newer");
}

/* Its own handler, on its own small stack, says which thread it was. */
static void check_rust_overflow(const char *name, const char *says)
{
	struct snapshot snapshot;
	need_room_of_rust(name);
	check_dies(HERE, LIST(RUST, name), NULL, SIGABRT, &snapshot);
	expect_event_holding(&snapshot, says);
	expect_abort_message(&snapshot, "has overflowed its stack");
}

Test(rust, overflows_in_a_thread)
{
	check_rust_overflow("thread", "has overflowed its stack");
}

Test(rust, overflows)
{
	struct snapshot snapshot;
	need_room_of_rust("overflow");
	check_dies(HERE, LIST(RUST, "overflow"), NULL, SIGABRT, &snapshot);
	expect_event_holding(&snapshot, "has overflowed its stack");
}

/* AddressSanitizer ---------------------------------------------------------------------------------------------------------- */

#define SANITIZED PROGRAM("sanitized")

Test(asan, lives)
{
	check_healthy(HERE, LIST(SANITIZED, "lives"), 0, "thread: zed");
}

/* It reports and exits. */
Test(asan, reports)
{
	static const char *const defects[] = {"use_after_free", "null_write", "overflow"};
	for (size_t i = 0; i < 3; i++) {
		const struct pair pair = run_both(LIST(SANITIZED, defects[i]), NULL);
		cr_assert(WEXITSTATUS(pair.plain.status) == 1 && strstr(pair.plain.err.data, "AddressSanitizer"), "%s",
			  pair.plain.err.data);
		expect_same(pair.plain, pair.agent);
		expect_silent(HERE, &pair.agent);
	}
}

Test(asan, aborts)
{
	struct snapshot snapshot;
	check_dies(HERE, LIST(SANITIZED, "null_write"), LIST("ASAN_OPTIONS=abort_on_error=1"), SIGABRT, &snapshot);
	expect_first(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_in_crashed_stack(&snapshot, "null_write");
}

/* A shared runtime refuses to start unless it is the first library of all: `ttlog run` says so and leaves the program alone. */
Test(asan, shared_runtime)
{
	const char *path;
	const struct outcome plain = process_run(&(struct process_setup){.argv = LIST(PROGRAM("sanitized_shared"), "lives")});
	const struct outcome run = TTLOG_RUN(PROGRAM("sanitized_shared"), "lives");
	cr_assert(plain.status == 0 && run.status == 0, "%s\n%s", status_text(run.status), run.err.data);
	cr_assert_str_eq(run.out.data, plain.out.data);
	cr_assert(strncmp(run.err.data, "ttlog", 5) == 0 && strstr(run.err.data, "AddressSanitizer") &&
			  strchr(run.err.data, '\n') == run.err.data + run.err.size - 1,
		  "%s", run.err.data);
	cr_assert(snapshots_in(place_storage(), &path) == 0);
}

/* Guard pages --------------------------------------------------------------------------------------------------------------- */

Test(guards, live)
{
	check_healthy(HERE, LIST(PROGRAM("guards")), 0, "jumps");
}

Test(guards, die_of_another_fault)
{
	struct snapshot snapshot;
	check_dies(HERE, LIST(PROGRAM("guards"), "dies"), NULL, SIGSEGV, &snapshot);
	expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_innermost(&snapshot, "another_fault");
	cr_assert(snapshot.signal.address == 24 && snapshot.stats.torn == 0, "%s", snapshot_describe(&snapshot));
}

Test(java, is_sent_a_fault)
{
	need_java();
	struct snapshot snapshot;
	const char *directories[] = {place_directory(), place_directory()};
	const struct outcome plain = kill_java(directories[0], false), agent = kill_java(directories[1], true);
	cr_assert(WTERMSIG(plain.status) == SIGABRT, "%s\n%s", status_text(plain.status), plain.out.data);
	expect_same(plain, agent);
	expect_one_snapshot(agent, &snapshot);
	expect_first(&snapshot, SIGSEGV, SI_USER);
	cr_assert(snapshot.first_signal.sender_pid == getpid());
}
