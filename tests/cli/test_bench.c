/*
 * The bench itself: every row that needs nobody else's library is measured, and the JSON says all of it. No figure is asserted
 * but that it is one.
 */
#include "expect.h"
#include "place.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(bench, .init = place_init, .fini = place_fini, .timeout = 250);

#define RUN      SOURCE_DIR "/tests/bench/run"
#define VALIDATE SOURCE_DIR "/tests/bench/validate.py"

static struct outcome run_program(const char *const *argv)
{
	return process_run(&(struct process_setup){.argv = argv, .limit_s = 240});
}

static struct outcome bench(const char *json, const char *rows, const char *build)
{
	const struct outcome outcome = run_program(LIST(RUN, "--short", "--json", json, "--rows", rows, build));
	cr_assert(outcome.status == 0, "%s\n%s%s", status_text(outcome.status), outcome.out.data, outcome.err.data);
	return outcome;
}

Test(bench, all_rows)
{
	const char *json = place_path("bench.json");
	const struct outcome table = bench(json, "", BUILD_DIR);
	const struct outcome outcome = run_program(LIST("/usr/bin/python3", VALIDATE, json));
	cr_assert(outcome.status == 0, "%s%s\n%s", outcome.out.data, outcome.err.data, table.out.data);
	cr_assert(strstr(table.out.data, "ratio = row / baseline") && strstr(table.out.data, "macro, text only"), "%s",
		  table.out.data);
}

Test(bench, picks_rows)
{
	const struct outcome outcome = bench(place_path("bench.json"), "1 thread: limit|ring memory", BUILD_DIR);
	cr_assert(strstr(outcome.out.data, "limit ") && strstr(outcome.out.data, "a line of 36 bytes"), "%s", outcome.out.data);
	cr_assert(!strstr(outcome.out.data, "macro, formatted") && !strstr(outcome.out.data, "/bin/true"), "%s", outcome.out.data);
	const struct outcome none = run_program(
		LIST(RUN, "--short", "--json", place_path("none.json"), "--rows", "no such row", BUILD_DIR));
	cr_assert(WIFEXITED(none.status) && WEXITSTATUS(none.status) == 1 && strstr(none.err.data, "no such row"), "%s %s",
		  status_text(none.status), none.err.data);
}

/* Without a peer, and without a program of its own, the other rows are there, and these say why they are not. */
Test(bench, missing_programs)
{
	static const char script[] = "mkdir -p $2/bench && ln -s $1/libttlog_agent.so $2 && ln -s $1/bench/events "
				     "$1/bench/recorder $1/bench/drain $2/bench";
	const char *build = place_path("build"), *json = place_path("bench.json");
	const struct outcome made = run_program(LIST("/bin/sh", "-c", script, "sh", BUILD_DIR, build));
	cr_assert(made.status == 0, "%s", made.err.data);
	const struct outcome outcome = run_program(LIST(RUN, "--json", json, "--rounds", "1", "--rows",
							"1 thread: text|agent: fputs|peers, 1 thread: (ttlog|spdlog)", build));
	cr_assert(outcome.status == 0, "%s\n%s%s", status_text(outcome.status), outcome.out.data, outcome.err.data);
	cr_assert(strstr(outcome.out.data, "not measured: could not be built"), "%s", outcome.out.data);
	cr_assert(strstr(outcome.out.data, "not measured: speech cannot be run"), "%s", outcome.out.data);
	cr_assert(strstr(outcome.out.data, "ttlog macro, text only"), "%s", outcome.out.data);
}
