/*
 * driver.h - what a kind of database does for store.h, whose rules hold here.
 *
 * For the files of this folder only.
 */
#ifndef TTLOG_STORE_DRIVER_H
#define TTLOG_STORE_DRIVER_H

#include "store.h"

struct store_driver {
	/* Sets store->connection and store->name. */
	int (*open)(struct store *store, const char *target, enum store_use use, struct store_error *error);
	void (*close)(struct store *store);
	int (*run)(struct store *store, const char *sql, const struct store_value *values, size_t count, store_row *row,
		   void *context, struct store_error *error);
	const char *begin;       /* a transaction that writes */
	const char *find_table;  /* gives a row where there is a table $1 */
	const char *lock_schema; /* until the end of the transaction */
};

extern const struct store_driver store_sqlite, store_postgresql;

struct store {
	const struct store_driver *driver;
	void *connection; /* the driver's */
	unsigned wait_ms;
	uint64_t wait_until_ms; /* of CLOCK_MONOTONIC: of a wait that has begun */
	bool ascii;             /* the database has an encoding that lacks characters of UTF-8 */
	char name[1024];
};

/* Fills the error and returns `result`. What others wrote (a server, a library) loses its line feeds. */
__attribute__((format(printf, 3, 4))) int store_fail(struct store_error *error, int result, const char *format, ...);

/*
 * `value` as a database takes it: UTF-8 without NUL, or only ASCII. What is that already is given back as it is; else the text is
 * malloc'ed, put into *made, and the caller's to free. -ENOMEM.
 */
int store_clean(const struct store *store, const struct store_value *value, struct store_value *clean, char **made);

#endif
