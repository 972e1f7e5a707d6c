/*
 * ttlog ps: who is recorded, and what of it is left.
 */
#include "command.h"
#include "talker.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

TestSuite(ps, .init = place_init, .fini = place_fini, .timeout = 100);

static void need_own_shm(void)
{
	if (!place_has_own_shm())
		cr_skip_test("no /dev/shm of its own to be had: recorders of others are there");
}

Test(ps, living_and_dead)
{
	need_own_shm();
	struct talker *talker = talker_start("speaker one"), *dead = talker_start("dead");
	char row[64], gone[64];
	for (unsigned i = 0; i < 9; i++)
		talker_say(talker, "something");
	kill(dead->pid, SIGKILL);
	process_finish(dead->process);
	const struct outcome shown = ttlog(LIST("ps", "--no-color"));
	snprintf(row, sizeof(row), "speaker one       %8d  ", (int)talker->pid);
	snprintf(gone, sizeof(gone), "dead              %8d  ", (int)dead->pid);
	cr_assert(shown.status == 0 && strstr(shown.out.data, row) && strstr(shown.out.data, gone), "%s%s", shown.out.data,
		  shown.err.data);
	cr_assert(strstr(strstr(shown.out.data, row), "  live\n"), "%s", shown.out.data);
	cr_assert(strstr(strstr(shown.out.data, gone), "  gone: see `ttlog recover`\n"), "%s", shown.out.data);

	const struct outcome only = ttlog(LIST("ps", "--json", "speaker one"));
	const struct outcome read = process_run(&(struct process_setup){
		.argv = LIST(
			"/usr/bin/python3", "-c",
			"import json, sys\n"
			"rows = [json.loads(line) for line in sys.argv[1].splitlines()]\n"
			"assert len(rows) == 1, rows\n"
			"row = rows[0]\n"
			"assert row['service'] == 'speaker one' and row['state'] == 'live' and row['recorded'] >= 10, row\n"
			"assert row['overwritten'] == 0 and row['dropped'] == 0 and row['rate'] == 0 and row['threads'] == 1, row\n"
			"assert 4096 <= row['memory'] < 1 << 20 and row['age'] > 0 and row['user'], row\n",
			only.out.data)});
	cr_assert(read.status == 0, "%s%s", read.err.data, only.out.data);
	talker_finish(talker);
	ttlog(LIST("recover", place_storage()));
	expect_error(NOTHING, "no process is recorded", "ps");
	expect_error(NOTHING, "service nobody: no such process", "ps", "nobody");
}

/* What was written over is known from what is left. */
Test(ps, overwritten)
{
	need_own_shm();
	struct talker *talker = talker_start("talker");
	for (unsigned i = 0; i < 3000; i++)
		fprintf(talker->lines, "line %u.\n", i);
	process_await(talker->process, "line 2999.\n");
	const struct outcome shown = ttlog(LIST("ps", "--json"));
	unsigned long recorded = 0, overwritten = 0;
	const char *at = strstr(shown.out.data, "\"recorded\"");
	cr_assert(at && sscanf(at, "\"recorded\": %lu, \"overwritten\": %lu", &recorded, &overwritten) == 2, "%s", shown.out.data);
	talker_finish(talker);
	cr_assert(recorded >= 3001 && overwritten > 0 && overwritten < recorded, "%lu of %lu", overwritten, recorded);
}

Test(ps, errors)
{
	expect_error(USAGE, "unknown option", "ps", "--loud");
	expect_error(USAGE, "b: one PID", "ps", "a", "b");
	expect_error(NOTHING, "no such process is recorded", "ps", "2147483647");
}
