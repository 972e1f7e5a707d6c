/*
 * ttlog run --until-failure: the run that failed remains, with its output, its snapshots and its status; of the others nothing.
 */
#include "command.h"
#include "patience.h"
#include "terminal_session.h"
#include "text.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(run_until, .init = place_init, .fini = place_fini, .timeout = 100);

#define UNTIL(...) ttlog(LIST("run", "--until-failure", "--storage", place_storage(), __VA_ARGS__))

/* $0 dies, $1 is a file of one line for each run. The twelfth fails as the words behind this say; a child of each run dies, too. */
#define COUNT      "echo run >>\"$1\"; n=$(wc -l <\"$1\"); echo \"out of $n\"; echo \"err of $n\" >&2; "
#define GOOD       "[ $n -ge 12 ] || { \"$0\" abort >/dev/null 2>&1; exit 0; }; "
#define FLAKY(how) "/bin/sh", "-c", COUNT GOOD how, PROGRAM("die"), place_path("runs")

static void expect_nothing_left(void)
{
	if (!place_has_own_shm())
		return;
	cr_assert(recorder_files(getuid()) == 0 && files_matching("/dev/shm/ttlog-ended-*", NULL) == 0);
}

Test(run_until, dies)
{
	const struct outcome outcome = UNTIL("--", FLAKY("exec \"$0\" null_write"));
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGSEGV, "%s%s", status_text(outcome.status),
		  outcome.err.data);
	cr_assert(strncmp(outcome.out.data, "out of 12\n", 10) == 0, "%s", outcome.out.data);
	cr_assert(strncmp(outcome.err.data, "err of 12\n", 10) == 0 && strstr(outcome.err.data, "now null_write\n"), "%s",
		  outcome.err.data);
	cr_assert(strstr(outcome.err.data, "\nttlog: run 12 died of SIGSEGV; 11 runs passed, "), "%s", outcome.err.data);
	cr_assert(snapshots_matching("*", NULL) == 1 && snapshots_matching("*-SIGSEGV", NULL) == 1, "of the others, too");
	expect_nothing_left();
}

/* The status is CMD's, and what died in that run is kept. */
Test(run_until, fails)
{
	const struct outcome outcome = UNTIL("--", FLAKY("\"$0\" raise:TERM 2>/dev/null; exit 7"));
	cr_assert(WEXITSTATUS(outcome.status) == 7, "%s", status_text(outcome.status));
	cr_assert(strstr(outcome.err.data, "\nttlog: run 12 failed with status 7; 11 runs passed, "), "%s", outcome.err.data);
	cr_assert(snapshots_matching("*", NULL) == 1 && snapshots_matching("*-SIGTERM", NULL) == 1, "%s", outcome.err.data);
}

Test(run_until, hangs)
{
	const struct outcome outcome = UNTIL("--timeout", text_of("%us", 2 * patience()), "--", FLAKY("exec \"$0\" waits"));
	cr_assert(WEXITSTATUS(outcome.status) == TIMED_OUT, "%s", status_text(outcome.status));
	cr_assert(snapshots_matching("*", NULL) == 1 && snapshots_matching("*-timeout", NULL) == 1, "%s", outcome.err.data);
}

/* Those that are at it when one fails are ended, however stubborn, and leave nothing. */
Test(run_until, jobs)
{
	static const char script[] = "if mkdir \"$1\"; then exec \"$0\" stubborn >\"$1\"/said; fi 2>/dev/null\n"
				     "until grep -q 'all there' \"$1\"/said 2>/dev/null; do :; done; kill -ABRT $$";
	const struct outcome outcome = UNTIL("--jobs", "2", "--kill-after", "200ms", "--", "/bin/sh", "-c", script, PROGRAM("hang"),
					     place_path("met"));
	cr_assert(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGABRT, "%s%s", status_text(outcome.status),
		  outcome.err.data);
	cr_assert(snapshots_matching("*", NULL) == 1 && snapshots_matching("*-SIGABRT", NULL) == 1, "%s", outcome.err.data);
	cr_assert(strstr(outcome.err.data, " died of SIGABRT; 0 runs passed, "), "%s", outcome.err.data);
	expect_nothing_left();
}

