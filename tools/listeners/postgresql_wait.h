/*
 * postgresql_wait.h - requests to a server of PostgreSQL that end within WAIT_MS (or what is said), one way or the other: a server that has
 * stopped, or a network that swallows everything, must not hold the thread of all listeners, nor a person.
 *
 * Each returns 0 or a positive errno: ETIMEDOUT, ECONNREFUSED (no connection to be had), EPIPE (it broke), EACCES (refused by its rules or
 * for lack of rights), ENOSPC, EIO (any other error of the server). After an error the connection is of no more use.
 */
#ifndef TTLOG_LISTENERS_POSTGRESQL_WAIT_H
#define TTLOG_LISTENERS_POSTGRESQL_WAIT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#define WAIT_MS 5000

/* Completes what PQconnectStart(3) began. */
int postgresql_connect(PGconn *connection, unsigned wait_ms);
/*
 * The results of what PQsendQuery(3) or its like sent, each to be of the status `wanted` (or without rows); the last of them, which may be
 * the one that failed, in *last, the caller's to clear. NULL: none came.
 */
int postgresql_results(PGconn *connection, ExecStatusType wanted, unsigned wait_ms, PGresult **last);
/* One or more commands without results. */
int postgresql_do(PGconn *connection, const char *sql);
/* A query whose one value is a truth. */
int postgresql_ask(PGconn *connection, const char *sql, bool *answer);
/* COPY ... FROM STDIN: begins, sends some, ends. */
int postgresql_copy(PGconn *connection, const char *sql);
int postgresql_send(PGconn *connection, const char *data, size_t bytes);
int postgresql_end_copy(PGconn *connection);

#endif
