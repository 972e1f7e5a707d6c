#include "driver.h"

#include "postgresql_wait.h"

#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 64

/* Types by their numbers in pg_type, which never change: parameters need not be guessed. */
#define TYPE_INT8 20u
#define TYPE_TEXT 25u

/* Errors --------------------------------------------------------------------------------------------------------------------------- */

/* By SQLSTATE (PostgreSQL, appendix A). */
static int errno_of(const char *state)
{
	static const struct {
		const char *begins;
		int error;
	} states[] = {
		{"3D000", ENOENT}, {"42501", EACCES}, {"28", EACCES}, {"53100", ENOSPC}, {"25006", EROFS},
		{"55P03", EBUSY},  {"40P01", EBUSY},  {"57P", EPIPE}, {"08", EPIPE},     {"42P01", ENOENT},
	};

	for (size_t i = 0; state && i < sizeof(states) / sizeof(states[0]); i++) {
		if (!strncmp(state, states[i].begins, strlen(states[i].begins)))
			return states[i].error;
	}
	return EIO;
}

static int fail_silent(const struct store *store, struct store_error *error)
{
	return store_fail(error, -ETIMEDOUT, "no answer for %g s", store->wait_ms / 1000.0);
}

/* The server's own words are better than the number of an error. */
static int fail(const struct store *store, int cause, const PGresult *result, struct store_error *error)
{
	const char *words = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

	if (cause == ETIMEDOUT)
		return fail_silent(store, error);
	if (words && *words)
		return store_fail(error, -errno_of(state), "%s", words);
	words = PQerrorMessage(store->connection);
	return store_fail(error, -cause, "%s", *words ? words : strerror(cause));
}

/* Connection ----------------------------------------------------------------------------------------------------------------------- */

static const char *part(const PQconninfoOption *options, const char *name)
{
	for (; options && options->keyword; options++) {
		if (!strcmp(options->keyword, name))
			return options->val && *options->val ? options->val : NULL;
	}
	return NULL;
}

/* Without what is nobody's business in a log of a build. */
static int name_it(struct store *store, const char *target, struct store_error *error)
{
	char *complaint = NULL;
	PQconninfoOption *options = PQconninfoParse(target, &complaint);
	const char *host = part(options, "host"), *port = part(options, "port"), *name = part(options, "dbname");

	snprintf(store->name, sizeof(store->name), "postgresql://%s%s%s%s%s", host ? host : "", port ? ":" : "", port ? port : "",
		 name ? "/" : "", name ? name : "");
	/* The complaint may repeat all of the URL, with its password. */
	PQfreemem(complaint);
	PQconninfoFree(options);
	return options ? 0 : store_fail(error, -EINVAL, "not a URL of PostgreSQL: postgresql://USER@HOST:PORT/NAME?PARAMETERS");
}

/* libpq's own words are of several lines: "connection to server at ... failed: FATAL: ...". */
static int refused(const struct store *store, int cause, struct store_error *error)
{
	const char *words = PQerrorMessage(store->connection), *fatal = strstr(words, "FATAL:  ");

	if (cause == ETIMEDOUT)
		return fail_silent(store, error);
	if (fatal && strstr(fatal, "does not exist") && strstr(fatal, "database"))
		cause = ENOENT;
	return store_fail(error, -cause, "%s", fatal ? fatal + 8 : *words ? words : strerror(cause));
}

static int open_postgresql(struct store *store, const char *target, enum store_use use, struct store_error *error)
{
	static const char *const names[] = {"dbname", "fallback_application_name", "client_encoding", NULL};
	const char *const values[] = {target, "ttlog db", "UTF8", NULL};
	PGconn *connection;
	const char *encoding;
	int result = name_it(store, target, error);

	(void)use;
	if (result)
		return result;
	store->connection = connection = PQconnectStartParams(names, values, 1);
	if (!connection)
		return store_fail(error, -ENOMEM, "out of memory");
	result = postgresql_connect(connection, store->wait_ms);
	if (result)
		return refused(store, result, error);
	encoding = PQparameterStatus(connection, "server_encoding");
	store->ascii = encoding && strcmp(encoding, "UTF8") != 0 && strcmp(encoding, "SQL_ASCII") != 0;
	return store_run(store, "SET client_min_messages = error", NULL, 0, NULL, NULL, error) < 0 ? -EIO : 0;
}

static void close_postgresql(struct store *store)
{
	PQfinish(store->connection);
}

/* Statements ----------------------------------------------------------------------------------------------------------------------- */

/* Parameters as libpq takes them: text, NUL-terminated. */
struct parameters {
	Oid *types;
	const char **texts;
	char **made; /* what is to be freed */
	size_t count;
};

