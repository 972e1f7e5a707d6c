/*
 * Real programs of Debian's, unmodified: they die as they would without the agent, and the snapshot tells what they said last
 * and where they were.
 */
#include "describe.h"
#include "expect.h"
#include "heard.h"
#include "place.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(real, .init = place_init, .fini = place_fini, .timeout = 150);

#define RAISE "raise|gsignal|pthread_kill|__pthread_kill_implementation|__pthread_kill|abort"

/* The variants of strlen(3) have no names in libc's dynamic symbols: without its debug symbols a caller is the innermost named one.
 */
#define STRLEN "strlen|__strlen_avx2|__strlen_sse2|__strlen_evex|__strlen_asimd|__strlen_mte|__strlen_generic"

struct real {
	const char *const *argv;
	const char *input;
	int signal, code;
	const char *innermost, *in_stack;
};

static void check_real(struct where where, const struct real *real, struct snapshot *snapshot)
{
	const struct outcome plain = process_run(&(struct process_setup){.argv = real->argv, .input = real->input});
	cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == real->signal, "%s: %s without the agent\n%s%s",
		  real->argv[0], status_text(plain.status), plain.out.data, plain.err.data);
	const struct outcome agent = process_run(&(struct process_setup){.argv = real->argv, .input = real->input, .agent = true});
	expect_same_at(where, &plain, &agent);
	expect_one_snapshot_at(where, &agent, snapshot);
	expect_sound_at(where, snapshot, agent.pid);
	expect_signal_at(where, snapshot, real->signal, real->code);
	expect_innermost_at(where, snapshot, real->innermost);
	expect_in_crashed_stack_at(where, snapshot, real->in_stack);
	expect_no_degradations_at(where, snapshot);
}

/* The event is there, and nothing but line ends and the agent's notes comes after it. */
static void expect_last(const struct snapshot *snapshot, const char *part)
{
	size_t last = 0;
	for (size_t i = 0; i < snapshot->event_count; i++) {
		const struct snapshot_event *event = &snapshot->events[i];
		if (event->source != SOURCE_AGENT && event->source != SOURCE_ABORT && event->message.bytes > 1)
			last = i;
	}
	cr_assert(snapshot->event_count && snapshot->events[last].message.data &&
			  memmem(snapshot->events[last].message.data, snapshot->events[last].message.bytes, part, strlen(part)),
		  "\"%s\" is not the last text%s", part, snapshot_describe(snapshot));
}

Test(real, python_null)
{
	static const char script[] = "import ctypes, sys\n"
				     "for i in range(5): print('row', i)\n"
				     "print('on standard error', file=sys.stderr)\n"
				     "print('reading address 0')\n"
				     "ctypes.string_at(0)\n";
	struct snapshot snapshot;
	check_real(HERE,
		   &(struct real){.argv = LIST("/usr/bin/python3", "-u", "-c", script),
				  .signal = SIGSEGV,
				  .code = SEGV_MAPERR,
				  .innermost = STRLEN "|ffi_call",
				  .in_stack = "Py_BytesMain|Py_RunMain"},
		   &snapshot);
	cr_assert(snapshot.signal.has_address && snapshot.signal.address == 0);
	expect_event_holding(&snapshot, "on standard error");
	expect_last(&snapshot, "reading address 0");
}

Test(real, python_abort)
{
	struct snapshot snapshot;
	check_real(HERE,
		   &(struct real){.argv = LIST("/usr/bin/python3", "-u", "-c", "import os; print('one'); print('two'); os.abort()"),
				  .signal = SIGABRT,
				  .code = SI_TKILL,
				  .innermost = RAISE,
				  .in_stack = "abort"},
		   &snapshot);
	expect_in_crashed_stack(&snapshot, "Py_BytesMain|Py_RunMain");
	expect_event_holding(&snapshot, "one");
	expect_last(&snapshot, "two");
}

static void mask_addresses(struct bytes *bytes)
{
	for (char *at = bytes->data; (at = strstr(at, "0x")) != NULL;)
		for (at += 2; isxdigit((unsigned char)*at); at++)
			*at = '#';
}

