/*
 * ttlog run between its caller and CMD: signals reach CMD once and with their sender, and a shell's job control is as without it.
 */
#include "command.h"
#include "describe.h"
#include "terminal_session.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(run_signals, .init = place_init, .fini = place_fini, .timeout = 120);

static struct process *start(const char *program, const char *argument)
{
	return process_start(
		&(struct process_setup){.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", program, argument)});
}

/* Signals sent to the one pid that a supervisor knows. */
Test(run_signals, reach_the_program)
{
	static const struct {
		int signal;
		const char *reason;
	} sent[] = {
		{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"}, {SIGHUP, "SIGHUP"},
		{SIGUSR1, "SIGUSR1"}, {SIGALRM, "SIGALRM"}, {SIGUSR2, "SIGUSR2"}, {SIGVTALRM, "SIGVTALRM"},
	};
	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
		struct process *process = start(PROGRAM("die"), "waits");
		process_await(process, "waiting\n");
		cr_assert(kill(process_pid(process), sent[i].signal) == 0);
		const struct outcome outcome = process_finish(process);
		cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == sent[i].signal, "%s: %s", sent[i].reason,
			  status_text(outcome.status));
	}
	struct process *process = start(PROGRAM("die"), "waits");
	process_await(process, "waiting\n");
	cr_assert(kill(process_pid(process), SIGRTMIN + 3) == 0);
	cr_assert(WTERMSIG(process_finish(process).status) == SIGRTMIN + 3);
}

/* Through the run, CMD's snapshot tells who it was: this test, and what it runs as. */
Test(run_signals, sender_is_told)
{
	struct snapshot snapshot;
	char text[64];
	struct process *process = start(PROGRAM("die"), "waits");
	process_await(process, "waiting\n");
	kill(process_pid(process), SIGTERM);
	process_finish(process);
	snapshot_only(&snapshot, NULL);
	expect_sender(&snapshot, getpid());
	cr_assert(snapshot.signal.sender_command && strstr(snapshot.signal.sender_command, "boxfort-worker"), "%s",
		  snapshot.signal.sender_command ? snapshot.signal.sender_command : "no command");
	snprintf(text, sizeof(text), "sent by pid %d (uid %u", (int)getpid(), getuid());
	const struct outcome shown = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&shown, LIST("died of SIGTERM", text, "boxfort-worker"));
}

Test(run_signals, value_of_sigqueue)
{
	struct snapshot snapshot;
	struct process *process = start(PROGRAM("die"), "waits");
	process_await(process, "waiting\n");
	cr_assert(sigqueue(process_pid(process), SIGTERM, (union sigval){.sival_int = 4711}) == 0);
	process_finish(process);
	snapshot_only(&snapshot, NULL);
	expect_signal(&snapshot, SIGTERM, SI_QUEUE);
	cr_assert(snapshot.signal.has_value && snapshot.signal.value == 4711);
	const struct outcome shown = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&shown, LIST("with the value 4711"));
}

/* The kernel's siginfo, for there is no sender. */
Test(run_signals, own_timer)
{
	struct snapshot snapshot;
	const struct outcome outcome = TTLOG_RUN(PROGRAM("hang"), "timer");
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGTERM, "%s", status_text(outcome.status));
	snapshot_only(&snapshot, NULL);
	expect_signal(&snapshot, SIGTERM, SI_TIMER);
	cr_assert(snapshot.signal.has_timer && snapshot.signal.value == 77 && !snapshot.signal.has_sender);
	const struct outcome shown = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&shown, LIST("died of SIGTERM: a POSIX timer expired", "sent by timer 0 of its own, with the value 77"));
}

/* A shell that signals its process group has signalled CMD as well. */
Test(run_signals, not_sent_back)
{
	static const char script[] = "trap 'echo asked' TERM; kill -TERM $PPID; kill -TERM $PPID; echo survived; exit 6";
	const struct outcome outcome = TTLOG_RUN("/bin/sh", "-c", script);
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 6, "%s", status_text(outcome.status));
	cr_assert_str_eq(outcome.out.data, "survived\n");
}

/* The run is killed: CMD goes on, and captures its own death. */
Test(run_signals, run_is_killed)
{
	static const char script[] = "echo $$ >pid; exec \"$0\" waits";
	const char *directory = place_directory();
	struct snapshot snapshot;
	char path[512];
	int pid = 0;
	pid_t orphan;
	struct process *process = process_start(&(struct process_setup){
		.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", "/bin/sh", "-c", script, PROGRAM("die")),
		.directory = directory});
	process_await(process, "waiting\n");
	snprintf(path, sizeof(path), "%s/pid", directory);
	FILE *file = fopen(path, "r");
	cr_assert(file && fscanf(file, "%d", &pid) == 1);
	cr_assert(kill(process_pid(process), SIGKILL) == 0 && kill(pid, SIGTERM) == 0);
	const struct outcome outcome = process_finish(process);
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGKILL);
	int status;
	do {
		status = process_orphan(&orphan); /* the helper is one, too */
	} while (orphan != pid);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "%s", status_text(status));
	snapshot_only(&snapshot, NULL);
	cr_assert(snapshot.pid == pid && strcmp(snapshot.reason, "SIGTERM") == 0);
}