static int parameters_init(struct parameters *parameters, size_t count)
{
	parameters->types = calloc(count + 1, sizeof(*parameters->types));
	parameters->texts = calloc(count + 1, sizeof(*parameters->texts));
	parameters->made = calloc(count + 1, sizeof(*parameters->made));
	parameters->count = count;
	return parameters->types && parameters->texts && parameters->made ? 0 : -ENOMEM;
}

static void parameters_fini(struct parameters *parameters)
{
	for (size_t i = 0; parameters->made && i < parameters->count; i++)
		free(parameters->made[i]);
	free(parameters->types);
	free(parameters->texts);
	free(parameters->made);
}

static int parameter_text(const struct store *store, const struct store_value *value, char **text)
{
	struct store_value clean;
	char *made;

	*text = NULL;
	if (value->null)
		return 0;
	if (value->kind == STORE_NUMBER)
		return asprintf(text, "%" PRId64, value->number) < 0 ? -ENOMEM : 0;
	if (store_clean(store, value, &clean, &made))
		return -ENOMEM;
	*text = strndup(clean.text, clean.bytes);
	free(made);
	return *text ? 0 : -ENOMEM;
}

static int fill(const struct store *store, struct parameters *parameters, const struct store_value *values)
{
	int result = 0;

	for (size_t i = 0; i < parameters->count && !result; i++) {
		parameters->types[i] = values[i].kind == STORE_NUMBER ? TYPE_INT8 : TYPE_TEXT;
		result = parameter_text(store, &values[i], &parameters->made[i]);
		parameters->texts[i] = parameters->made[i];
	}
	return result;
}

static void take_row(const PGresult *result, int row, struct store_value values[COLUMNS_MAX], int columns)
{
	for (int i = 0; i < columns; i++) {
		values[i] = store_text(PQgetvalue(result, row, i), (size_t)PQgetlength(result, row, i));
		values[i].null = PQgetisnull(result, row, i);
		if (PQftype(result, i) != TYPE_TEXT && values[i].text) {
			values[i].kind = STORE_NUMBER;
			values[i].number = strtoll(values[i].text, NULL, 10);
		}
	}
}

static int take_rows(const PGresult *result, store_row *row, void *context)
{
	const int columns = PQnfields(result) < COLUMNS_MAX ? PQnfields(result) : COLUMNS_MAX;
	struct store_value values[COLUMNS_MAX];
	int answer = 0;

	for (int i = 0; i < PQntuples(result) && !answer; i++) {
		take_row(result, i, values, columns);
		answer = row(context, values, (size_t)columns);
	}
	return answer;
}

static int ask(const struct store *store, const char *sql, const struct parameters *parameters, store_row *row, void *context,
	       struct store_error *error)
{
	PGresult *last = NULL;
	int result = PQsendQueryParams(store->connection, sql, (int)parameters->count, parameters->types, parameters->texts, NULL,
				       NULL, 0)
			     ? postgresql_results(store->connection, PGRES_TUPLES_OK, store->wait_ms, &last)
			     : EPIPE;

	if (result)
		result = fail(store, result, last, error);
	else
		result = row && last ? take_rows(last, row, context) : last ? atoi(PQcmdTuples(last)) : 0;
	PQclear(last);
	if (result < 0 && result != -ETIMEDOUT && PQstatus(store->connection) == CONNECTION_OK) {
		/* What failed has more results to give before the next statement can begin. */
		postgresql_results(store->connection, PGRES_TUPLES_OK, store->wait_ms, &last);
		PQclear(last);
	}
	return result;
}

static int run_postgresql(struct store *store, const char *sql, const struct store_value *values, size_t count, store_row *row,
			  void *context, struct store_error *error)
{
	struct parameters parameters;
	int result = parameters_init(&parameters, count);

	if (!result)
		result = fill(store, &parameters, values);
	if (!result)
		result = ask(store, sql, &parameters, row, context, error);
	else
		store_fail(error, result, "out of memory");
	parameters_fini(&parameters);
	return result;
}

/* The number is "ttlog" in ASCII: nobody else's locks. */
const struct store_driver store_postgresql = {
	.open = open_postgresql,
	.close = close_postgresql,
	.run = run_postgresql,
	.begin = "BEGIN",
	/* By a query: what to_regclass() knows may be older than the lock that was waited for. */
	.find_table = "SELECT 1 FROM pg_catalog.pg_class WHERE relname = $1 AND pg_catalog.pg_table_is_visible(oid)",
	.lock_schema = "SELECT pg_advisory_xact_lock(500068119399)",
};
