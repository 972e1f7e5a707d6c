/*
 * The differential death test: every death of the program die, without and with the agent. The deaths are the same to the
 * parent (status, core, bytes), and the run with the agent leaves one snapshot that tells which death it was.
 */
#include "expect.h"
#include "fault_codes.h"
#include "libc_age.h"
#include "place.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(faults, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(aborts, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(places, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(handlers, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(survivors, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(sent, .init = place_init, .fini = place_fini, .timeout = 100);
TestSuite(received, .init = place_init, .fini = place_fini, .timeout = 100);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1 /* <asm-generic/siginfo.h>; glibc 2.36 does not name it */
#endif

#define RAISE "raise|gsignal|pthread_kill|__pthread_kill_implementation|__pthread_kill"

struct death {
	const char *name, *program; /* NULL: die */
	int signal, code;
	const char *innermost; /* alternatives, as in expect.h */
	const char *in_stack;  /* NULL: the same */
	const char *abort_message;
	int first_signal, first_code; /* the fault behind the death; 0: none */
	struct core_scrutiny scrutiny;
	bool elsewhere; /* not in main: nothing about last words and thread */
};

static struct outcome run_death(const char *program, const char *name, bool agent)
{
	return process_run(
		&(struct process_setup){.argv = LIST(program ? program : PROGRAM("die"), name), .agent = agent, .twin = true});
}

/* All that victim_speak() says, in its order. */
static void expect_spoken(struct where where, const struct snapshot *snapshot, const char *name, bool last_words)
{
	char first[64], last[64];
	snprintf(first, sizeof(first), "printf %s", name);
	snprintf(last, sizeof(last), "now %s", name);
	const struct expected_event events[] = {
		{SOURCE_STDOUT, first},
		{SOURCE_STDOUT, "puts to stdout"},
		{SOURCE_STDOUT, "fputs to stdout"},
		{SOURCE_STDOUT, "putc to stdout"},
		{SOURCE_STDOUT, "fwrite to stdout"},
		{SOURCE_WRITE1, "write to 1"},
		{SOURCE_WRITE2, "dprintf to 2"},
		{SOURCE_STDERR, "perror: No such file or directory"},
		{SOURCE_STDERR, last},
		{SOURCE_STDOUT, "unflushed last words"},
	};
	expect_events_in_order_at(where, snapshot, events, COUNT(events) - !last_words);
}

/* Why libc ended it is an event, one, whether a hook saw it or not. */
static void expect_said_once_at(struct where where, const struct snapshot *snapshot, const char *message)
{
	const char *core = message + strspn(message, "* ");
	const size_t bytes = strcspn(core, "*") - (core != message);
	unsigned said = 0;
	for (size_t i = 0; i < snapshot->event_count; i++) {
		const struct snapshot_event *event = &snapshot->events[i];
		said += event->source == SOURCE_ABORT && memmem(event->message.data, event->message.bytes, core, bytes) != NULL;
	}
	cr_assert(said == 1, "%s:%d: %u events say \"%s\"", where.file, where.line, said, message);
}

static void check_death(struct where where, const struct death *death, struct snapshot *snapshot)
{
	const struct outcome plain = run_death(death->program, death->name, false);
	cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == death->signal, "%s dies of %s without the agent",
		  death->name, status_text(plain.status));
	const struct outcome agent = run_death(death->program, death->name, true);
	expect_same_death_at(where, &plain, &agent, &death->scrutiny);
	expect_one_snapshot_at(where, &agent, snapshot);
	struct core core;
	if (core_in(agent.directory, &core))
		expect_snapshot_of_core_at(where, snapshot, &core, !death->scrutiny.hooked);
	expect_sound_at(where, snapshot, agent.pid);
	expect_signal_at(where, snapshot, death->signal, death->code);
	expect_spoken(where, snapshot, death->name, !death->elsewhere);
	expect_innermost_at(where, snapshot, death->innermost);
	if (death->in_stack)
		expect_in_crashed_stack_at(where, snapshot, death->in_stack);
	if (death->abort_message)
		expect_abort_message_at(where, snapshot, death->abort_message);
	if (death->abort_message)
		expect_said_once_at(where, snapshot, death->abort_message);
	cr_assert(snapshot->first_signal.present == (death->first_signal != 0) &&
			  (!death->first_signal || (snapshot->first_signal.number == death->first_signal &&
						    snapshot->first_signal.code == death->first_code)),
		  "%s: the fault behind it is %s, code %d", death->name,
		  snapshot->first_signal.present ? snapshot->first_signal.name : "missing", snapshot->first_signal.code);
	const struct snapshot_thread *thread = crashed_thread(where, snapshot);
	cr_assert(death->elsewhere || thread->tid == (uint32_t)agent.pid, "%s: thread %u crashed", death->name, thread->tid);
	cr_assert(thread->register_count >= 17, "%zu registers", thread->register_count);
	expect_no_degradations_at(where, snapshot);
}

