/* In the place of postgresql.c, where libpq is not there to build with. */
#include "driver.h"

#include <errno.h>
#include <stdio.h>

static int open_nothing(struct store *store, const char *target, enum store_use use, struct store_error *error)
{
	(void)target;
	(void)use;
	snprintf(store->name, sizeof(store->name), "postgresql://");
	return store_fail(error, -EINVAL, "this ttlog was built without libpq, so without PostgreSQL");
}

const struct store_driver store_postgresql = {.open = open_nothing};