/* One place for both: in the order in which they came. */
Test(run_until, order_of_output)
{
	static const char script[] = "exec \"$@\" 2>&1";
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", script, "sh", TTLOG, "run", "--until-failure", "--storage", place_storage(), "--",
			     "/bin/sh", "-c", "echo 1; echo 2 >&2; echo 3; echo 4 >&2; exit 1")});
	cr_assert(strncmp(outcome.out.data, "1\n2\n3\n4\nttlog: run 1 failed with status 1; 0 runs passed", 54) == 0, "%s",
		  outcome.out.data);
}

Test(run_until, bounds)
{
	const struct outcome many = UNTIL("--jobs", "3", "--max-runs", "40", "--", "/bin/sh", "-c", "echo >>\"$0\"",
					  place_path("runs"));
	struct stat status;
	cr_assert(many.status == 0 && strncmp(many.err.data, "ttlog: no failure; 40 runs passed, ", 35) == 0, "%s", many.err.data);
	cr_assert(stat(place_path("runs"), &status) == 0 && status.st_size == 40, "%ld runs", (long)status.st_size);
	const struct outcome brief = UNTIL("--for", "300ms", "--quiet", "--", PROGRAM("hang"), "polite");
	cr_assert(brief.status == 0 && brief.err.size == 0 && brief.out.size == 0, "%s", brief.err.data);
	cr_assert_eq(snapshots_matching("*", NULL), 0);
}

/* Nobody types there, and nobody reads what is written. */
Test(run_until, no_terminal)
{
	const struct outcome outcome = UNTIL("--max-runs", "1", "--", "/bin/sh", "-c",
					     "read -r x && exit 1; (: </dev/tty) 2>/dev/null && exit 2; exit 0");
	cr_assert(outcome.status == 0, "%s%s", status_text(outcome.status), outcome.err.data);
}

Test(run_until, ended_from_outside)
{
	const char *fifo = place_path("there");
	cr_assert(mkfifo(fifo, 0600) == 0);
	static const char script[] = "\"$@\" & read -r x <\"$0\"; kill -TERM $!; wait $!; echo \"status $?\"";
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST("/bin/sh", "-c", script, fifo, TTLOG, "run", "--until-failure", "--storage", place_storage(), "--",
			     "/bin/sh", "-c", "echo >\"$0\"; exec sleep 1000", fifo)});
	cr_assert(strstr(outcome.out.data, "status 143\n"), "%s%s", outcome.out.data, outcome.err.data);
	cr_assert(strstr(outcome.err.data, "ttlog: interrupted; 0 runs passed, "), "%s", outcome.err.data);
	cr_assert_eq(snapshots_matching("*", NULL), 0);
	expect_nothing_left();
}

/* A line that counts, ^Z and fg, and ^C that ends it cleanly. */
Test(run_until, terminal)
{
	char command[2048];
	snprintf(command, sizeof(command), "%s run --until-failure --jobs 2 --storage %s -- sleep 0.1\n", TTLOG, place_storage());
	terminal_open();
	terminal_type(command);
	terminal_expect(" runs passed, ");
	terminal_type(CONTROL_Z);
	terminal_expect("Stopped");
	terminal_type("echo back; fg\n");
	terminal_expect("back");
	terminal_expect(" runs passed, ");
	terminal_type(CONTROL_C);
	terminal_expect("ttlog: interrupted; ");
	terminal_expect(PROMPT);
	terminal_type("echo status $?\n");
	terminal_expect("status 130");
	terminal_close();
	cr_assert_eq(snapshots_matching("*", NULL), 0);
}

Test(run_until, bad_usage)
{
	expect_error(USAGE, "--jobs 0", "run", "--until-failure", "--jobs", "0", "--", "true");
	expect_error(USAGE, "--jobs 2000", "run", "--until-failure", "--jobs", "2000", "--", "true");
	expect_error(USAGE, "--jobs", "run", "--jobs", "2", "--", "true");
	expect_error(USAGE, "--for", "run", "--for", "1m", "--", "true");
	expect_error(NOT_FOUND, "nowhere", "run", "--until-failure", "--", "nowhere");
}
