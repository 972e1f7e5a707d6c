/*
 * database.h - the database of a request, and what is said where it fails.
 *
 * Single-threaded.
 */
#ifndef TTLOG_DB_DATABASE_H
#define TTLOG_DB_DATABASE_H

#include "request.h"
#include "store.h"

/*
 * COMMAND_DONE, or the exit status after the error was printed; then *store is NULL. For writing the tables are made where they are
 * missing; for reading that is COMMAND_NOTHING.
 */
int database_open(const struct request *request, enum store_use use, struct store **store);

/* Prints "ttlog db: NAME: what is wrong" and returns the exit status. */
int database_error(const struct store *store, int result, const struct store_error *error);
/* Prints that no death is there, or matches; returns COMMAND_NOTHING. */
int database_nothing(const struct store *store);

#endif
