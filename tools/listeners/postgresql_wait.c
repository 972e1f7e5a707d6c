#include "postgresql_wait.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 0 when one of the events has come. */
static int wait_until(PGconn *connection, short events, int64_t limit_ms)
{
	struct pollfd ready = {.fd = PQsocket(connection), .events = events};
	const int64_t left = limit_ms - now_ms();
	const int count = left > 0 ? poll(&ready, 1, (int)left) : 0;
	if (count < 0)
		return errno == EINTR ? 0 : errno;
	return count ? 0 : ETIMEDOUT;
}

int postgresql_connect(PGconn *connection, unsigned wait_ms)
{
	const int64_t limit_ms = now_ms() + wait_ms;
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	int error = PQstatus(connection) == CONNECTION_BAD ? ECONNREFUSED : 0;
	while (!error && status != PGRES_POLLING_OK) {
		error = wait_until(connection, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, limit_ms);
		status = error ? status : PQconnectPoll(connection);
		if (status == PGRES_POLLING_FAILED)
			error = ECONNREFUSED;
	}
	if (!error && PQsetnonblocking(connection, 1) != 0)
		error = EIO;
	return error;
}

/* All that was asked is sent; meanwhile what comes is taken in, so that the server does not wait for us. */
static int flush(PGconn *connection, int64_t limit_ms)
{
	int left, error = 0;
	while (!error && (left = PQflush(connection)) != 0) {
		error = left < 0 ? EPIPE : wait_until(connection, POLLIN | POLLOUT, limit_ms);
		if (!error && !PQconsumeInput(connection))
			error = EPIPE;
	}
	return error;
}

static int await(PGconn *connection, int64_t limit_ms)
{
	int error = flush(connection, limit_ms);
	while (!error && PQisBusy(connection)) {
		error = wait_until(connection, POLLIN, limit_ms);
		if (!error && !PQconsumeInput(connection))
			error = EPIPE;
	}
	return error;
}

/* By the classes of SQLSTATE (PostgreSQL, appendix A). */
static int errno_of(PGconn *connection, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	if (PQstatus(connection) == CONNECTION_BAD)
		return EPIPE;
	if (state && strcmp(state, "42501") == 0)
		return EACCES;
	return state && strcmp(state, "53100") == 0 ? ENOSPC : EIO;
}

int postgresql_results(PGconn *connection, ExecStatusType wanted, unsigned wait_ms, PGresult **last)
{
	const int64_t limit_ms = now_ms() + wait_ms;
	PGresult *result;
	int error = 0;
	*last = NULL;
	while (!(error = await(connection, limit_ms)) && (result = PQgetResult(connection))) {
		const ExecStatusType status = PQresultStatus(result);
		PQclear(*last);
		*last = result;
		if (status != wanted && status != PGRES_COMMAND_OK)
			return errno_of(connection, result);
		if (status == PGRES_COPY_IN)
			break; /* it gives this one again and again until the copy ends */
	}
	return error;
}

static int ask(PGconn *connection, const char *sql, ExecStatusType wanted, PGresult **last)
{
	*last = NULL;
	if (!PQsendQuery(connection, sql))
		return EPIPE;
	return postgresql_results(connection, wanted, WAIT_MS, last);
}

int postgresql_do(PGconn *connection, const char *sql)
{
	PGresult *last;
	const int error = ask(connection, sql, PGRES_COMMAND_OK, &last);
	PQclear(last);
	return error;
}

int postgresql_ask(PGconn *connection, const char *sql, bool *answer)
{
	PGresult *last;
	const int error = ask(connection, sql, PGRES_TUPLES_OK, &last);
	*answer = !error && PQntuples(last) == 1 && PQgetvalue(last, 0, 0)[0] == 't';
	PQclear(last);
	return error;
}

int postgresql_copy(PGconn *connection, const char *sql)
{
	PGresult *last;
	const int error = ask(connection, sql, PGRES_COPY_IN, &last);
	const bool begun = PQresultStatus(last) == PGRES_COPY_IN;
	PQclear(last);
	return error ? error : begun ? 0 : EIO;
}

int postgresql_send(PGconn *connection, const char *data, size_t bytes)
{
	const int64_t limit_ms = now_ms() + WAIT_MS;
	int put, error = 0;
	while (!error && (put = PQputCopyData(connection, data, (int)bytes)) != 1)
		error = put < 0 ? EPIPE : flush(connection, limit_ms);
	return error ? error : flush(connection, limit_ms);
}

int postgresql_end_copy(PGconn *connection)
{
	const int64_t limit_ms = now_ms() + WAIT_MS;
	PGresult *last;
	int put, error = 0;
	while (!error && (put = PQputCopyEnd(connection, NULL)) != 1)
		error = put < 0 ? EPIPE : flush(connection, limit_ms);
	if (error)
		return error;
	error = postgresql_results(connection, PGRES_COMMAND_OK, WAIT_MS, &last);
	PQclear(last);
	return error;
}