#define DEATH(suite, name_, signal_, code_, innermost_, ...)                                                                       \
	Test(suite, name_)                                                                                                         \
	{                                                                                                                          \
		struct snapshot snapshot;                                                                                          \
		check_death(                                                                                                       \
			HERE,                                                                                                      \
			&(struct death){.name = #name_, .signal = signal_, .code = code_, .innermost = innermost_, __VA_ARGS__},   \
			&snapshot);                                                                                                \
	}

/* Where the kernel leaves no core in the working directory, the tests below compare status and bytes alone: this one says so. */
Test(faults, cores_are_compared)
{
	char pattern[128] = "?";
	struct core core;
	const struct outcome plain = run_death(NULL, "null_write", false);
	FILE *file = fopen("/proc/sys/kernel/core_pattern", "r");
	if (file && fgets(pattern, sizeof(pattern), file))
		pattern[strcspn(pattern, "\n")] = 0;
	if (!core_in(plain.directory, &core))
		cr_skip_test("no core to compare: core_pattern is \"%s\"", pattern);
	cr_assert(core.threads == 1 && core.pid == plain.pid && core.tid == plain.pid && core.has_signal &&
		  core.signal.si_signo == SIGSEGV && core.signal.si_addr == NULL);
}

/* Faults -------------------------------------------------------------------------------------------------------------------- */

DEATH(faults, null_read, SIGSEGV, SEGV_MAPERR, "death_null_read")
DEATH(faults, null_write, SIGSEGV, SEGV_MAPERR, "death_null_write", .in_stack = "main")
DEATH(faults, write_to_text, SIGSEGV, SEGV_ACCERR, "death_write_to_text")
DEATH(faults, jump_to_null, SIGSEGV, SEGV_MAPERR, "death_jump_to_null", .in_stack = "main")
DEATH(faults, wild_read, SIGSEGV, SEGV_MAPERR, "death_wild_read")
DEATH(faults, write_to_constant, SIGSEGV, SEGV_ACCERR, "death_write_to_constant")
DEATH(faults, privileged_instruction, FAULT_PRIVILEGED_SIGNAL, FAULT_PRIVILEGED_CODE, "death_privileged_instruction")
DEATH(faults, destroyed_stack, SIGSEGV, SEGV_MAPERR, "death_destroyed_stack")
DEATH(faults, stack_segment, SIGBUS, FAULT_STACK_CODE, "death_stack_segment")
DEATH(faults, destroyed_returns, FAULT_RETURN_SIGNAL, FAULT_RETURN_CODE, FAULT_RETURN_IN)
DEATH(faults, noncanonical, SIGSEGV, FAULT_NONCANONICAL_CODE, "death_noncanonical")
DEATH(faults, division, SIGFPE, FAULT_DIVISION_CODE, FAULT_DIVISION_IN)
DEATH(faults, illegal_instruction, SIGILL, FAULT_ILLEGAL_CODE, "death_illegal_instruction")
DEATH(faults, breakpoint, SIGTRAP, FAULT_BREAKPOINT_CODE, "death_breakpoint")
DEATH(faults, bus_error, SIGBUS, BUS_ADRERR, "death_bus_error")
DEATH(faults, bad_syscall, SIGSYS, SYS_SECCOMP, "syscall", .in_stack = "death_bad_syscall")
DEATH(faults, stack_overflow, SIGSEGV, SEGV_MAPERR, "overflow_stack")

Test(faults, wild_write)
{
	struct snapshot snapshot;
	check_death(HERE,
		    &(struct death){.name = "wild_write", .signal = SIGSEGV, .code = SEGV_MAPERR, .innermost = "death_wild_write"},
		    &snapshot);
	cr_assert(snapshot.signal.has_address && snapshot.signal.address == 0x10203040, "%#llx",
		  (unsigned long long)snapshot.signal.address);
	cr_assert_str_eq(snapshot.signal.code_name, "SEGV_MAPERR");
	const struct snapshot_frame *frame = &snapshot.threads[0].frames[0];
	cr_assert(frame->module && strcmp(frame->module, snapshot.exe) == 0 && frame->offset && frame->build_id,
		  "the frame's module");
	const struct snapshot_module *module = snapshot_module_at(&snapshot, frame->pc);
	cr_assert(module && module->build_id && strcmp(module->build_id, frame->build_id) == 0 &&
		  frame->pc - module->base == frame->offset);
}

/* Aborts -------------------------------------------------------------------------------------------------------------------- */

DEATH(aborts, abort, SIGABRT, SI_TKILL, RAISE "|abort", .in_stack = "death_abort", .scrutiny.hooked = true)
DEATH(aborts, assert, SIGABRT, SI_TKILL, RAISE "|abort|__assert_fail", .in_stack = "death_assert", .scrutiny.hooked = true,
      .abort_message = "Assertion `zero == 1' failed.")
DEATH(aborts, double_free, SIGABRT, SI_TKILL, RAISE, .in_stack = "death_double_free",
      .abort_message = "free(): double free detected")
DEATH(aborts, invalid_free, SIGABRT, SI_TKILL, RAISE, .in_stack = "death_invalid_free", .abort_message = "free(): invalid")
DEATH(aborts, heap_overrun, SIGABRT, SI_TKILL, RAISE, .in_stack = "death_heap_overrun",
      .abort_message = "malloc(): corrupted top size")
DEATH(aborts, stack_smash, SIGABRT, SI_TKILL, RAISE, .in_stack = "death_stack_smash",
      .abort_message = "*** stack smashing detected ***", .program = PROGRAM("die_protected"), .scrutiny.hooked = true)
DEATH(aborts, fortify, SIGABRT, SI_TKILL, RAISE, .in_stack = "death_fortify", .abort_message = "*** buffer overflow detected ***",
      .program = PROGRAM("die_fortified"))
DEATH(aborts, abort_handled, SIGABRT, SI_TKILL, RAISE "|abort", .in_stack = "death_abort_handled", .scrutiny.hooked = true)

/*
 * Where libc would let an ignored or blocked SIGABRT in unseen, the agent lets it in where it is first raised: another instruction of the same
 * call, by the same signal.
 */
DEATH(aborts, abort_ignored, SIGABRT, SI_TKILL, RAISE "|abort", .in_stack = "death_abort_ignored", .scrutiny.hooked = true,
      .scrutiny.signal_only = libc_aborts_unseen())
DEATH(aborts, abort_blocked, SIGABRT, SI_TKILL, RAISE "|abort", .in_stack = "death_abort_blocked", .scrutiny.hooked = true,
      .scrutiny.signal_only = libc_aborts_unseen())

/* Places -------------------------------------------------------------------------------------------------------------------- */

DEATH(places, in_handler, SIGSEGV, SEGV_MAPERR, "death_null_write", .in_stack = "death_in_handler")
DEATH(places, in_atexit, SIGSEGV, SEGV_MAPERR, "death_null_write", .in_stack = "exit", .scrutiny.registered = true)
DEATH(places, in_qsort, SIGSEGV, SEGV_MAPERR, "death_null_write", .in_stack = "qsort|qsort_r")
DEATH(places, in_constructor, SIGSEGV, SEGV_MAPERR, "death_null_write", .in_stack = "early", .elsewhere = true)

static void check_thread(const struct death *death)
{
	struct snapshot snapshot;
	check_death(HERE, death, &snapshot);
	const struct snapshot_thread *thread = &snapshot.threads[0];
	cr_assert(snapshot.thread_count == 2 && thread->tid != (uint32_t)snapshot.pid && thread->name &&
			  strcmp(thread->name, "victim") == 0,
		  "%zu threads, the crashed one is %u \"%s\"", snapshot.thread_count, thread->tid, thread->name);
	cr_assert(snapshot.threads[1].tid == (uint32_t)snapshot.pid && stack_has(&snapshot.threads[1], "main"), "main's stack");
}

Test(places, in_thread)
{
	check_thread(&(struct death){.name = "in_thread",
				     .signal = SIGSEGV,
				     .code = SEGV_MAPERR,
				     .innermost = "death_null_write",
				     .in_stack = "thread_null_write",
				     .elsewhere = true});
}

Test(places, overflow_in_thread)
{
	check_thread(&(struct death){.name = "overflow_in_thread",
				     .signal = SIGSEGV,
				     .code = SEGV_ACCERR,
				     .innermost = "overflow_stack",
				     .scrutiny.signal_only = true, /* the stack's first page is reached by another of its frames */
				     .elsewhere = true});
}

/* One of them is the death; the others wait until it is told. */
Test(places, twenty_threads_at_once)
{
	struct snapshot snapshot;
	const char *const *argv = LIST(PROGRAM("die"), "null_write", "company=barrier");
	const struct outcome agent = process_run(&(struct process_setup){.argv = argv, .agent = true});
	cr_assert(WIFSIGNALED(agent.status) && WTERMSIG(agent.status) == SIGSEGV, "%s", status_text(agent.status));
	expect_one_snapshot(agent, &snapshot);
	expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_innermost(&snapshot, "death_null_write");
	expect_no_degradations(&snapshot);
	cr_assert(snapshot.thread_count == 21, "%zu threads", snapshot.thread_count);
}

/* What the program's threads were doing, not what the helper did to them. */
Test(places, thread_states)
{
	struct snapshot snapshot;
	run_death(NULL, "in_thread", true);
	snapshot_only(&snapshot, NULL);
	for (size_t i = 0; i < snapshot.thread_count; i++) {
		const char *state = snapshot.threads[i].state;
		/* "disk": in the middle of a page fault */
		cr_assert(state && (strcmp(state, "running") == 0 || strcmp(state, "sleeping") == 0 || strcmp(state, "disk") == 0),
			  "thread %u is in the state \"%s\"", snapshot.threads[i].tid, state ? state : "(none)");
	}
}

/* A name as a debugger shows it: no "@@GLIBC_2.34" behind it. */
Test(places, names_without_versions)
{
	struct snapshot snapshot;
	run_death(NULL, "abort", true);
	snapshot_only(&snapshot, NULL);
	for (size_t i = 0; i < snapshot.threads[0].frame_count; i++) {
		const char *function = snapshot.threads[0].frames[i].function;
		cr_assert(!function || !strchr(function, '@'), "frame %zu is %s", i, function);
	}
}

/* A thread that never said anything, so that nothing but its birth can have told the agent of it. */
Test(places, overflow_in_silent_thread)
{
	check_thread(&(struct death){.name = "overflow_in_silent_thread",
				     .signal = SIGSEGV,
				     .code = SEGV_ACCERR,
				     .innermost = "overflow_stack",
				     .scrutiny.signal_only = true, /* the stack's first page is reached by another of its frames */
				     .elsewhere = true});
}

Test(places, in_fork_child)
{
	struct snapshot snapshot;
	const struct outcome plain = run_death(NULL, "in_fork_child", false), agent = run_death(NULL, "in_fork_child", true);
	cr_assert(plain.status == 0 && strstr(plain.out.data, "child: signal 11"));
	expect_same_death(plain, agent);
	expect_one_snapshot(agent, &snapshot);
	cr_assert(snapshot.ppid == agent.pid && snapshot.pid != agent.pid);
	expect_sound(&snapshot, (pid_t)snapshot.pid);
	expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_innermost(&snapshot, "death_null_write");
	expect_event(&snapshot, SOURCE_STDERR, "the child speaks");
	cr_assert(recorder_of(agent.pid) == NULL, "the parent's recorder is left");
}

static int daemon_status(void)
{
	int status;
	do
		status = process_orphan(NULL);
	while (status == 0); /* the one between parent and daemon */
	return status;
}

Test(places, as_daemon)
{
	struct snapshot snapshot;
	const struct outcome plain = run_death(NULL, "as_daemon", false);
	const int plain_status = daemon_status();
	const struct outcome agent = run_death(NULL, "as_daemon", true);
	const int agent_status = daemon_status();
	expect_same_death(plain, agent);
	cr_assert(plain_status == agent_status && WTERMSIG(plain_status) == SIGSEGV, "%s without the agent, %s with it",
		  status_text(plain_status), status_text(agent_status));
	expect_one_snapshot(agent, &snapshot);
	expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_event(&snapshot, SOURCE_STDERR, "the daemon speaks");
	expect_innermost(&snapshot, "death_null_write");
}

/* The program's own handlers ------------------------------------------------------------------------------------------------ */

#define FIRST_FAULT .first_signal = SIGSEGV, .first_code = SEGV_MAPERR

/* The stack is that of the fault behind the death, not of the handler that passed it on (DESIGN 5). */
DEATH(handlers, handler_reraises, SIGSEGV, SI_TKILL, "death_null_write", .in_stack = "death_handler_reraises",
      .scrutiny.hooked = true, FIRST_FAULT)
DEATH(handlers, handler_in_silent_thread, SIGSEGV, SI_TKILL, "death_null_write", .in_stack = "thread_silent_write",
      .elsewhere = true, .scrutiny.hooked = true, FIRST_FAULT)
DEATH(handlers, handler_restores, SIGSEGV, SI_TKILL, "death_null_write", .in_stack = "death_handler_restores",
      .scrutiny.hooked = true, FIRST_FAULT)
DEATH(handlers, handler_aborts, SIGABRT, SI_TKILL, "death_null_write", .in_stack = "death_handler_aborts", .scrutiny.hooked = true,
      FIRST_FAULT)
DEATH(handlers, handler_returns, SIGSEGV, SEGV_MAPERR, "death_null_write", .in_stack = "death_handler_returns", FIRST_FAULT)
DEATH(handlers, handler_resethand, SIGSEGV, SEGV_MAPERR, "death_null_write", .in_stack = "death_handler_resethand", FIRST_FAULT)

/* The fault comes while its signal is blocked: the kernel asks nobody. `ttlog run` sees it from outside (test_cli.c). */
static void check_same_only(const char *name, int expected)
{
	const struct outcome plain = run_death(NULL, name, false), agent = run_death(NULL, name, true);
	cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == expected);
	expect_same_death(plain, agent);
}

