/*
 * batch.h - rows on their way into the database: some hundreds in one transaction, which is stored as a whole or not at all.
 *
 * Rows go in sorted by their key, so that processes that add the same ones at once wait for each other, and never both. Single-threaded.
 */
#ifndef TTLOG_DB_BATCH_H
#define TTLOG_DB_BATCH_H

#include "crash.h"

#define BATCH_ROWS 256u

struct batch {
	struct store *store;
	struct crash rows[BATCH_ROWS];
	size_t count;
	size_t added, known; /* by all that were stored */
};

/* Takes the row over. What store_run() returns on failure; then batch->rows are not stored, and nothing more can be. */
int batch_put(struct batch *batch, const struct crash *crash, struct store_error *error);
int batch_flush(struct batch *batch, struct store_error *error);
void batch_fini(struct batch *batch);

#endif
