/*
 * libttlog_sqlite.so - events as rows of a SQLite database.
 *
 *	TTLOG_LISTENERS="plugin:/usr/local/lib/ttlog/libttlog_sqlite.so,path=events.db"
 *
 * One transaction for each flush, with a prepared statement. Several processes may write one database (its write-ahead log takes one
 * writer at a time; the others wait, and come again). The SQLite inside is the plug-in's own: one that the program uses has other locks.
 */
#include "arguments.h"
#include "database.h"
#include "row.h"
#include "ttlog_listener.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS       1000
#define SCRATCH_BYTES (256u * 1024)

struct sink {
	char path[PATH_MAX];
	sqlite3 *database; /* NULL: not open */
	sqlite3_stmt *insert;
	struct row_writer row;
	unsigned pending; /* events in the transaction */
	int failure;      /* errno of the transaction: it takes nothing more, and the flush will say so */
	char scratch[SCRATCH_BYTES];
};

static int errno_of(const struct sink *sink, int code)
{
	const int system = sqlite3_system_errno(sink->database);
	switch (code & 0xff) {
	case SQLITE_FULL:
		return ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return EBUSY;
	case SQLITE_READONLY:
		return EROFS;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return EBADMSG;
	case SQLITE_NOMEM:
		return ENOMEM;
	default:
		return system ? system : EIO;
	}
}

static int execute(const struct sink *sink, const char *sql)
{
	const int code = sqlite3_exec(sink->database, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? 0 : errno_of(sink, code);
}

static void close_database(struct sink *sink)
{
	sqlite3_finalize(sink->insert);
	sqlite3_close(sink->database); /* rolls back what is open */
	sink->insert = NULL;
	sink->database = NULL;
	sink->pending = 0;
	sink->failure = 0;
}

static int prepare(struct sink *sink)
{
	static const struct row_types types = {"INTEGER", "TEXT", "TEXT"};
	char sql[2048] = "";
	struct render text = {sql, 0, sizeof(sql) - 1, false};
	int error = execute(sink, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
	row_schema(&text, "ttlog_events", &types);
	error = error ? error : execute(sink, sql);
	memset(sql, 0, sizeof(sql));
	text.used = 0;
	render_string(&text, "INSERT OR IGNORE INTO ttlog_events VALUES (?");
	for (unsigned i = 1; i < COLUMN_COUNT; i++)
		render_string(&text, ", ?");
	render_char(&text, ')');
	if (error)
		return error;
	const int code = sqlite3_prepare_v2(sink->database, sql, -1, &sink->insert, NULL);
	return code == SQLITE_OK ? 0 : errno_of(sink, code);
}

/* What programs say is nobody else's affair. An existing file is not opened: closing it would drop locks that the program has on it. */
static void make_private(const char *path)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

static int on_start(void *user)
{
	struct sink *sink = user;
	close_database(sink);
	make_private(sink->path);
	const int code = sqlite3_open_v2(sink->path, &sink->database,
					 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	int error = code == SQLITE_OK ? 0 : sink->database ? errno_of(sink, code) : ENOMEM;
	if (!error) {
		sqlite3_busy_timeout(sink->database, BUSY_MS);
		error = prepare(sink);
	}
	if (error)
		close_database(sink);
	return error;
}

static int bind(struct sink *sink, const struct ttlog_event *event, unsigned column)
{
	const int at = (int)column + 1;
	const struct cell cell = row_cell(&sink->row, event, (enum row_column)column, sink->scratch, sizeof(sink->scratch));
	if (cell.null)
		return sqlite3_bind_null(sink->insert, at);
	if (cell.kind == CELL_NUMBER)
		return sqlite3_bind_int64(sink->insert, at, cell.number);
	return sqlite3_bind_text(sink->insert, at, cell.text.data, (int)cell.text.bytes, SQLITE_TRANSIENT);
}

static int insert(struct sink *sink, const struct ttlog_event *event)
{
	int code = SQLITE_OK;
	for (unsigned column = 0; column < COLUMN_COUNT && code == SQLITE_OK; column++)
		code = bind(sink, event, column);
	if (code == SQLITE_OK)
		code = sqlite3_step(sink->insert);
	const int error = code == SQLITE_DONE ? 0 : errno_of(sink, code);
	sqlite3_reset(sink->insert);
	return error;
}

/* A failure of the first event of a transaction is told at once; of a later one by the flush, after which all of them come again. */
static int on_event(void *user, const struct ttlog_event *event)
{
	struct sink *sink = user;
	if (sink->failure)
		return 0;
	int error = sink->database ? 0 : ENOTCONN;
	if (!error && !sink->pending)
		error = execute(sink, "BEGIN");
	error = error ? error : insert(sink, event);
	if (!error)
		sink->pending++;
	else if (!sink->pending)
		close_database(sink);
	else
		sink->failure = error;
	return sink->failure ? 0 : error;
}

static int on_flush(void *user, int end)
{
	struct sink *sink = user;
	int error = sink->failure;
	if (!sink->pending)
		return 0;
	if (end)
		sqlite3_busy_timeout(sink->database, BUSY_MS / 4);
	error = error ? error : execute(sink, "COMMIT");
	if (error) {
		close_database(sink);
		return error;
	}
	sink->pending = 0;
	return 0;
}

static void on_shutdown(void *user)
{
	close_database(user);
	free(user);
}

/* The file stays where the program was started, wherever it goes with chdir(2) later. */
static int make_path(struct sink *sink, const char *path, char *error, size_t error_bytes)
{
	char cwd[PATH_MAX] = "";
	const bool relative = path[0] != '/';
	if (relative && !getcwd(cwd, sizeof(cwd)))
		return errno;
	const int bytes = snprintf(sink->path, sizeof(sink->path), "%s%s%s", cwd, relative ? "/" : "", path);
	if (bytes < (int)sizeof(sink->path))
		return 0;
	snprintf(error, error_bytes, "too long: path=%s", path);
	return ENAMETOOLONG;
}

static int configure(void *user, const char *text, char *error, size_t error_bytes)
{
	struct sink *sink = user;
	struct arguments arguments;
	int result = arguments_parse(&arguments, text, error, error_bytes);
	for (unsigned i = 0; !result && arguments.names[i]; i++) {
		if (strcmp(arguments.names[i], "path") == 0)
			result = make_path(sink, arguments.values[i], error, error_bytes);
		else
			result = EINVAL;
		if (result && !error[0])
			snprintf(error, error_bytes, "sqlite: no such option: '%s' (there is path=)", arguments.names[i]);
	}
	if (!result && !sink->path[0]) {
		snprintf(error, error_bytes, "sqlite: no path=, the file of the database");
		result = EINVAL;
	}
	return result ? result : row_begin(&sink->row);
}

__attribute__((visibility("default"))) int ttlog_listener_open(const char *arguments, struct ttlog_listener *listener, char *error,
							       size_t error_bytes)
{
	static const struct database database = {sizeof(struct sink), configure, on_start, on_event, on_flush, on_shutdown};
	return database_open(&database, arguments, listener, error, error_bytes);
}
