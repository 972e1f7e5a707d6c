/*
 * prune.h - what is older than some days leaves the index. The snapshots are not its own: they stay. Single-threaded.
 */
#ifndef TTLOG_DB_PRUNE_H
#define TTLOG_DB_PRUNE_H

#include "request.h"
#include "store.h"

/* By --keep-days; prints how many went. The exit status, after an error was printed. */
int prune(struct store *store, const struct request *request);

#endif