/* Paused by somebody where no shell waits for a job: the run does not stop with it, and is there when it ends. */
Test(run_signals, program_is_paused)
{
	const struct outcome outcome = TTLOG_RUN("/bin/sh", "-c",
						 "(kill -STOP $$; kill -CONT $$; echo went on) & wait; wait; exit 4");
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 4 && strcmp(outcome.out.data, "went on\n") == 0,
		  "%s%s", status_text(outcome.status), outcome.out.data);
}

/* On a terminal --------------------------------------------------------------------------------------------------------------- */

static const char *command_line(bool run, const char *program)
{
	char *line = malloc(1024);
	cr_assert(line != NULL);
	if (run)
		snprintf(line, 1024, "%s run --storage %s -- %s\n", TTLOG, place_storage(), program);
	else
		snprintf(line, 1024, "%s\n", program);
	return line;
}

static void expect_stopped(void)
{
	terminal_expect("Stopped");
	terminal_expect(PROMPT);
}

static void resume(void)
{
	terminal_type("fg\n");
	terminal_expect("programs/terminal"); /* the shell names the job that it continues */
}

static void say(const char *word, const char *heard)
{
	terminal_type(word);
	terminal_type("\n");
	terminal_expect(heard);
}

/* Whether with the run or without: somebody at the terminal sees the same. */
static void drive(bool run)
{
	terminal_open();
	terminal_type(command_line(run, PROGRAM("terminal")));
	terminal_expect("is there");
	say("one", "heard one, interrupted 0 times, resized 0 times");
	terminal_type(CONTROL_C);
	say("two", "heard two, interrupted 1 times");
	terminal_type(CONTROL_Z);
	expect_stopped();
	say("jobs", "Stopped");
	terminal_expect(PROMPT);
	resume();
	say("three", "heard three, interrupted 1 times");
	say("stop", "Stopped"); /* by its own SIGTSTP: nobody else of the job got one */
	terminal_expect(PROMPT);
	resume();
	terminal_expect("heard stop");
	say("pause", "Stopped");
	terminal_expect(PROMPT);
	resume();
	terminal_expect("heard pause");
	terminal_type(CONTROL_Z);
	expect_stopped();
	say("bg", "programs/terminal"); /* in the background it may not read: SIGTTIN */
	say("wait", "Stopped");
	terminal_expect(PROMPT);
	resume();
	say("more", "heard more"); /* now it has the terminal */
	terminal_resize(132);
	say("four", "heard four, interrupted 1 times, resized 1 times");
	say("refuse", "heard refuse");
	terminal_type(CONTROL_Z);
	say("five", "heard five"); /* it stays in the foreground */
	terminal_type(CONTROL_D);
	terminal_expect("end of input");
	terminal_expect(PROMPT);
	say("echo status $?", "status 5");
	terminal_close();
}

Test(run_signals, job_control_without_run)
{
	drive(false);
}

Test(run_signals, job_control)
{
	const char *path;
	drive(true);
	cr_assert_eq(snapshots_in(place_storage(), &path), 0);
}

Test(run_signals, control_c_ends_the_program)
{
	struct snapshot snapshot;
	terminal_open();
	terminal_type(command_line(true, PROGRAM("die") " waits"));
	terminal_expect("\nwaiting");
	terminal_type(CONTROL_C);
	terminal_expect("died of SIGINT");
	terminal_expect(PROMPT);
	say("echo status $?", "status 130");
	terminal_close();
	snapshot_only(&snapshot, NULL);
	cr_assert_str_eq(snapshot.reason, "SIGINT");
	const struct outcome shown = ttlog(LIST("view", "--no-color", place_storage()));
	expect_shown(&shown, LIST("die died of SIGINT", "from the terminal: ^C"));
}

/* A program with a process group of its own, as an inner shell is, that stops: the outer shell gets its terminal back. */
Test(run_signals, inner_shell_is_suspended)
{
	terminal_open();
	terminal_type(command_line(true, "bash --norc --noprofile --noediting -i"));
	terminal_expect(PROMPT);
	say("echo inner $((40 + 2))", "inner 42");
	terminal_expect(PROMPT);
	terminal_type("suspend\n");
	expect_stopped();
	say("echo outer $((40 + 2))", "outer 42");
	terminal_expect(PROMPT);
	terminal_type("fg\n");
	terminal_expect("bash --norc");
	say("echo inner $((40 + 3))", "inner 43");
	terminal_expect(PROMPT);
	terminal_type("exit 3\n");
	terminal_expect(PROMPT);
	say("echo status $?", "status 3");
	terminal_close();
}
