/*
 * group_rows.h - groups as `ttlog db groups` and `ttlog db report` show them. Prints on standard output; single-threaded.
 */
#ifndef TTLOG_DB_GROUP_ROWS_H
#define TTLOG_DB_GROUP_ROWS_H

#include "history.h"

/* A table of those for which pick() is true, at most `limit` (0: all). Returns how many there are. */
typedef bool group_pick(const struct history *history, const struct history_group *group, const struct request *request);
size_t group_rows_table(const struct history *history, const struct request *request, group_pick *pick, size_t limit);

/* The same as objects of JSON, with `between` between them. */
size_t group_rows_json(const struct history *history, const struct request *request, group_pick *pick, size_t limit,
		       const char *between);

#endif
