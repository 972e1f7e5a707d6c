/*
 * where.h - the filters of a request as a condition of SQL, whose values are parameters. Single-threaded.
 */
#ifndef TTLOG_DB_WHERE_H
#define TTLOG_DB_WHERE_H

#include "request.h"
#include "store.h"

#define WHERE_VALUES_MAX  8u
#define WHERE_GROUP_BYTES 80u

struct where {
	char sql[512]; /* " WHERE ...", or empty */
	struct store_value values[WHERE_VALUES_MAX];
	size_t count;
	char group[WHERE_GROUP_BYTES]; /* as fingerprints begin */
};

/* Its values point into the request and into itself. */
void where_init(struct where *where, const struct request *request);

#endif
