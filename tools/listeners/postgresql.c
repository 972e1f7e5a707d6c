/*
 * libttlog_postgresql.so - events as rows of a PostgreSQL database.
 *
 *	TTLOG_LISTENERS="plugin:/usr/local/lib/ttlog/libttlog_postgresql.so,host=/run/postgresql,dbname=logs,user=app"
 *
 * The options are libpq's connection parameters. Events are copied into a temporary table and from there, at each flush, in one
 * transaction, into ttlog_events, but for those that are there already. An existing table is used as it is: INSERT on it is enough of a
 * right then. All waits are bounded.
 */
#include "arguments.h"
#include "database.h"
#include "postgresql_wait.h"
#include "row.h"
#include "ttlog_listener.h"

#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES   (256u * 1024) /* of COPY, sent at once */
#define SCRATCH_BYTES (256u * 1024)
#define ROW_BYTES     (8 * SCRATCH_BYTES) /* longest: most texts in one row are short */

struct sink {
	struct arguments arguments;
	PGconn *connection; /* NULL: none */
	struct row_writer row;
	bool copying;     /* a transaction is open, and takes rows */
	bool ascii;       /* the database cannot hold all of UTF-8 */
	unsigned pending; /* events since the last flush */
	int failure;      /* errno of the transaction: it takes nothing more, and the flush will say so */
	struct render out;
	char scratch[SCRATCH_BYTES], rows[CHUNK_BYTES + ROW_BYTES];
};

static void disconnect(struct sink *sink)
{
	PQfinish(sink->connection);
	sink->connection = NULL;
	sink->copying = false;
	sink->pending = 0;
	sink->failure = 0;
	sink->out.used = 0;
}

/* Start ------------------------------------------------------------------------------------------------------------------------- */

/* The table, where it is not there; creating needs a right that inserting does not. */
static int prepare_tables(struct sink *sink)
{
	static const struct row_types types = {"bigint", "text", "jsonb"};
	char sql[2048] = "";
	struct render text = {sql, 0, sizeof(sql) - 1, false};
	bool there = false;
	row_schema(&text, "ttlog_events", &types);
	int error = postgresql_ask(sink->connection, "SELECT to_regclass('ttlog_events') IS NOT NULL", &there);
	if (!error && !there)
		error = postgresql_do(sink->connection, sql);
	return error ? error
		     : postgresql_do(sink->connection,
				     "CREATE TEMPORARY TABLE ttlog_batch (LIKE ttlog_events) ON COMMIT DELETE ROWS");
}

static int on_start(void *user)
{
	struct sink *sink = user;
	disconnect(sink);
	sink->connection = PQconnectStartParams(sink->arguments.names, sink->arguments.values, 0);
	int error = sink->connection ? postgresql_connect(sink->connection, WAIT_MS) : ENOMEM;
	error = error ? error : postgresql_do(sink->connection, "SET client_encoding = 'UTF8'; SET client_min_messages = 'error'");
	error = error ? error : prepare_tables(sink);
	if (error) {
		disconnect(sink);
		return error;
	}
	const char *encoding = PQparameterStatus(sink->connection, "server_encoding");
	sink->ascii = encoding && strcmp(encoding, "UTF8") != 0 && strcmp(encoding, "SQL_ASCII") != 0;
	return 0;
}

/* Rows -------------------------------------------------------------------------------------------------------------------------- */

/* What stands behind the backslash for a character that the text format of COPY uses itself; 0: it does not. */
static char copy_escape(char c)
{
	switch (c) {
	case '\\':
		return '\\';
	case '\t':
		return 't';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	default:
		return 0;
	}
}

static void copy_text(struct sink *sink, struct ttlog_text text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		const char c = text.data[i], escape = copy_escape(c);
		if (escape)
			render_char(&sink->out, '\\');
		render_char(&sink->out, escape ? escape : sink->ascii && c & 0x80 ? '?' : c);
	}
}

static void copy_cell(struct sink *sink, const struct ttlog_event *event, enum row_column column)
{
	const struct cell cell = row_cell(&sink->row, event, column, sink->scratch, sizeof(sink->scratch));
	if (column)
		render_char(&sink->out, '\t');
	if (cell.null)
		render_string(&sink->out, "\\N");
	else if (cell.kind == CELL_NUMBER)
		render_signed(&sink->out, cell.number);
	else
		copy_text(sink, cell.text);
}

static int send_rows(struct sink *sink)
{
	int error = 0;
	if (!sink->copying)
		error = postgresql_do(sink->connection, "BEGIN");
	if (!error && !sink->copying)
		error = postgresql_copy(sink->connection, "COPY ttlog_batch FROM STDIN");
	sink->copying = sink->copying || !error;
	error = error ? error : postgresql_send(sink->connection, sink->out.data, sink->out.used);
	sink->out.used = 0;
	return error;
}

/* Never refused but without a connection: what fails here is told by the flush, after which all of the transaction comes again. */
static int on_event(void *user, const struct ttlog_event *event)
{
	struct sink *sink = user;
	if (sink->failure)
		return 0;
	if (!sink->connection)
		return ENOTCONN;
	for (unsigned column = 0; column < COLUMN_COUNT; column++)
		copy_cell(sink, event, (enum row_column)column);
	render_char(&sink->out, '\n');
	sink->pending++;
	if (sink->out.full)
		sink->failure = EMSGSIZE;
	else if (sink->out.used >= CHUNK_BYTES)
		sink->failure = send_rows(sink);
	return 0;
}

static int commit(struct sink *sink)
{
	int error = send_rows(sink);
	error = error ? error : postgresql_end_copy(sink->connection);
	return error ? error
		     : postgresql_do(sink->connection,
				     "INSERT INTO ttlog_events SELECT * FROM ttlog_batch ON CONFLICT DO NOTHING; COMMIT");
}

static int on_flush(void *user, int end)
{
	struct sink *sink = user;
	(void)end;
	if (!sink->pending)
		return 0;
	const int error = sink->failure ? sink->failure : commit(sink);
	if (error) {
		disconnect(sink);
		return error;
	}
	sink->copying = false;
	sink->pending = 0;
	return 0;
}

static void on_shutdown(void *user)
{
	disconnect(user);
	free(user);
}

/* Options ----------------------------------------------------------------------------------------------------------------------- */

static int check_names(const struct arguments *arguments, char *error, size_t error_bytes)
{
	PQconninfoOption *known = PQconndefaults();
	int result = known ? 0 : ENOMEM;
	for (unsigned i = 0; !result && arguments->names[i]; i++) {
		const PQconninfoOption *at = known;
		while (at->keyword && strcmp(at->keyword, arguments->names[i]) != 0)
			at++;
		if (!at->keyword) {
			snprintf(error, error_bytes, "postgresql: no such connection parameter: '%s'", arguments->names[i]);
			result = EINVAL;
		}
	}
	PQconninfoFree(known);
	return result;
}

static int configure(void *user, const char *text, char *error, size_t error_bytes)
{
	struct sink *sink = user;
	int result = arguments_parse(&sink->arguments, text, error, error_bytes);
	result = result ? result : check_names(&sink->arguments, error, error_bytes);
	sink->out = (struct render){sink->rows, 0, sizeof(sink->rows), false};
	return result ? result : row_begin(&sink->row);
}

__attribute__((visibility("default"))) int ttlog_listener_open(const char *arguments, struct ttlog_listener *listener, char *error,
							       size_t error_bytes)
{
	static const struct database database = {sizeof(struct sink), configure, on_start, on_event, on_flush, on_shutdown};
	return database_open(&database, arguments, listener, error, error_bytes);
}
