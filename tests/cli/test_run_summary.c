/*
 * ttlog run around many processes: at its end it says what died, once for each kind, and how much of it is kept.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(run_summary, .init = place_init, .fini = place_fini, .timeout = 100);

#define DIE PROGRAM("die")

/* One shell that starts what the words of `script` say, $0 being the program that dies. */
#define SHELL(script) "/bin/sh", "-c", script, DIE

static const char *summary_of(const struct outcome *outcome)
{
	const char *title = strstr(outcome->err.data, " died while this ran: ");
	while (title && title > outcome->err.data && title[-1] != '\n')
		title--;
	return title;
}

static unsigned count_of(const char *text, const char *part)
{
	unsigned count = 0;
	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		count++;
	return count;
}

static void expect_parts(const struct outcome *outcome, const char *const *parts)
{
	const char *at = summary_of(outcome);
	cr_assert(at != NULL, "no summary: %s", outcome->err.data);
	for (; *parts; parts++) {
		const char *found = strstr(at, *parts);
		cr_assert(found != NULL, "not \"%s\", or not in this order: %s", *parts, outcome->err.data);
		at = found + strlen(*parts);
	}
}

Test(run_summary, kinds_worst_first)
{
	static const char script[] = "\"$0\" raise:TERM; \"$0\" null_write; \"$0\" assert; \"$0\" null_write; exit 7";
	const struct outcome outcome = TTLOG_RUN(SHELL(script));
	const char *path;
	cr_assert(WEXITSTATUS(outcome.status) == 7, "%s", status_text(outcome.status));
	cr_assert_eq(snapshots_in(place_storage(), &path), 4);
	expect_parts(&outcome, LIST("ttlog: 4 processes died while this ran: sh -c ",
				    "\nttlog:   die died of SIGSEGV: ", "(2 times)", "\nttlog:     in death_null_write  ", "faults",
				    ".c:", "\nttlog:     | now null_write", "\nttlog:     | unflushed last words",
				    "\nttlog:     ttlog view ", "-SIGSEGV.cbor.lz4\n", "died of SIGABRT", "in death_assert",
				    "Assertion `", "\nttlog:     | unflushed last words\nttlog:     ttlog view ",
				    "-SIGABRT.cbor.lz4\n", "died of SIGTERM", "\nttlog:     by pid "));
	cr_assert(count_of(summary_of(&outcome), "died of SIGSEGV") == 1, "%s", outcome.err.data);
}

/* What CMD itself died of stands in the last line already; of a child of it, only here. */
Test(run_summary, not_of_one_line)
{
	const struct outcome own = TTLOG_RUN(DIE, "null_write"), none = TTLOG_RUN(SHELL("exit 3"));
	cr_assert(!summary_of(&own) && !summary_of(&none), "%s%s", own.err.data, none.err.data);
	const struct outcome child = TTLOG_RUN(SHELL("\"$0\" null_write; exit 0"));
	cr_assert(child.status == 0);
	expect_parts(&child, LIST("ttlog: 1 process died while", "SIGSEGV"));
}

Test(run_summary, quiet)
{
	static const char script[] = "\"$0\" null_write; \"$0\" abort; exit 0";
	const struct outcome option = ttlog(LIST("run", "--quiet", "--storage", place_storage(), "--", SHELL(script)));
	cr_assert(option.status == 0 && !strstr(option.err.data, "ttlog: "), "%s", option.err.data);
	const struct outcome variable = process_run(
		&(struct process_setup){.argv = LIST(TTLOG, "run", "--storage", place_storage(), "--", SHELL(script)),
					.environment = LIST("TTLOG_QUIET=1")});
	cr_assert(variable.status == 0 && !strstr(variable.err.data, "ttlog: "), "%s", variable.err.data);
}

