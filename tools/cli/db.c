#include "db.h"

#include "helper.h"

#include <string.h>

static const struct option long_options[] = {
	{"db", required_argument, NULL, DB_DATABASE},
	{"wait", required_argument, NULL, DB_WAIT},
	{"project", required_argument, NULL, DB_PROJECT},
	{"build", required_argument, NULL, DB_BUILD},
	{"jobs", required_argument, NULL, DB_JOBS},
	{"j", required_argument, NULL, DB_JOBS},
	{"all", no_argument, NULL, DB_ALL},
	{"since", required_argument, NULL, DB_SINCE},
	{"until", required_argument, NULL, DB_UNTIL},
	{"service", required_argument, NULL, DB_SERVICE},
	{"host", required_argument, NULL, DB_HOST},
	{"reason", required_argument, NULL, DB_REASON},
	{"group", required_argument, NULL, DB_GROUP},
	{"new-in", required_argument, NULL, DB_NEW_IN},
	{"back-in", required_argument, NULL, DB_BACK_IN},
	{"limit", required_argument, NULL, DB_LIMIT},
	{"format", required_argument, NULL, DB_FORMAT},
	{"json", no_argument, NULL, DB_JSON},
	{"keep-days", required_argument, NULL, DB_KEEP_DAYS},
	{"no-color", no_argument, NULL, DB_NO_COLOR},
	{NULL, 0, NULL, 0},
};

/* What it does is known, and manual pages are made of it, also where it was not built. */
static int run_db(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--help"))
		return command_option(&command_db, argc, argv, long_options, 0) == OPTION_HELP ? COMMAND_DONE : COMMAND_USAGE;
	argv[0] = "ttlog-db";
	helper_become(argv, "not installed: this ttlog was built where SQLite or libmd were missing");
}

const struct command command_db = {
	.name = "db",
	.summary = "an index of all crashes, in SQLite or PostgreSQL: what is new",
	.run = run_db,
	.options = long_options,
	.operands = COMMAND_TAKES_FILES,
	.verbs = "add query groups report prune",
	.help = "usage: ttlog db [OPTIONS] add [FILE|DIR|BUNDLE...]|query|groups|report|prune\n\n"
		"Keeps one row for each death in a database, so that deaths of many runs,\n"
		"machines and builds can be counted and compared. The snapshots stay where they\n"
		"are; the index knows their paths.\n\n"
		"  add       snapshots (default ./tmp), also of bundles, become rows. What is\n"
		"            there already is not added again, under whatever name it comes, also\n"
		"            after `ttlog symbolize`; any number of processes may add at once\n"
		"  query     the deaths, newest first, with the snapshot's path\n"
		"  groups    what died in the same way, most often first: how often, in which\n"
		"            builds, since when\n"
		"  report    what is new in the last build, what came back, what is gone, what is\n"
		"            most frequent\n"
		"  prune     removes the rows of deaths older than --keep-days\n\n"
		"Which database:\n\n"
		"  --db FILE|URL        SQLite's file (default $TTLOG_DB, or\n"
		"                       ~/.local/share/ttlog/crashes.db; made with its\n"
		"                       directory), or postgresql://USER@HOST:PORT/NAME (a\n"
		"                       password is better in ~/.pgpass)\n"
		"  --wait TIME          for a database that is locked or does not answer (default\n"
		"                       30s)\n\n"
		"Of add:\n\n"
		"  --build ID           of which build they are: a commit, a version. Name each\n"
		"                       build, also one in which nothing died: that a group is\n"
		"                       gone, or came back, is known from these\n"
		"  --project P          whose builds these are, where several projects share a\n"
		"                       database\n"
		"  --all                also snapshots that are of no death: requests, periodic\n"
		"                       ones, exits with 0\n"
		"  -j, --jobs N         processes that read (default: as many as there are\n"
		"                       processors)\n\n"
		"Of query, groups and report:\n\n"
		"  --project P, --service S, --host H, --reason SIGSEGV, --build ID\n"
		"                       deaths of these only\n"
		"  --group FINGERPRINT  of this group; the beginning is enough\n"
		"  --since T, --until T\n"
		"                       \"2026-11-23 13:37:40\" (with Z: UTC), or before now: -7d,\n"
		"                       -12h\n"
		"  --limit N            rows (default: all; of each part of a report: 10)\n"
		"  --new-in BUILD       (groups) those that no earlier build had; --back-in\n"
		"                       BUILD: those that an earlier build had, and the one\n"
		"                       before it had not\n"
		"  --format FORMAT      text, json (one object a line; report: one object),\n"
		"                       markdown; --json: the same as --format json\n"
		"  --no-color           without colour\n\n"
		"Of prune, and of add, which prunes when it is done:\n\n"
		"  --keep-days N        what is younger than that stays\n\n"
		"Builds have the order in which they first were named, or first had a death.\n"
		"Groups are those of `ttlog collect`.\n\n"
		"Exit status: 0 done, 1 nothing found, 2 bad usage or no memory, 3 a snapshot\n"
		"cannot be read: it is named, the others are added, 5 the database is not there,\n"
		"full, locked or refuses, 127 this ttlog was built without it. After 2 and 5 what\n"
		"was added before stays, nothing is there by half, and the same command adds the\n"
		"rest later.\n\n"
		"Examples:\n"
		"  ttlog db add tmp --build \"$GITHUB_SHA\"\n"
		"  ttlog db groups --new-in \"$GITHUB_SHA\"             exit status 1: nothing new\n"
		"  ttlog db report --format markdown >>\"$GITHUB_STEP_SUMMARY\"\n"
		"  ttlog db query --group 3f2a --since -7d --json | jq -r .snapshot\n"
		"  ttlog db --db postgresql://ci@db.example/crashes prune --keep-days 90\n",
};
