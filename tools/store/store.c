#include "driver.h"

#include "utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_url(const char *target)
{
	return !strncmp(target, "postgresql://", 13) || !strncmp(target, "postgres://", 11);
}

int store_open(struct store **store, const char *target, enum store_use use, unsigned wait_ms, struct store_error *error)
{
	struct store *opened = *store = calloc(1, sizeof(*opened));

	if (!opened)
		return store_fail(error, -ENOMEM, "out of memory");
	opened->driver = is_url(target) ? &store_postgresql : &store_sqlite;
	opened->wait_ms = wait_ms;
	if (!is_url(target) && strstr(target, "://")) {
		/* Whatever else a URL says may be a secret. */
		snprintf(opened->name, sizeof(opened->name), "%.*s://", (int)strcspn(target, ":"), target);
		return store_fail(error, -EINVAL, "no such kind of database: a file, or postgresql://HOST/NAME");
	}
	return opened->driver->open(opened, target, use, error);
}

void store_close(struct store *store)
{
	if (store && store->connection)
		store->driver->close(store);
	free(store);
}

const char *store_name(const struct store *store)
{
	return store->name;
}

int store_run(struct store *store, const char *sql, const struct store_value *values, size_t count, store_row *row, void *context,
	      struct store_error *error)
{
	return store->driver->run(store, sql, values, count, row, context, error);
}

static int run_plain(struct store *store, const char *sql, struct store_error *error)
{
	const int result = store_run(store, sql, NULL, 0, NULL, NULL, error);

	return result < 0 ? result : 0;
}

int store_begin(struct store *store, struct store_error *error)
{
	return run_plain(store, store->driver->begin, error);
}

int store_commit(struct store *store, struct store_error *error)
{
	return run_plain(store, "COMMIT", error);
}

/* Where this fails, too, the connection is gone, and the transaction with it. */
void store_rollback(struct store *store)
{
	struct store_error error;

	run_plain(store, "ROLLBACK", &error);
}

static int found(void *context, const struct store_value *values, size_t count)
{
	(void)context;
	(void)values;
	return count ? 1 : 0;
}

int store_has_table(struct store *store, const char *name, struct store_error *error)
{
	const struct store_value value = store_text(name, strlen(name));

	return store_run(store, store->driver->find_table, &value, 1, found, NULL, error);
}

int store_lock_schema(struct store *store, struct store_error *error)
{
	const int result = store_run(store, store->driver->lock_schema, NULL, 0, found, NULL, error);

	return result < 0 ? result : 0;
}

int store_fail(struct store_error *error, int result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	error->text[strcspn(error->text, "\n")] = '\0';
	return result;
}

/* Values --------------------------------------------------------------------------------------------------------------------------- */

static size_t storable(const struct store *store, const char *text, size_t bytes)
{
	if (!*text || (store->ascii && *text & 0x80))
		return 0;
	return utf8_character(text, bytes);
}

static bool is_storable(const struct store *store, const char *text, size_t bytes)
{
	size_t length = 1;

	for (; bytes && length; text += length, bytes -= length)
		length = storable(store, text, bytes);
	return length != 0;
}

int store_clean(const struct store *store, const struct store_value *value, struct store_value *clean, char **made)
{
	const char *instead = store->ascii ? "?" : "\xef\xbf\xbd";
	char *out;

	*clean = *value;
	*made = NULL;
	if (value->kind != STORE_TEXT || value->null || is_storable(store, value->text, value->bytes))
		return 0;
	out = *made = malloc(3 * value->bytes);
	if (!out)
		return -ENOMEM;
	for (size_t at = 0; at < value->bytes;) {
		const size_t length = storable(store, value->text + at, value->bytes - at);
		/* Of a character that the encoding lacks all goes. */
		const size_t all = utf8_character(value->text + at, value->bytes - at);
		out = mempcpy(out, length ? value->text + at : instead, length ? length : strlen(instead));
		at += all ? all : 1;
	}
	clean->text = *made;
	clean->bytes = (size_t)(out - *made);
	return 0;
}