/* Python's own handler prints the traceback of the fault first and raises the signal again. */
Test(real, python_faulthandler)
{
	struct snapshot snapshot;
	const char *const *argv = LIST("/usr/bin/python3", "-u", "-X", "faulthandler", "-c",
				       "import ctypes\nprint('before')\nctypes.string_at(0)");
	struct outcome plain = process_run(&(struct process_setup){.argv = argv}),
		       agent = process_run(&(struct process_setup){.argv = argv, .agent = true});
	mask_addresses(&plain.err);
	mask_addresses(&agent.err);
	expect_same(plain, agent);
	expect_one_snapshot(agent, &snapshot);
	expect_sound(&snapshot, agent.pid);
	expect_signal(&snapshot, SIGSEGV, SI_TKILL);
	expect_innermost(&snapshot, STRLEN "|ffi_call");
	expect_in_crashed_stack(&snapshot, "Py_BytesMain|Py_RunMain");
	cr_assert(snapshot.first_signal.present && snapshot.first_signal.number == SIGSEGV &&
			  snapshot.first_signal.code == SEGV_MAPERR,
		  "%s", snapshot_describe(&snapshot));
	expect_event_holding(&snapshot, "Fatal Python error: ");
	/* Python 3.9 writes some of it by the letter. */
	cr_assert(strstr(heard_text(&snapshot, SOURCE_STDERR, SOURCE_WRITE2).data, "string_at"), "%s",
		  snapshot_describe(&snapshot));
}

Test(real, bash)
{
	struct snapshot snapshot;
	check_real(HERE,
		   &(struct real){
			   .argv = LIST("/bin/bash", "-c", "echo first; echo second >&2; echo third; kill -SEGV $$; echo never"),
			   .signal = SIGSEGV,
			   .code = SI_USER,
			   .innermost = "kill",
			   .in_stack = "main"},
		   &snapshot);
	expect_sender(&snapshot, (pid_t)snapshot.pid);
	const struct expected_event events[] = {{SOURCE_STDOUT, "first"}, {ANY_SOURCE, "second"}, {SOURCE_STDOUT, "third"}};
	expect_events_in_order(&snapshot, events, 3);
	expect_last(&snapshot, "third");
}

Test(real, perl_kill)
{
	struct snapshot snapshot;
	check_real(HERE,
		   &(struct real){.argv = LIST("/usr/bin/perl", "-e",
					       "$| = 1; print \"row $_\\n\" for 1 .. 3; warn \"a warning\\n\"; kill SEGV => $$"),
				  .signal = SIGSEGV,
				  .code = SI_USER,
				  .innermost = "kill",
				  .in_stack = "perl_run"},
		   &snapshot);
	expect_event_holding(&snapshot, "row 3");
	expect_last(&snapshot, "a warning");
}

Test(real, perl_wild_pointer)
{
	struct snapshot snapshot;
	check_real(HERE,
		   &(struct real){
			   .argv = LIST("/usr/bin/perl", "-e", "$| = 1; print \"unpacking\\n\"; print unpack('p', pack('J', 1))"),
			   .signal = SIGSEGV,
			   .code = SEGV_MAPERR,
			   .innermost = STRLEN "|Perl_newSVpv|Perl_newSVpvn|Perl_sv_setpv",
			   .in_stack = "Perl_unpackstring"},
		   &snapshot);
	cr_assert(snapshot.signal.has_address && snapshot.signal.address == 1);
	expect_last(&snapshot, "unpacking");
}

static const char sqlite_rows[] = "create table users (id integer, name text);\n"
				  "insert into users values (1, 'ada'), (2, 'grace');\n"
				  "select id, name from users order by id;\n";

Test(real, sqlite_extension)
{
	struct snapshot snapshot;
	char input[1024];
	snprintf(input, sizeof(input), "%s.load " PROGRAM("crash_extension.so") "\n", sqlite_rows);
	check_real(HERE,
		   &(struct real){.argv = LIST("/usr/bin/sqlite3", ":memory:"),
				  .input = input,
				  .signal = SIGSEGV,
				  .code = SEGV_MAPERR,
				  .innermost = "crash_in_extension",
				  .in_stack = "sqlite3_load_extension|sqlite3_extension_init"},
		   &snapshot);
	expect_event_holding(&snapshot, "ada");
	expect_event_holding(&snapshot, "grace");
}

