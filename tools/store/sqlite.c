#include "driver.h"

#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COLUMNS_MAX  64
#define LOCK_POLL_US 2000

/* Errors --------------------------------------------------------------------------------------------------------------------------- */

static int errno_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return ENOSPC;
	case SQLITE_READONLY:
		return EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return EBUSY;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return EACCES;
	case SQLITE_NOTADB:
		return EPROTO;
	case SQLITE_NOMEM:
		return ENOMEM;
	default:
		return EIO;
	}
}

static int fail(const struct store *store, int code, struct store_error *error)
{
	sqlite3 *connection = store->connection;
	const int system = connection ? sqlite3_system_errno(connection) : 0;

	if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
		return store_fail(error, -EBUSY, "locked by another process for more than %g s", store->wait_ms / 1000.0);
	if ((code & 0xff) == SQLITE_IOERR && system)
		return store_fail(error, -system, "%s", strerror(system));
	if ((code & 0xff) == SQLITE_CANTOPEN && system && system != ENOENT)
		return store_fail(error, -system, "%s", strerror(system));
	return store_fail(error, -errno_of(code), "%s", connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code));
}

/* Connection ----------------------------------------------------------------------------------------------------------------------- */

/* What crashed programs said is nobody else's: the file begins as its user's alone. SQLite's own files beside it take its mode. */
static int make_file(const char *path, struct store_error *error)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd, result = 0;

	snprintf(directory, sizeof(directory), "%.*s", slash ? (int)(slash - path) : 0, path);
	if (directory[0])
		result = storage_make(directory);
	if (result)
		return store_fail(error, result, "cannot make its directory: %s", strerror(-result));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return store_fail(error, -errno, "cannot be made: %s", strerror(errno));
	close(fd);
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*
 * Locked by another: 0 gives up. SQLite's own handler tries ten times a second at last, and where several processes add without a pause it
 * comes too late for seconds.
 */
static int wait_for_lock(void *context, int tries)
{
	struct store *store = context;

	if (!tries)
		store->wait_until_ms = now_ms() + store->wait_ms;
	if (now_ms() >= store->wait_until_ms)
		return 0;
	usleep(LOCK_POLL_US);
	return 1;
}

static int open_sqlite(struct store *store, const char *target, enum store_use use, struct store_error *error)
{
	struct stat status;
	sqlite3 *connection = NULL;
	int result;

	snprintf(store->name, sizeof(store->name), "%s", target);
	if (!*target)
		return store_fail(error, -EINVAL, "an empty name");
	if (stat(target, &status) != 0) {
		if (errno == ENOENT && use == STORE_READ)
			return store_fail(error, -ENODATA, "no such database");
		if (errno != ENOENT)
			return store_fail(error, -errno, "%s", strerror(errno));
		result = make_file(target, error);
		if (result)
			return result;
	} else if (!S_ISREG(status.st_mode)) {
		return store_fail(error, -EINVAL, "not a file");
	}
	/* Opened for reading only where it must be: SQLite takes care of what a writer that was killed left. */
	result = sqlite3_open_v2(target, &connection, SQLITE_OPEN_READWRITE, NULL);
	store->connection = connection;
	if (result != SQLITE_OK)
		return fail(store, result, error);
	sqlite3_extended_result_codes(connection, 1);
	/* The file may come from anybody: what its schema defines runs nothing that could do harm. */
	sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_busy_handler(connection, wait_for_lock, store);
	return 0;
}

static void close_sqlite(struct store *store)
{
	sqlite3_close(store->connection);
}

/* Statements ----------------------------------------------------------------------------------------------------------------------- */

static int bind_one(struct store *store, sqlite3_stmt *statement, int at, const struct store_value *value)
{
	struct store_value clean;
	char *made;
	int result;

	if (value->null)
		return sqlite3_bind_null(statement, at);
	if (value->kind == STORE_NUMBER)
		return sqlite3_bind_int64(statement, at, value->number);
	if (store_clean(store, value, &clean, &made))
		return SQLITE_NOMEM;
	result = sqlite3_bind_text64(statement, at, clean.text, clean.bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
	free(made);
	return result;
}

/* To SQLite "$7" is a name: names are numbered as they first appear, and the same one twice is one parameter. */
static int bind(struct store *store, sqlite3_stmt *statement, const struct store_value *values, size_t count)
{
	int result = SQLITE_OK;

	for (size_t i = 0; i < count && result == SQLITE_OK; i++)
		result = bind_one(store, statement, (int)i + 1, &values[i]);
	return result;
}

static void take_row(sqlite3_stmt *statement, struct store_value values[COLUMNS_MAX], int columns)
{
	for (int i = 0; i < columns; i++) {
		const int type = sqlite3_column_type(statement, i);
		values[i] = (struct store_value){.kind = type == SQLITE_INTEGER ? STORE_NUMBER : STORE_TEXT,
						 .null = type == SQLITE_NULL};
		values[i].number = sqlite3_column_int64(statement, i);
		values[i].text = (const char *)sqlite3_column_text(statement, i);
		values[i].bytes = (size_t)sqlite3_column_bytes(statement, i);
	}
}

static int step_all(sqlite3_stmt *statement, store_row *row, void *context, int *code)
{
	struct store_value values[COLUMNS_MAX];
	const int columns = sqlite3_column_count(statement) < COLUMNS_MAX ? sqlite3_column_count(statement) : COLUMNS_MAX;
	int result = 0;

	*code = SQLITE_OK;
	while (!result && (*code = sqlite3_step(statement)) == SQLITE_ROW) {
		take_row(statement, values, columns);
		result = row ? row(context, values, (size_t)columns) : 0;
	}
	if (*code == SQLITE_ROW || *code == SQLITE_DONE)
		*code = SQLITE_OK;
	return result;
}

static int run_sqlite(struct store *store, const char *sql, const struct store_value *values, size_t count, store_row *row,
		      void *context, struct store_error *error)
{
	sqlite3 *connection = store->connection;
	sqlite3_stmt *statement = NULL;
	int result = 0, code = sqlite3_prepare_v2(connection, sql, -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = bind(store, statement, values, count);
	if (code == SQLITE_OK)
		result = step_all(statement, row, context, &code);
	if (code != SQLITE_OK)
		result = fail(store, code, error);
	else if (!row && !sqlite3_stmt_readonly(statement))
		result = sqlite3_changes(connection);
	sqlite3_finalize(statement);
	return result;
}

const struct store_driver store_sqlite = {
	.open = open_sqlite,
	.close = close_sqlite,
	.run = run_sqlite,
	.begin = "BEGIN IMMEDIATE",
	.find_table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1",
	.lock_schema = "SELECT 1",
};
