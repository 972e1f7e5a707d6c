/*
 * crash.h - the row of a death: made of a snapshot file by one process, stored by another.
 *
 * A reader may die of the file it reads, so the row crosses a pipe between the two. Single-threaded; 0 or -errno.
 */
#ifndef TTLOG_DB_CRASH_H
#define TTLOG_DB_CRASH_H

#include "snapshot.h"
#include "symbols.h"
#include "tables.h"

#include <stdio.h>

struct crash {
	struct store_value values[CRASH_COLUMN_COUNT]; /* texts belong to `memory` */
	char *memory;
};

/*
 * Reads the snapshot `path` and prints its row; names and lines that it lacks come from `symbols`. Not told are project, build and added_at,
 * which are the request's. 0; CRASH_ALIVE: of a process that had come to no bad end, nothing was printed; or -errno with the error.
 */
enum { CRASH_ALIVE = 1 };
int crash_print(FILE *out, const char *path, bool also_alive, struct symbols *symbols, struct snapshot_error *error);

/* What was printed. -EBADMSG: it was not that. */
int crash_parse(struct crash *crash, const char *data, size_t bytes);
void crash_fini(struct crash *crash);

#endif