/* system(3) waits for the shell, or has not come back from making it: the signal may be faster. */
#define SPAWN_OR_WAIT "wait4|waitpid|__wait4|__waitpid|__spawnix|__spawni|posix_spawn"

Test(real, sqlite_killed)
{
	struct snapshot snapshot;
	char input[1024];
	snprintf(input, sizeof(input), "%s.shell kill -SEGV $PPID\n", sqlite_rows);
	check_real(HERE,
		   &(struct real){.argv = LIST("/usr/bin/sqlite3", ":memory:"),
				  .input = input,
				  .signal = SIGSEGV,
				  .code = SI_USER,
				  .innermost = SPAWN_OR_WAIT "|__internal_syscall_cancel", /* of wait4(2), from glibc 2.41 on */
				  .in_stack = SPAWN_OR_WAIT},
		   &snapshot);
	cr_assert(snapshot.signal.has_sender && snapshot.signal.sender_pid != snapshot.pid &&
		  snapshot.signal.sender_uid == (int64_t)getuid());
	expect_event_holding(&snapshot, "grace");
}

Test(real, four_threads)
{
	struct snapshot snapshot;
	check_real(HERE,
		   &(struct real){.argv = LIST(PROGRAM("threads4")),
				  .signal = SIGSEGV,
				  .code = SEGV_MAPERR,
				  .innermost = "crash_here",
				  .in_stack = "work"},
		   &snapshot);
	cr_assert(snapshot.thread_count == 5 && snapshot.threads[0].name && strcmp(snapshot.threads[0].name, "worker-2") == 0, "%s",
		  snapshot_describe(&snapshot));
	static const char *const others[] = {"worker-0", "worker-1", "worker-3"};
	for (size_t i = 0; i < 3; i++) {
		const struct snapshot_thread *thread = thread_named(&snapshot, others[i]);
		cr_assert(thread && !thread->crashed && stack_has(thread, "wait_here"), "%s is not in wait_here()%s", others[i],
			  snapshot_describe(&snapshot));
	}
	const struct snapshot_thread *main_thread = thread_named(&snapshot, "threads4");
	cr_assert(main_thread && main_thread->tid == (uint32_t)snapshot.pid && stack_has(main_thread, "main"));
	char text[64];
	for (int round = 0; round < 5; round++) {
		for (int worker = 0; worker < 4; worker++) {
			char name[16];
			snprintf(name, sizeof(name), "worker-%d", worker);
			snprintf(text, sizeof(text), "worker %d on standard error, round %d", worker, round);
			const struct snapshot_event *event = expect_event(&snapshot, SOURCE_STDERR, text);
			const struct snapshot_thread *thread = thread_named(&snapshot, name);
			cr_assert(event->tid == thread->tid && event->thread_name && strcmp(event->thread_name, name) == 0,
				  "%s by %s", text, event->thread_name);
		}
	}
	expect_last(&snapshot, "worker 3 on standard error, round 4");
}

Test(real, uncaught_exception)
{
	struct snapshot snapshot;
	check_real(HERE,
		   &(struct real){.argv = LIST(PROGRAM("throws")),
				  .signal = SIGABRT,
				  .code = SI_TKILL,
				  .innermost = RAISE,
				  .in_stack = "open_table"},
		   &snapshot);
	expect_in_crashed_stack(&snapshot, "__cxa_throw");
	expect_in_crashed_stack(&snapshot, "run_query");
	expect_event_holding(&snapshot, "opening ");
	expect_event_holding(&snapshot, "about to fail");
	expect_event_holding(&snapshot, "no such table: users");
}

/* redis-server -------------------------------------------------------------------------------------------------------------- */

/* Version 6 needs not be allowed to be made to die, and has its test of memory always. */
static const char *only_from_7(const char *option)
{
	unsigned version = 0;
	const struct outcome outcome = process_run(&(struct process_setup){.argv = LIST("redis-server", "--version")});
	cr_assert(sscanf(outcome.out.data, "Redis server v=%u", &version) == 1, "%s", outcome.out.data);
	return version >= 7 ? option : NULL;
}