Test(handlers, handler_faults)
{
	check_same_only("handler_faults", SIGSEGV);
}

Test(handlers, segv_blocked)
{
	check_same_only("segv_blocked", SIGSEGV);
}

Test(handlers, kill_9)
{
	check_same_only("kill_9", SIGKILL);
}

Test(handlers, user_signal)
{
	check_same_only("user_signal", SIGUSR2);
}

/* No deaths ----------------------------------------------------------------------------------------------------------------- */

static void check_survivor(const char *name, int code)
{
	const struct outcome plain = run_death(NULL, name, false), agent = run_death(NULL, name, true);
	cr_assert(WIFEXITED(plain.status) && WEXITSTATUS(plain.status) == code, "%s without the agent", status_text(plain.status));
	expect_same(plain, agent);
	expect_no_snapshot(agent);
}

#define SURVIVOR(name, code)                                                                                                       \
	Test(survivors, name)                                                                                                      \
	{                                                                                                                          \
		check_survivor(#name, code);                                                                                       \
	}

SURVIVOR(handler_exits, 7)
SURVIVOR(handler_jumps, 0)
SURVIVOR(term_ignored, 0)
SURVIVOR(term_handled, 0)
SURVIVOR(looks_around, 0)
SURVIVOR(exit_0, 0)
SURVIVOR(exit_3, 3)
SURVIVOR(_exit_4, 4)

/* What a shell hands on with nohup or in the background */
Test(survivors, ignored_at_start)
{
	static const char script[] = "trap '' TERM INT QUIT HUP; exec \"$0\" looks_around";
	struct outcome outcomes[2];
	for (int agent = 0; agent < 2; agent++)
		outcomes[agent] = process_run(
			&(struct process_setup){.argv = LIST("/bin/sh", "-c", script, PROGRAM("die")), .agent = agent});
	cr_assert(strstr(outcomes[0].out.data, "15: ignored"), "%s", outcomes[0].out.data);
	expect_same(outcomes[0], outcomes[1]);
	expect_no_snapshot(outcomes[1]);
}

/* Signals that the process sends to itself ---------------------------------------------------------------------------------- */

static void check_sent(struct where where, const char *name, int sig, int code, const char *innermost)
{
	struct snapshot snapshot;
	check_death(
		where,
		&(struct death){.name = name, .signal = sig, .code = code, .innermost = innermost, .in_stack = "send_to_itself"},
		&snapshot);
	expect_sender_at(where, &snapshot, (pid_t)snapshot.pid);
}

#define SENT(sig)                                                                                                                  \
	Test(sent, raise_##sig)                                                                                                    \
	{                                                                                                                          \
		check_sent(HERE, "raise:" #sig, SIG##sig, SI_TKILL, RAISE);                                                        \
	}                                                                                                                          \
	Test(sent, kill_##sig)                                                                                                     \
	{                                                                                                                          \
		check_sent(HERE, "kill:" #sig, SIG##sig, SI_USER, "kill");                                                         \
	}                                                                                                                          \
	Test(sent, tgkill_##sig)                                                                                                   \
	{                                                                                                                          \
		check_sent(HERE, "tgkill:" #sig, SIG##sig, SI_TKILL, "tgkill");                                                    \
	}                                                                                                                          \
	Test(sent, sigqueue_##sig)                                                                                                 \
	{                                                                                                                          \
		check_sent(HERE, "sigqueue:" #sig, SIG##sig, SI_QUEUE, "sigqueue");                                                \
	}

SENT(SEGV)
SENT(BUS)
SENT(ILL)
SENT(FPE)
SENT(ABRT)
SENT(TRAP)
SENT(SYS)
SENT(INT)
SENT(TERM)
SENT(QUIT)
SENT(HUP)

/* Signals from another process: this one ------------------------------------------------------------------------------------ */

static struct outcome run_and_kill(int sig, bool agent)
{
	struct process *process = process_start(
		&(struct process_setup){.argv = LIST(PROGRAM("die"), "waits"), .agent = agent, .twin = true});
	process_await(process, "waiting\n");
	process_await_sleep(process);
	kill(process_pid(process), sig);
	return process_finish(process);
}

static void check_received(struct where where, int sig)
{
	struct snapshot snapshot;
	const struct outcome plain = run_and_kill(sig, false), agent = run_and_kill(sig, true);
	cr_assert(WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == sig);
	expect_same_death_at(where, &plain, &agent, &(struct core_scrutiny){0});
	expect_one_snapshot_at(where, &agent, &snapshot);
	expect_sound_at(where, &snapshot, agent.pid);
	expect_signal_at(where, &snapshot, sig, SI_USER);
	expect_sender_at(where, &snapshot, getpid());
	expect_spoken(where, &snapshot, "waits", true);
	expect_innermost_at(where, &snapshot, "pause|__libc_pause|__internal_syscall_cancel|__syscall_cancel");
	expect_in_crashed_stack_at(where, &snapshot, "death_waits");
	expect_no_degradations_at(where, &snapshot);
}

#define RECEIVED(sig)                                                                                                              \
	Test(received, sig)                                                                                                        \
	{                                                                                                                          \
		check_received(HERE, SIG##sig);                                                                                    \
	}

RECEIVED(SEGV)
RECEIVED(BUS)
RECEIVED(ILL)
RECEIVED(FPE)
RECEIVED(ABRT)
RECEIVED(TRAP)
RECEIVED(SYS)
RECEIVED(INT)
RECEIVED(TERM)
RECEIVED(QUIT)
RECEIVED(HUP)
