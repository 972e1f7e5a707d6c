/*
 * ttlog db query: the deaths, newest first.
 */
#include "database.h"
#include "stream.h"
#include "table.h"
#include "tables.h"
#include "where.h"

#include <inttypes.h>
#include <stdio.h>

#define SHORT_GROUP 14 /* characters of a fingerprint that are shown */

struct query {
	struct table table;
	enum db_format format;
	size_t rows;
};

static const struct table_column columns[] = {
	{"TIME (UTC)", 16, false},     {"SERVICE", 16, false}, {"REASON", 8, false},   {"BUILD", 12, false},
	{"GROUP", SHORT_GROUP, false}, {"TITLE", 48, false},   {"SNAPSHOT", 0, false},
};

static const char *shown(const struct store_value *value)
{
	return value->null ? NULL : value->text;
}

static int print_text(void *context, const struct store_value *values, size_t count)
{
	struct query *query = context;
	struct table *table = &query->table;

	(void)count;
	if (!query->rows++)
		table_begin(table, query->format, columns, sizeof(columns) / sizeof(columns[0]));
	table_time(table, values[CRASH_died_at].number);
	table_text(table, shown(&values[CRASH_service]));
	table_text(table, shown(&values[CRASH_reason]));
	table_text(table, shown(&values[CRASH_build]));
	table_format(table, "%.*s", SHORT_GROUP, values[CRASH_fingerprint].null ? "-" : values[CRASH_fingerprint].text);
	table_text(table, shown(&values[CRASH_title]));
	table_text(table, shown(&values[CRASH_snapshot]));
	return 0;
}

/* One object, with the names of the columns; what is not known is left out. */
static int print_json(void *context, const struct store_value *values, size_t count)
{
	struct query *query = context;
	const char *comma = "";

	query->rows++;
	putchar('{');
	for (size_t i = 0; i < count; i++) {
		if (values[i].null)
			continue;
		printf("%s\"%s\": ", comma, crash_column_name((enum crash_column)i));
		if (values[i].kind == STORE_NUMBER)
			printf("%" PRId64, values[i].number);
		else
			snapshot_print_json_text(stdout, values[i].text, values[i].bytes);
		comma = ", ";
	}
	fputs("}\n", stdout);
	return 0;
}

static int run_query(const struct request *request)
{
	struct query query = {.format = request->format};
	struct where where;
	struct store_error error;
	struct store *store;
	char sql[2048], limit[32] = "";
	int result, status = database_open(request, STORE_READ, &store);

	if (status)
		return status;
	where_init(&where, request);
	if (request->limit)
		snprintf(limit, sizeof(limit), " LIMIT %zu", request->limit);
	snprintf(sql, sizeof(sql), "SELECT %s FROM ttlog_crashes%s ORDER BY died_at DESC, id%s", crash_columns(), where.sql, limit);
	result = store_run(store, sql, where.values, where.count, request->format == FORMAT_JSON ? print_json : print_text, &query,
			   &error);
	if (result < 0)
		status = database_error(store, result, &error);
	else if (!query.rows)
		status = database_nothing(store);
	store_close(store);
	return status;
}

const struct verb verb_query = {.name = "query", .run = run_query, .options = REQUEST_WHICH};
