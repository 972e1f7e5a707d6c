/*
 * index.h - a crash index of a test, in one database or the other: `ttlog db` on it, and what stands in it by the database's own client.
 */
#ifndef TTLOG_TESTS_INDEX_H
#define TTLOG_TESTS_INDEX_H

#include "command.h"

/* An empty one. The server of PostgreSQL is started by the first of a test; index_end() ends it. Skips where there is none. */
void index_begin_sqlite(void);
void index_begin_postgresql(const char *encoding);
void index_end(void);

/* What --db gets. */
const char *index_url(void);

/* ttlog db --db URL ARGUMENTS */
struct outcome index_run(const char *const *arguments);
#define DB(...) index_run(LIST(__VA_ARGS__))
/* The same, begun and not waited for. */
struct process *index_start(const char *const *arguments);

/* The first line that the client prints; the whole, where there are more. */
const char *index_query(const char *sql);
void index_expect_at(struct where where, const char *sql, const char *wanted);
#define index_expect(sql, wanted) index_expect_at(HERE, sql, wanted)

/* Exit status, and the text on standard output (status 0, 3) or on standard error. */
void index_ends_at(struct where where, struct outcome outcome, int status, const char *text);
#define index_ends(outcome, status, text) index_ends_at(HERE, outcome, status, text)

#endif
