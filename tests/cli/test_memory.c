/*
 * The tools under valgrind: no access to memory that is not theirs, no decision by what was never written; and what
 * is read is given back, so that no file costs more than what is looked at. (make sanitize sees more, of a build of its own.)
 */
#include "command.h"
#include "talker.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(memory, .init = place_init, .fini = place_fini, .timeout = 600);

enum { FOUND = 99 };

/* Of what was not given back only that counts which nobody points to any more. */
static void expect_clean(const char *const *arguments)
{
	const char *argv[24] = {"valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite"};
	size_t count = 5;
	if (!is_executable("/usr/bin/valgrind"))
		cr_skip_test("no valgrind");
	while (*arguments && count < sizeof(argv) / sizeof(argv[0]) - 1)
		argv[count++] = *arguments++;
	const struct outcome outcome = process_run(&(struct process_setup){.argv = argv, .limit_s = 300});
	cr_assert(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) != FOUND &&
			  !strstr(outcome.err.data, "== Process terminating"),
		  "%s %s: %s\n%s", argv[5], argv[6], status_text(outcome.status), outcome.err.data);
}

Test(memory, readers)
{
	const char *path = make_snapshot(PROGRAM("die"), "null_write");
	expect_clean(LIST(TTLOG, "view", "--threads", path));
	expect_clean(LIST(TTLOG, "view", "--json", path));
	expect_clean(LIST(TTLOG, "html", "-o", place_path("page.html"), path));
	expect_clean(LIST(TTLOG, "symbolize", "--no-cache", "--embed-source", "-o", place_path("named.cbor.lz4"), path));
}

Test(memory, of_many)
{
	const char *path = make_snapshot(PROGRAM("die"), "null_write");
	expect_clean(LIST(TTLOG, "ls", place_storage()));
	expect_clean(LIST(TTLOG, "grep", "write", place_storage()));
	expect_clean(LIST(TTLOG, "stats", path));
	expect_clean(LIST(TTLOG, "diff", path, path));
}

Test(memory, damaged)
{
	const char *path = make_snapshot(PROGRAM("die"), "null_write");
	cr_assert(truncate(path, 1000) == 0);
	expect_clean(LIST(TTLOG, "view", path));
	expect_clean(LIST(TTLOG, "ls", place_storage()));
}

Test(memory, helper)
{
	char pid[16];
	struct talker *talker = talker_start("talker");
	snprintf(pid, sizeof(pid), "%d", (int)talker->pid);
	expect_clean(LIST(CAPTURE, "--pid", pid, "--reason", "request", "--storage", place_storage()));
	talker_finish(talker);
}

/* What valgrind says of a program, without addresses: with the agent libraries lie elsewhere. */
static struct outcome heard_of(const char *program, const char *argument, const char *output, bool agent)
{
	static const char script[] =
		"valgrind -q --leak-check=full --show-leak-kinds=definite --log-file=log \"$0\" $1 >$2 2>&1; status=$?\n"
		"sed -E 's/[0-9]+==//; s/--[0-9]+--//; s/0x[0-9A-F]+//g' log; exit $status";
	return process_run(&(struct process_setup){
		.argv = LIST("sh", "-c", script, program, argument, output), .agent = agent, .limit_s = 120});
}

/* Where output goes to the null device the agent looks for itself whether a text is there. */
Test(memory, agent_under_valgrind)
{
	static const struct {
		const char *program, *argument, *output;
	} runs[] = {{PROGRAM("speak"), "", "out"}, {PROGRAM("speak"), "exit", "/dev/null"}, {PROGRAM("macros"), "", "out"},
		    {PROGRAM("forks"), "", "out"}, {PROGRAM("exceptions"), "", "out"},      {PROGRAM("threads4"), "", "out"}};
	if (!is_executable("/usr/bin/valgrind"))
		cr_skip_test("no valgrind");
	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
		const struct outcome plain = heard_of(runs[i].program, runs[i].argument, runs[i].output, false),
				     agent = heard_of(runs[i].program, runs[i].argument, runs[i].output, true);
		cr_assert(plain.status == agent.status && strcmp(plain.out.data, agent.out.data) == 0,
			  "%s %s >%s: %s and\n%s\nwith the agent %s and\n%s", runs[i].program, runs[i].argument, runs[i].output,
			  status_text(plain.status), plain.out.data, status_text(agent.status), agent.out.data);
	}
}
