/*
 * request.h - what the user asks of `ttlog db`: one struct for all verbs.
 *
 * Single-threaded.
 */
#ifndef TTLOG_DB_REQUEST_H
#define TTLOG_DB_REQUEST_H

#include "db.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum db_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_MARKDOWN };

struct request {
	const char *database;
	unsigned wait_ms;
	const char *project, *build; /* NULL: not said */
	const char *service, *host, *reason, *group, *new_in, *back_in;
	bool has_since, has_until;
	uint64_t since, until; /* ns since 1970-01-01 UTC */
	unsigned jobs;         /* 0: as many as there are processors */
	bool all, has_limit, has_keep_days, no_color;
	size_t limit; /* 0: all */
	unsigned keep_days;
	enum db_format format;
	char **arguments; /* behind the verb */
	int count;
	uint64_t now; /* ns since 1970-01-01 UTC */
	char default_database[PATH_MAX];
};

/* What a verb is; each returns the exit status. */
struct verb {
	const char *name;
	int (*run)(const struct request *request);
	uint64_t options; /* bits of enum db_option beside those of every verb */
	bool takes_files;
};

extern const struct verb verb_add, verb_query, verb_groups, verb_report, verb_prune;

#define REQUEST_BIT(option) (UINT64_C(1) << (option))
#define REQUEST_WHICH                                                                                                              \
	(REQUEST_BIT(DB_PROJECT) | REQUEST_BIT(DB_SERVICE) | REQUEST_BIT(DB_HOST) | REQUEST_BIT(DB_REASON) |                       \
	 REQUEST_BIT(DB_BUILD) | REQUEST_BIT(DB_GROUP) | REQUEST_BIT(DB_SINCE) | REQUEST_BIT(DB_UNTIL) | REQUEST_BIT(DB_LIMIT) |   \
	 REQUEST_BIT(DB_FORMAT) | REQUEST_BIT(DB_JSON) | REQUEST_BIT(DB_NO_COLOR))

/* COMMAND_DONE and *verb (NULL: --help was answered), or the exit status after the error was printed. */
int request_parse(struct request *request, int argc, char **argv, const struct verb **verb);

#endif
