/*
 * db.h - the options of `ttlog db`, which `ttlog` knows for its help and completion, and ttlog-db obeys.
 *
 * `ttlog db` itself becomes ttlog-db: who does not ask for the crash index loads no database's library.
 */
#ifndef TTLOG_CLI_DB_H
#define TTLOG_CLI_DB_H

#include "command.h"

enum db_option {
	DB_DATABASE = 1,
	DB_WAIT,
	DB_PROJECT,
	DB_BUILD,
	DB_JOBS,
	DB_ALL,
	DB_SINCE,
	DB_UNTIL,
	DB_SERVICE,
	DB_HOST,
	DB_REASON,
	DB_GROUP,
	DB_NEW_IN,
	DB_BACK_IN,
	DB_LIMIT,
	DB_FORMAT,
	DB_JSON,
	DB_KEEP_DAYS,
	DB_NO_COLOR,
};

extern const struct command command_db;

/* The exit code beside those of every command: the database is not there, full, locked, or refused. */
#define DB_UNAVAILABLE 5

#endif
