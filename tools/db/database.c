#include "database.h"

#include "tables.h"

#include <errno.h>

int database_error(const struct store *store, int result, const struct store_error *error)
{
	return command_error(&command_db, result == -EINVAL ? COMMAND_USAGE : DB_UNAVAILABLE, "%s: %s", store_name(store),
			     error->text);
}

int database_nothing(const struct store *store)
{
	return command_error(&command_db, COMMAND_NOTHING, "%s: no death there that matches", store_name(store));
}

/* As a reader: who has nothing to read has not failed. */
static int nothing(const struct store *store, const char *what)
{
	return command_error(&command_db, COMMAND_NOTHING, "%s: %s; `ttlog db add` makes it", store_name(store), what);
}

static int check(struct store *store, enum store_use use)
{
	struct store_error error;
	const int result = use == STORE_WRITE ? tables_make(store, &error) : tables_check(store, &error);

	if (result < 0)
		return database_error(store, result, &error);
	return use == STORE_READ && !result ? nothing(store, "no crash index there") : COMMAND_DONE;
}

int database_open(const struct request *request, enum store_use use, struct store **store)
{
	struct store_error error;
	const int result = store_open(store, request->database, use, request->wait_ms, &error);
	int status;

	if (!*store)
		return command_error(&command_db, COMMAND_USAGE, "out of memory");
	if (result == -ENODATA)
		status = nothing(*store, error.text);
	else
		status = result ? database_error(*store, result, &error) : check(*store, use);
	if (status) {
		store_close(*store);
		*store = NULL;
	}
	return status;
}