/* A hundred kinds are a list that nobody reads. */
Test(run_summary, bounded)
{
	static const char script[] =
		"for how in null_read null_write wild_read wild_write bus_error division illegal_instruction breakpoint "
		"abort assert double_free privileged_instruction; do \"$0\" $how; done; exit 0";
	const struct outcome outcome = TTLOG_RUN(SHELL(script));
	expect_parts(&outcome, LIST("12 processes died", "in death_null_read", "in death_abort", "ttlog: and 2 more: ttlog ls ",
				    place_storage()));
	cr_assert_eq(count_of(summary_of(&outcome), "ttlog view "), 10);
}

/* A library dies in all tests that link it: one kind, but for main(), which everybody has. */
Test(run_summary, programs_of_one_kind)
{
	static const char script[] =
		"for name in one two one three four five; do TTLOG_SERVICE=$name \"$0\" null_write; done; exit 0";
	const struct outcome outcome = TTLOG_RUN(SHELL(script));
	expect_parts(&outcome, LIST("one died of SIGSEGV", "(6 times; also two, three, four ...)\n"));
	static const char mains[] = "for name in one two; do TTLOG_SERVICE=$name \"$1\"; done; exit 0";
	const struct outcome main = TTLOG_RUN(SHELL(mains), PROGRAM("contexts"));
	expect_parts(&main, LIST("one died of SIGABRT", "in main", "two died of SIGABRT", "in main"));
}

/* The directory is shared: with runs before this one, at the same time, and with those who were under none. */
Test(run_summary, own_deaths_only)
{
	TTLOG_RUN(SHELL("\"$0\" null_write; exit 0"));
	process_run(&(struct process_setup){.argv = LIST(DIE, "null_write"), .agent = true});
	static const char script[] = "\"$0\" abort; \"$1\" run --quiet -- \"$0\" null_write; exit 0";
	const struct outcome outcome = TTLOG_RUN(SHELL(script), TTLOG);
	const char *path;
	expect_parts(&outcome, LIST("ttlog: 1 process died while", "SIGABRT"));
	cr_assert_eq(snapshots_in(place_storage(), &path), 4);
}

/* As `ttlog view` shows them. */
Test(run_summary, spans)
{
	const struct outcome outcome = TTLOG_RUN(SHELL("\"$1\" die; exit 0"), PROGRAM("spans"));
	expect_parts(&outcome,
		     LIST("\nttlog:     | { outer  open for ", "\nttlog:     | { inner  open for ", "\nttlog:     | inside\n"));
}

Test(run_summary, hostile_words)
{
	static const char script[] = "printf '\\033]0;title\\007\\n::error::\\r\\n'; kill -SEGV $$";
	const struct outcome outcome = TTLOG_RUN("/bin/sh", "-c", "/bin/sh -c \"$0\"; exit 0", script);
	expect_parts(&outcome, LIST("| \\x1b]0;title\\x07\n", "| ::error::"));
	cr_assert(!strchr(outcome.err.data, '\033') && !strchr(outcome.err.data, '\r'), "%s", outcome.err.data);
}

/* What is kept ----------------------------------------------------------------------------------------------------------- */

#define RUN(...) ttlog(LIST("run", "--storage", place_storage(), __VA_ARGS__))

/* The first ones, however they died: captured by themselves, or by the run; and no line names a snapshot that is none. */
Test(run_summary, first_snapshots)
{
	static const char script[] = "\"$0\" abort; \"$0\" kill_9; \"$0\" null_write; \"$0\" kill_9; \"$0\" raise:TERM; exit 5";
	const struct outcome outcome = RUN("--max-snapshots", "2", "--", SHELL(script));
	const char *path;
	cr_assert(WEXITSTATUS(outcome.status) == 5, "%s", status_text(outcome.status));
	cr_assert(snapshots_in(place_storage(), &path) == 2 && snapshots_matching("*-SIGABRT", NULL) &&
			  snapshots_matching("*-SIGSEGV", NULL),
		  "%s", outcome.err.data);
	expect_parts(&outcome, LIST("ttlog: 5 processes died", "SIGABRT", "SIGSEGV",
				    "ttlog: 3 more died without a snapshot: --max-snapshots 2"));
	cr_assert_eq(count_of(outcome.err.data, "; snapshot "), 2);
	cr_assert(!place_has_own_shm() || (recorder_files(getuid()) == 0 && files_matching("/dev/shm/ttlog-deaths-*", NULL) == 0));
}

