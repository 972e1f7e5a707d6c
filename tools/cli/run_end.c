#include "command.h"
#include "death_count.h"
#include "describe.h"
#include "recorder.h"
#include "run.h"
#include "run_deaths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How many ------------------------------------------------------------------------------------------------------------------- */

/* The first ones must not be the oldest that go. */
static void keep_first(struct run *run)
{
	char keep[32];

	if (!run->keep_snapshots || run->keep_snapshots >= run->options.max_snapshots)
		return;
	run->keep_snapshots = run->options.max_snapshots;
	snprintf(keep, sizeof(keep), "%u,%u", run->keep_snapshots, run->keep_mb);
	run_set("TTLOG_KEEP", keep);
}

int run_count_deaths(struct run *run)
{
	const bool limited = run->options.has_max_snapshots;
	int error;

	run_sweep(RECORDER_DEATHS);
	error = death_count_begin(run->id, limited ? run->options.max_snapshots : DEATH_COUNT_NO_LIMIT);
	if (!limited)
		return 0;
	keep_first(run);
	if (error)
		return command_error(&command_run, COMMAND_NOTHING, "--max-snapshots %u: no count in /dev/shm: %s",
				     run->options.max_snapshots, strerror(-error));
	return 0;
}

/* What of them is kept -------------------------------------------------------------------------------------------------------- */

static bool has_failed(const struct run *run)
{
	return run_cmd_is_timed_out(run) || !WIFEXITED(run->status) || WEXITSTATUS(run->status) != 0;
}

static void remove_all(const struct run_deaths *deaths)
{
	for (size_t i = 0; i < deaths->count; i++)
		unlink(deaths->items[i].path);
}

static void say_not_kept(const struct run *run, size_t died)
{
	if (died && !run->options.quiet)
		fprintf(stderr, "ttlog: %zu process%s died and %s did not fail: no snapshot is kept (--only-failures)\n", died,
			died > 1 ? "es" : "", describe_base_name(run->options.command[0]));
}

/* Who could not reach the count has made one too many. */
static void remove_late(struct run_deaths *deaths, uint32_t most)
{
	size_t kept = 0, seen = 0;

	for (size_t i = 0; i < deaths->count; i++) {
		if (deaths->items[i].rank != DEATH_NONE && seen++ >= most) {
			unlink(deaths->items[i].path);
			run_death_free(&deaths->items[i]);
		} else {
			deaths->items[kept++] = deaths->items[i];
		}
	}
	deaths->count = kept;
}

static size_t apply_limit(const struct run *run, struct run_deaths *deaths)
{
	const size_t made = run_deaths_count(deaths), counted = death_count_end(run->id), died = counted > made ? counted : made;

	if (run->options.has_max_snapshots)
		remove_late(deaths, run->options.max_snapshots);
	return died;
}

void run_conclude(const struct run *run)
{
	struct run_deaths deaths;
	size_t died;

	(void)run_deaths_open(&deaths, run->storage, run->id, run->began_ns);
	died = apply_limit(run, &deaths);
	if (run_is_unwanted(run)) {
		remove_all(&deaths);
	} else if (run->options.only_failures && !has_failed(run)) {
		remove_all(&deaths);
		say_not_kept(run, died);
	} else {
		run_summarize(run, &deaths, died);
	}
	run_deaths_close(&deaths);
}
