/*
 * Programs that restrict their system calls to what they need, under filters that kill: the agent must not make one of its
 * own, neither for the first event, nor at a death, nor at the exit.
 */
#include "expect.h"
#include "place.h"
#include "recorder.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(sandbox, .init = place_init, .fini = place_fini);

static struct outcome run(const char *death, const char *how, bool agent)
{
	return process_run(&(struct process_setup){.argv = LIST(PROGRAM("sandbox"), death, how), .agent = agent});
}

static void check_same_in(const char *how, const char *death, int signal)
{
	const struct outcome plain = run(death, how, false), agent = run(death, how, true);
	cr_assert(signal ? WIFSIGNALED(plain.status) && WTERMSIG(plain.status) == signal : plain.status == 0, "%s: %s", death,
		  status_text(plain.status));
	expect_same(plain, agent);
	cr_assert_eq(agent.agent_lines, 0, "no line may be printed there");
}

static void check_same(const char *death, int signal)
{
	check_same_in("", death, signal);
}

Test(sandbox, speaks_and_exits)
{
	check_same("print", 0);
}

Test(sandbox, faults)
{
	check_same("fault", SIGSEGV);
}

Test(sandbox, aborts)
{
	check_same("abort", SIGABRT);
}

Test(sandbox, raises)
{
	check_same("term", SIGTERM);
}

Test(sandbox, is_ended)
{
	check_same("sent", SIGTERM);
}

/* A signal that it cannot raise again. */
Test(sandbox, mute)
{
	check_same_in("mute", "print", 0);
	check_same_in("mute", "fault", SIGSEGV);
	check_same_in("mute", "sent", SIGTERM);
}

/* As root, who need not say before that there will be one. */
Test(sandbox, bare)
{
	if (geteuid() != 0)
		cr_skip_test("only root may load a filter without PR_SET_NO_NEW_PRIVS");
	check_same_in("bare", "print", 0);
	check_same_in("bare", "fault", SIGSEGV);
	check_same_in("bare", "abort", SIGABRT);
	check_same_in("bare", "sent", SIGTERM);
}

/* Where it is an error, loaded by a raw system call. */
Test(sandbox, unseen)
{
	check_same_in("unseen", "print", 0);
	check_same_in("unseen", "fault", SIGSEGV);
	check_same_in("unseen", "sent", SIGTERM);
}

/* There reading the time is a fault, or a forbidden call. */
Test(sandbox, strict)
{
	check_same_in("strict", "print", 0);
	check_same_in("strict", "fault", SIGSEGV);
	check_same_in("strict", "sent", SIGTERM);
	check_same_in("strict", "term", SIGKILL);
}

/* A program that only prepares for another (setpriv, in containers) has not died: nothing may be made of its recorder. */
Test(sandbox, exec_from_within)
{
	const struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST("/usr/bin/setpriv", "--no-new-privs", "/bin/true"), .agent = true});
	const char *left = recorder_of(outcome.pid);
	struct recorder_header header = {.state = RECORDER_LIVE};
	FILE *file = left ? fopen(left, "r") : NULL;
	cr_assert(outcome.status == 0 && file && fread(&header, sizeof(header), 1, file) == 1, "%s", status_text(outcome.status));
	cr_assert_eq(header.state, RECORDER_REPLACED);
	fclose(file);
	unlink(left);
}

/* From outside there is a snapshot all the same: events from inside the sandbox, registers, and what it went without. */
Test(sandbox, snapshot_by_run)
{
	struct snapshot snapshot;
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", PROGRAM("sandbox"), "fault")});
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGSEGV, "%s", status_text(outcome.status));
	snapshot_only(&snapshot, NULL);
	expect_signal(&snapshot, SIGSEGV, SEGV_MAPERR);
	expect_innermost(&snapshot, "main");
	expect_event(&snapshot, SOURCE_WRITE1, "first word, inside the sandbox");
	expect_event(&snapshot, SOURCE_STDERR, "about to fault");
	bool said = false;
	for (size_t i = 0; i < snapshot.agent.degradation_count; i++)
		said |= strstr(snapshot.agent.degradations[i], "sandbox") != NULL;
	cr_assert(said, "the snapshot does not say that it is from a sandbox");
}
