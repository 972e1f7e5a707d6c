/*
 * store.h - a database of SQL in as few words as the crash index needs: a connection, a statement with parameters, its rows.
 *
 * Two drivers, SQLite and PostgreSQL, take the same statements: parameters are $1, $2, ... in both, first used in that order, and what is
 * written between them is the SQL that the two share. What comes from a crashed program travels as a parameter, never as a part of a statement.
 *
 * Nothing here waits longer than `wait_ms` for a database that is locked, stopped or out of reach. After an error inside a transaction
 * nothing of it is stored; after one of store_commit() it is stored as a whole or not at all. Single-threaded; 0 (or a count) or -errno,
 * and then the error in words:
 *   -ENODATA to be read only, and no such file      -ENOENT  no such database on the server
 *   -EACCES  its rules or rights refuse          -ENOSPC  it is full          -EROFS  read-only
 *   -EBUSY   others hold it locked     -ECONNREFUSED -ETIMEDOUT -EPIPE  not there, silent, gone          -EINVAL  no name of a database
 *   -EPROTO  a schema that is not ours, or a later one          -EIO  anything else that it complains of
 */
#ifndef TTLOG_STORE_STORE_H
#define TTLOG_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_kind { STORE_NUMBER, STORE_TEXT };

struct store_value {
	enum store_kind kind;
	bool null;
	int64_t number;
	const char *
		text; /* need not be NUL-terminated as a parameter; is so in a row. What is no UTF-8, or a NUL, is stored as U+FFFD */
	size_t bytes;
};

struct store_error {
	char text[512]; /* one line, without the name of the database */
};

/* One row; its values live until it returns. Not 0 ends the statement with that result. */
typedef int store_row(void *context, const struct store_value *values, size_t count);

struct store;

enum store_use {
	STORE_READ,  /* what is there; nothing is made */
	STORE_WRITE, /* the database of SQLite is made where there is none */
};

/*
 * `target`: postgresql://USER@HOST:PORT/NAME?PARAMETERS, or the path of a file. *store is set in any case but -ENOMEM, so that
 * store_name() works; store_close() it.
 */
int store_open(struct store **store, const char *target, enum store_use use, unsigned wait_ms, struct store_error *error);
void store_close(struct store *store);

/* For messages: the path; "postgresql://host/name", without user and password. */
const char *store_name(const struct store *store);

/* A transaction that will write: others' wait for it. */
int store_begin(struct store *store, struct store_error *error);
int store_commit(struct store *store, struct store_error *error);
void store_rollback(struct store *store);

/*
 * One statement. Rows go to `row` (NULL: there are none). Returns how many rows it changed, what row() returned, or -errno. At most
 * STORE_PARAMETERS_MAX values.
 */
#define STORE_PARAMETERS_MAX 30000u
int store_run(struct store *store, const char *sql, const struct store_value *values, size_t count, store_row *row, void *context,
	      struct store_error *error);

/* 1: there is such a table; 0: there is none. */
int store_has_table(struct store *store, const char *name, struct store_error *error);

/* Inside of a transaction: only one at a time makes or changes tables. */
int store_lock_schema(struct store *store, struct store_error *error);

static inline struct store_value store_number(int64_t number)
{
	return (struct store_value){.kind = STORE_NUMBER, .number = number};
}

static inline struct store_value store_text(const char *text, size_t bytes)
{
	return (struct store_value){.kind = STORE_TEXT, .text = text, .bytes = bytes, .null = !text};
}

#endif