/* Runs a server on a unix socket and makes it die by its own command. */
static struct outcome run_redis(bool agent)
{
	const char *directory = place_directory();
	char socket[512];
	snprintf(socket, sizeof(socket), "%s/s", directory);
	struct process *server = process_start(
		&(struct process_setup){.argv = LIST("redis-server", "--port", "0", "--unixsocket", socket, "--save", "",
						     "--appendonly", "no", only_from_7("--enable-debug-command"), "yes",
						     /* its test of all memory trips over jemalloc's own thread now and then */
						     "--crash-memcheck-enabled", "no"),
					.directory = directory,
					.agent = agent,
					.limit_s = 60});
	process_await(server, "eady to accept connections");
	const struct outcome answer = process_run(
		&(struct process_setup){.argv = LIST("redis-cli", "-s", socket, "set", "key", "value"), .limit_s = 20});
	cr_assert_str_eq(answer.out.data, "OK\n");
	process_run(&(struct process_setup){.argv = LIST("redis-cli", "-s", socket, "debug", "segfault"), .limit_s = 40});
	return process_finish(server);
}

/* The kind of a line: numbers and addresses stand as #. */
static void reduce(const char *line, size_t bytes, char *shape, size_t room)
{
	size_t used = 0;
	for (size_t i = 0; i < bytes && used + 2 < room;) {
		if (!isdigit((unsigned char)line[i])) {
			shape[used++] = line[i++];
			continue;
		}
		const bool hex = line[i] == '0' && i + 1 < bytes && line[i + 1] == 'x';
		for (i += hex ? 2 : 0; i < bytes && (hex ? isxdigit((unsigned char)line[i]) : isdigit((unsigned char)line[i]));)
			i++;
		shape[used++] = '#';
	}
	shape[used] = 0;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Headings and the lines of the log proper, sorted, each kind once: the report's dumps hold addresses and memory. */
static char *headings(const struct outcome *outcome)
{
	char *lines[4096], *result = NULL;
	size_t count = 0, bytes = 0;
	for (const char *at = outcome->out.data; *at && count < 4096;) {
		const size_t length = strcspn(at, "\n");
		char shape[512];
		reduce(at, length, shape, sizeof(shape));
		const bool dump = strstr(shape, ") -> ") || strstr(shape, "memory region") || strstr(shape, "R#:") ||
				  strstr(shape, ".so");
		if (!dump && (strstr(shape, " * ") || strstr(shape, " # ") || strncmp(shape, "------", 6) == 0 ||
			      strncmp(shape, "===", 3) == 0))
			lines[count++] = strdup(shape);
		at += length + (at[length] == '\n');
	}
	qsort(lines, count, sizeof(*lines), compare_lines);
	FILE *out = open_memstream(&result, &bytes);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
			fprintf(out, "%s\n", lines[i]);
	fclose(out);
	return result;
}

Test(real, redis)
{
	struct snapshot snapshot;
	const struct outcome plain = run_redis(false), agent = run_redis(true);
	cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == SIGSEGV, "%s", status_text(plain.status));
	cr_assert(plain.status == agent.status, "%s without the agent, %s with it", status_text(plain.status),
		  status_text(agent.status));
	cr_assert_str_eq(headings(&plain), headings(&agent));
	cr_assert(strstr(agent.out.data, "crashed by signal: 11") && strstr(agent.out.data, "=== REDIS BUG REPORT END"));
	expect_one_snapshot(agent, &snapshot);
	cr_assert(snapshot.pid == agent.pid && snapshot.signal.number == SIGSEGV && snapshot.first_signal.present &&
			  snapshot.first_signal.code == (only_from_7("") ? SEGV_ACCERR : SEGV_MAPERR),
		  "%s", snapshot_describe(&snapshot));
	expect_innermost(&snapshot, "debugCommand");
	expect_in_crashed_stack(&snapshot, "aeMain|main");
	expect_event_holding(&snapshot, "eady to accept connections");
	expect_event_holding(&snapshot, "crashed by signal: 11");
	expect_event_holding(&snapshot, "REDIS BUG REPORT END");
	expect_no_degradations(&snapshot);
}
