/* Commands that run programs, look at processes, or need a terminal, on a machine that has run out of something (shortage_trial.h). */
#include "shortage_trial.h"
#include "talker.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(shortage_living, .init = place_init, .fini = place_fini, .timeout = 864000);

static void need_own_shm(void)
{
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: recorders of other tests are there");
}

static const char *storage_of(const struct shortage_trial *trial)
{
	char *path;
	cr_assert(asprintf(&path, "%s/storage", trial->directory) > 0);
	return path;
}

/* Nothing fails any more, and all recorders are taken. */
static void recover_rest(const char *about, const char *directory)
{
	const struct outcome outcome = ttlog(LIST("recover", directory));
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) <= NOTHING, "%s: then ttlog recover: %s%s", about,
		  status_text(outcome.status), outcome.err.data);
}

/* There is one snapshot of the death, at once or by a later `ttlog recover`; two where it was said that the recorder could not go. */
static void expect_death_kept(const struct shortage_trial *trial)
{
	const char *path;
	recover_rest(trial->about, storage_of(trial));
	const size_t count = snapshots_in(storage_of(trial), &path);
	const bool twice = strstr(trial->outcome.err.data, "`ttlog recover` finds it again");
	cr_expect(count == 1 || (twice && count == 2), "%s: %zu snapshots\n%s", trial->about, count, trial->outcome.err.data);
}

/* The living ------------------------------------------------------------------------------------------------------------------ */

static struct talker *talker;

static const char *talker_pid(void)
{
	char *text;
	cr_assert(asprintf(&text, "%d", (int)talker->pid) > 0);
	return text;
}

/* It runs as if nobody had looked. */
static void expect_undisturbed(const struct shortage_trial *trial)
{
	static unsigned count;
	char line[32];
	snprintf(line, sizeof(line), "line %u", ++count);
	talker_say(talker, line);
	(void)trial;
}

static void expect_snapshot(const struct shortage_trial *trial)
{
	const char *path;
	const size_t count = snapshots_in(storage_of(trial), &path);
	expect_undisturbed(trial);
	/* That its name could not be printed does not unmake it. */
	cr_expect(trial->outcome.status == 0 ? count == 1 : count <= 1, "%s: %s, and %zu snapshots\n%s", trial->about,
		  status_text(trial->outcome.status), count, trial->outcome.err.data);
}

static char spoken_pid[16];

static void speak(const struct shortage *shortage)
{
	(void)shortage;
	talker = talker_start("speaker");
	snprintf(spoken_pid, sizeof(spoken_pid), "%d", (int)talker->pid);
}

static void finish_speaking(const struct shortage_trial *trial)
{
	const struct outcome outcome = talker_finish(talker);
	cr_expect(WTERMSIG(outcome.status) == SIGTERM, "%s: %s", trial->about, status_text(outcome.status));
}

static void try_living(const char *name, const char *program, const char *const *words, const char *input,
		       void (*check)(const struct shortage_trial *))
{
	shortage_try(&(struct shortage){
		.name = name, .program = program, .words = words, .input = input, .output = SHORTAGE_VARIES, .check = check});
	talker_finish(talker);
}

