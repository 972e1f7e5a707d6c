/*
 * ttlog db prune, and the same behind an add.
 */
#include "prune.h"

#include "database.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY_NS (UINT64_C(86400) * 1000000000)

static int remove_older(struct store *store, uint64_t before, struct store_error *error)
{
	const struct store_value limit = store_number((int64_t)before);
	int removed, result = store_begin(store, error);

	if (result)
		return result;
	removed = store_run(store, "DELETE FROM ttlog_crashes WHERE died_at < $1", &limit, 1, NULL, NULL, error);
	result = removed < 0 ? removed
			     : store_run(store, "DELETE FROM ttlog_builds WHERE named_at < $1", &limit, 1, NULL, NULL, error);
	if (result < 0) {
		store_rollback(store);
		return result;
	}
	result = store_commit(store, error);
	return result ? result : removed;
}

int prune(struct store *store, const struct request *request)
{
	const uint64_t age = request->keep_days * DAY_NS;
	struct store_error error;
	const int removed = remove_older(store, age < request->now ? request->now - age : 0, &error);

	if (removed < 0)
		return database_error(store, removed, &error);
	printf("%d removed from %s\n", removed, store_name(store));
	return COMMAND_DONE;
}

static int run_prune(const struct request *request)
{
	struct store *store;
	int status;

	if (!request->has_keep_days)
		return command_error(&command_db, COMMAND_USAGE, "prune: --keep-days N is missing");
	status = database_open(request, STORE_READ, &store);
	if (status)
		return status;
	status = prune(store, request);
	store_close(store);
	return status;
}

const struct verb verb_prune = {.name = "prune", .run = run_prune, .options = REQUEST_BIT(DB_KEEP_DAYS)};
