#include "tables.h"

#include "driver.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SQL_BYTES 4096u

static const struct {
	const char *name;
	enum store_kind kind;
	unsigned since;
} columns[] = {
#define CRASH_COLUMN(name, kind, since) [CRASH_##name] = {#name, STORE_##kind, since},
	CRASH_COLUMNS(CRASH_COLUMN)
#undef CRASH_COLUMN
};

/* What a version has beside columns. */
static const struct {
	unsigned since;
	const char *sql;
} statements[] = {
	{1, "CREATE TABLE ttlog_builds (project TEXT NOT NULL, build TEXT NOT NULL, named_at BIGINT NOT NULL, PRIMARY KEY "
	    "(project, build))"},
	{1, "CREATE INDEX ttlog_crashes_group ON ttlog_crashes (fingerprint, build)"},
	{1, "CREATE INDEX ttlog_crashes_time ON ttlog_crashes (died_at)"},
};

const char *crash_columns(void)
{
#define CRASH_COLUMN(name, kind, since) ", " #name
	return &(CRASH_COLUMNS(CRASH_COLUMN))[2];
#undef CRASH_COLUMN
}

const char *crash_column_name(enum crash_column column)
{
	return columns[column].name;
}

enum store_kind crash_column_kind(enum crash_column column)
{
	return columns[column].kind;
}

/* Versions ------------------------------------------------------------------------------------------------------------------------- */

static int take_version(void *context, const struct store_value *values, size_t count)
{
	*(int64_t *)context = count ? values[0].number : 0;
	return 0;
}

/* 0: no tables. */
static int read_version(struct store *store, int64_t *version, struct store_error *error)
{
	/* First: both come into being in one transaction, so of tables that are seen here the version is seen below. */
	const int crashes = store_has_table(store, "ttlog_crashes", error);
	int result = crashes < 0 ? crashes : store_has_table(store, "ttlog_schema", error);

	*version = 0;
	if (result > 0)
		result = store_run(store, "SELECT version FROM ttlog_schema WHERE name = 'crashes'", NULL, 0, take_version, version,
				   error);
	if (result >= 0 && crashes > 0 && !*version)
		return store_fail(error, -EPROTO, "has a table ttlog_crashes that is not ours (ttlog_schema does not know it)");
	return result;
}

static int check_version(int64_t version, struct store_error *error)
{
	if (version >= 0 && version <= TABLES_VERSION)
		return 0;
	return store_fail(error, -EPROTO, "has tables of version %" PRId64 "; this ttlog knows %u and earlier: use the later one",
			  version, TABLES_VERSION);
}

int tables_check(struct store *store, struct store_error *error)
{
	int64_t version;
	int result = read_version(store, &version, error);

	if (result >= 0)
		result = check_version(version, error);
	if (result || version == TABLES_VERSION || !version)
		return result ? result : version != 0;
	result = tables_make(store, error);
	return result ? result : 1;
}

/* Steps ---------------------------------------------------------------------------------------------------------------------------- */

static const char *type_of(enum store_kind kind)
{
	return kind == STORE_NUMBER ? "BIGINT" : "TEXT";
}

static int run(struct store *store, const char *sql, struct store_error *error)
{
	const int result = store_run(store, sql, NULL, 0, NULL, NULL, error);

	return result < 0 ? result : 0;
}

static int make_crashes(struct store *store, struct store_error *error)
{
	char sql[SQL_BYTES];
	size_t used = (size_t)snprintf(sql, sizeof(sql), "CREATE TABLE ttlog_crashes (");

	for (unsigned i = 0; i < CRASH_COLUMN_COUNT; i++) {
		if (columns[i].since == 1)
			used += (size_t)snprintf(sql + used, sizeof(sql) - used, "%s%s %s%s", i ? ", " : "", columns[i].name,
						 type_of(columns[i].kind), i == CRASH_id ? " NOT NULL PRIMARY KEY" : "");
	}
	snprintf(sql + used, sizeof(sql) - used, ")");
	return run(store, sql, error);
}

static int add_columns(struct store *store, unsigned version, struct store_error *error)
{
	int result = 0;

	for (unsigned i = 0; i < CRASH_COLUMN_COUNT && !result; i++) {
		char sql[256];
		if (columns[i].since != version)
			continue;
		snprintf(sql, sizeof(sql), "ALTER TABLE ttlog_crashes ADD COLUMN %s %s", columns[i].name, type_of(columns[i].kind));
		result = run(store, sql, error);
	}
	return result;
}

static int step(struct store *store, unsigned version, struct store_error *error)
{
	int result = version == 1 ? make_crashes(store, error) : add_columns(store, version, error);

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]) && !result; i++) {
		if (statements[i].since == version)
			result = run(store, statements[i].sql, error);
	}
	return result;
}

static int note_version(struct store *store, struct store_error *error)
{
	const struct store_value version = store_number(TABLES_VERSION);
	int result = run(store, "CREATE TABLE IF NOT EXISTS ttlog_schema (name TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)",
			 error);

	if (!result)
		result = store_run(store,
				   "INSERT INTO ttlog_schema (name, version) VALUES ('crashes', $1) "
				   "ON CONFLICT (name) DO UPDATE SET version = excluded.version",
				   &version, 1, NULL, NULL, error);
	return result < 0 ? result : 0;
}

/* Read again under the lock: another may have been here first. */
static int make_locked(struct store *store, struct store_error *error)
{
	int64_t version = 0;
	int result = store_lock_schema(store, error);

	if (!result)
		result = read_version(store, &version, error);
	if (result >= 0)
		result = check_version(version, error);
	if (result || version == TABLES_VERSION)
		return result;
	for (unsigned next = (unsigned)version + 1; next <= TABLES_VERSION && !result; next++)
		result = step(store, next, error);
	return result ? result : note_version(store, error);
}

int tables_make(struct store *store, struct store_error *error)
{
	int64_t version;
	int result = read_version(store, &version, error);

	if (result < 0 || version == TABLES_VERSION)
		return result < 0 ? result : 0;
	result = store_begin(store, error);
	if (result)
		return result;
	result = make_locked(store, error);
	if (!result)
		return store_commit(store, error);
	store_rollback(store);
	return result;
}