#define LIVING(name, program, check, ...)                                                                                          \
	Test(shortage_living, name)                                                                                                \
	{                                                                                                                          \
		need_own_shm();                                                                                                    \
		talker = talker_start("speaker");                                                                                  \
		try_living(#name, program, LIST(__VA_ARGS__), NULL, check);                                                        \
	}

LIVING(snapshot, "ttlog", expect_snapshot, TTLOG, "snapshot", "--storage", "storage", talker_pid())
LIVING(snapshot_capture, "ttlog-capture", expect_snapshot, TTLOG, "snapshot", "--storage", "storage", talker_pid())
LIVING(view_process, "ttlog", expect_undisturbed, TTLOG, "view", talker_pid())
LIVING(ps, "ttlog", expect_undisturbed, TTLOG, "ps")
LIVING(level, "ttlog", expect_undisturbed, TTLOG, "level", talker_pid(), "debug")

/* The process ends when its first line was shown, or nothing is; then the tail ends. */
Test(shortage_living, tail)
{
	need_own_shm();
	shortage_try(&(struct shortage){
		.name = "tail",
		.program = "ttlog",
		.words = LIST("/bin/bash", "-o", "pipefail", "-c",
			      "\"$0\" tail --last all \"$1\" | { read -r line; echo \"$line\"; kill \"$1\"; cat; }", TTLOG,
			      spoken_pid),
		.output = SHORTAGE_VARIES,
		.prepare = speak,
		.check = finish_speaking});
}

Test(shortage_living, pager)
{
	const char *path = make_snapshot(PROGRAM("die"), "null_write");
	char *command;
	cr_assert(asprintf(&command, "exec %s view %s", TTLOG, path) > 0);
	shortage_try(&(struct shortage){.name = "pager",
					.program = "ttlog",
					.words = LIST("script", "-qec", command, "/dev/null"),
					.environment = LIST("TERM=xterm", "TTLOG_PAGER=sed -n p"),
					.input = "q"});
}

/* However it ended, what had been on the terminal before is there again. */
static void expect_terminal_back(const struct shortage_trial *trial)
{
	const char *taken = strstr(trial->outcome.out.data, "\033[?1049h");
	cr_expect(!taken || strstr(taken, "\033[?1049l"), "%s: %s", trial->about, trial->outcome.out.data);
	expect_undisturbed(trial);
}

/* On a terminal of its own; what does not end by these keys ends with it. */
Test(shortage_living, tui)
{
	need_own_shm();
	talker = talker_start("speaker");
	make_snapshot(PROGRAM("die"), "null_write");
	char *command;
	cr_assert(asprintf(&command, "TERM=xterm exec %s tui %s", TTLOG, place_storage()) > 0);
	shortage_try(&(struct shortage){.name = "tui",
					.program = "ttlog",
					.words = LIST("script", "-qec", command, "/dev/null"),
					.also = 342, /* for newterm(), of ncurses 6.4 */
					.input = "j\r2j\r\033/said\r345?q\033\033q",
					.output = SHORTAGE_VARIES,
					.check = expect_terminal_back});
	talker_finish(talker);
}

/* The dead -------------------------------------------------------------------------------------------------------------------- */

static void die_without_snapshot(const struct shortage *shortage)
{
	(void)shortage;
	process_run(&(struct process_setup){.argv = LIST(PROGRAM("die"), "kill_9"), .agent = true});
}

Test(shortage_living, recover)
{
	need_own_shm();
	shortage_try(&(struct shortage){.name = "recover",
					.program = "ttlog",
					.all_of = "open",
					.words = LIST(TTLOG, "recover", "storage"),
					.output = SHORTAGE_VARIES,
					.prepare = die_without_snapshot,
					.check = expect_death_kept});
}

Test(shortage_living, recover_capture)
{
	need_own_shm();
	shortage_try(&(struct shortage){.name = "recover_capture",
					.program = "ttlog-capture",
					.words = LIST(TTLOG, "recover", "storage"),
					.output = SHORTAGE_VARIES,
					.prepare = die_without_snapshot,
					.check = expect_death_kept});
}

/* Running --------------------------------------------------------------------------------------------------------------------- */

/* CMD ran and died, and so did ttlog, or it did not run. */
static void expect_run(const struct shortage_trial *trial)
{
	const struct outcome *outcome = &trial->outcome;
	if (!strstr(outcome->err.data, "now "))
		return;
	cr_expect(outcome->status == trial->of->whole, "%s: %s\n%s", trial->about, status_text(outcome->status), outcome->err.data);
	expect_death_kept(trial);
}

/* Whatever the helper lacks, the process dies of what it died of. */
static void expect_death_as_ever(const struct shortage_trial *trial)
{
	cr_expect(trial->outcome.status == SIGSEGV, "%s: %s", trial->about, status_text(trial->outcome.status));
	expect_death_kept(trial);
}

static void try_run(const char *name, const char *program, const char *all_of, int whole, const char *const *words)
{
	need_own_shm();
	shortage_try(&(struct shortage){.name = name,
					.program = program,
					.words = words,
					.output = SHORTAGE_VARIES,
					.all_of = all_of,
					.also = 11, /* for TTLOG_RUN */
					.whole = whole,
					.statuses = {RUN_FAILED, NOT_EXECUTABLE, NOT_FOUND, TIMED_OUT},
					.own_statuses = true,
					.check = expect_run});
}

#define RUN_ALL_OF(kind, name, program, whole, ...)                                                                                \
	Test(shortage_living, name)                                                                                                \
	{                                                                                                                          \
		try_run(#name, program, kind, whole, LIST(TTLOG, "run", "--storage", "storage", __VA_ARGS__));                     \
	}

#define RUN(...) RUN_ALL_OF(NULL, __VA_ARGS__)

RUN(run, "ttlog", SIGSEGV, "--", PROGRAM("die"), "null_write")
RUN(run_helper, "ttlog-capture", SIGSEGV, "--", PROGRAM("die"), "null_write")
RUN_ALL_OF("open", run_killed, "ttlog", SIGKILL, "--", PROGRAM("die"), "kill_9")
RUN(run_exit, "ttlog", 0, "--on-exit", "always", "--", "/bin/true")
RUN(run_until, "ttlog", 0, "--until-failure", "--jobs", "2", "--max-runs", "3", "--", "/bin/true")
RUN(run_until_failed, "ttlog", 7 << 8, "--until-failure", "--max-runs", "3", "--", "/bin/sh", "-c", "echo said; exit 7")

/* CMD hangs, and is gone when ttlog is: its snapshot is there, or it was said why not. */
static void expect_timeout(const struct shortage_trial *trial)
{
	const char *path;
	const size_t count = WEXITSTATUS(trial->outcome.status) == TIMED_OUT ? snapshots_in(storage_of(trial), &path) : 1;
	cr_expect(count == 1 || strstr(trial->outcome.err.data, "no snapshot") ||
			  strstr(trial->outcome.err.data, "ttlog: out of memory"),
		  "%s: %zu snapshots\n%s", trial->about, count, trial->outcome.err.data);
}

Test(shortage_living, run_timeout)
{
	need_own_shm();
	shortage_try(&(struct shortage){
		.name = "run_timeout",
		.program = "ttlog",
		.words = LIST(TTLOG, "run", "--storage", "storage", "--timeout", "300ms", "--", "/bin/sleep", "60"),
		.output = SHORTAGE_VARIES,
		.whole = TIMED_OUT << 8,
		.statuses = {RUN_FAILED, NOT_EXECUTABLE, NOT_FOUND, TIMED_OUT},
		.own_statuses = true,
		.check = expect_timeout});
}

RUN(run_interval, "ttlog", 0, "--interval", "100ms", "--", "/bin/sh", "-c", "echo said; sleep 0.2; echo said; sleep 0.2")

/* The death itself ------------------------------------------------------------------------------------------------------------ */

/* The helper that the agent starts gets no variables: here it is a script that sets them. */
static const char *agent_with_scarce_helper(void)
{
	char script[2048], *copy;
	mkdir(place_path("agent"), 0755);
	cr_assert(asprintf(&copy, "%s/libttlog_agent.so", place_path("agent")) > 0);
	cr_assert(process_run(&(struct process_setup){.argv = LIST("cp", AGENT, copy)}).status == 0);
	const int bytes = snprintf(script, sizeof(script), "#!/bin/sh\n. '%s'\nLD_PRELOAD='%s' exec '%s' \"$@\"\n",
				   place_path("variables"), PROGRAM("scarce.so"), CAPTURE);
	chmod(place_file("agent/ttlog-capture", script, (size_t)bytes), 0755);
	return copy;
}

Test(shortage_living, death)
{
	char *preload;
	need_own_shm();
	cr_assert(asprintf(&preload, "LD_PRELOAD=%s", agent_with_scarce_helper()) > 0);
	shortage_try(&(struct shortage){.name = "death",
					.program = "ttlog-capture",
					.all_of = "library",
					.words = LIST("/bin/sh", "-c", "ulimit -c 0; exec env \"$@\"", "sh", preload,
						      "TTLOG_STORAGE=storage", PROGRAM("die"), "null_write"),
					.output = SHORTAGE_VARIES,
					.whole = SIGSEGV,
					.check = expect_death_as_ever});
}