/* Of all that are kept in a directory the oldest go first: here they must not. */
Test(run_summary, first_snapshots_beyond_keep)
{
	static const char script[] = "for i in 1 2 3 4 5; do \"$0\" abort; done; \"$0\" null_write; exit 0";
	const struct outcome outcome = RUN("--keep", "2", "--max-snapshots", "5", "--", SHELL(script));
	const char *path;
	cr_assert(outcome.status == 0 && snapshots_in(place_storage(), &path) == 5 && snapshots_matching("*-SIGABRT", NULL) == 5,
		  "%s", outcome.err.data);
}

/* Without that the newest are kept, and those that went for them are told. */
Test(run_summary, counts_what_went)
{
	static const char script[] = "for i in 1 2 3 4 5; do \"$0\" abort; done; \"$0\" kill_9; exit 0";
	const struct outcome outcome = RUN("--keep", "2", "--", SHELL(script));
	expect_parts(&outcome,
		     LIST("ttlog: 6 processes died", "died of SIGABRT", "ttlog: of 4 more there is no snapshot: --keep 2,"));
}

/* Where the helper could not write there is one all the same, and no death is counted twice. */
Test(run_summary, counts_once)
{
	static const char script[] =
		"\"$0\" abort; mv \"$1\" \"$1.old\"; : >\"$1\"; \"$0\" null_write; rm \"$1\"; mv \"$1.old\" \"$1\"; exit 0";
	const struct outcome outcome = TTLOG_RUN(SHELL(script), place_storage());
	expect_parts(&outcome, LIST("ttlog: 2 processes died", "SIGABRT", "SIGSEGV"));
	cr_assert(!strstr(outcome.err.data, " more "), "%s", outcome.err.data);
}

/* CMD's own death is one of them, and counted once. */
Test(run_summary, no_snapshots)
{
	const struct outcome outcome = RUN("--max-snapshots", "0", "--", DIE, "null_write");
	cr_assert(WIFSIGNALED(outcome.status) && snapshots_matching("*", NULL) == 0 && !summary_of(&outcome) &&
			  !strstr(outcome.err.data, "snapshot /"),
		  "%s", outcome.err.data);
	expect_error(USAGE, "--max-snapshots -1", "run", "--max-snapshots", "-1", "--", "true");
	expect_error(USAGE, "--max-snapshots 3x", "run", "--max-snapshots", "3x", "--", "true");
}

Test(run_summary, only_failures)
{
	const struct outcome good = RUN("--only-failures", "--", SHELL("\"$0\" null_write; \"$0\" kill_9; exit 0"));
	cr_assert(good.status == 0 && snapshots_matching("*", NULL) == 0, "%s", good.err.data);
	cr_assert(strstr(good.err.data, "\nttlog: 2 processes died and sh did not fail: no snapshot is kept (--only-failures)\n") &&
			  !summary_of(&good),
		  "%s", good.err.data);
	const struct outcome bad = RUN("--only-failures", "--", SHELL("\"$0\" null_write; exit 1"));
	cr_assert(WEXITSTATUS(bad.status) == 1 && snapshots_matching("*-SIGSEGV", NULL) == 1, "%s", bad.err.data);
	const struct outcome died = RUN("--only-failures", "--", DIE, "abort");
	cr_assert(WIFSIGNALED(died.status) && snapshots_matching("*-SIGABRT", NULL) == 1, "%s", died.err.data);
	/* Those of an earlier run are not its business. */
	RUN("--only-failures", "--", "true");
	cr_assert_eq(snapshots_matching("*", NULL), 2);
}
