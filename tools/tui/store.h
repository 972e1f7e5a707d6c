/*
 * store.h - all events of one snapshot in memory, to be looked at in any order.
 *
 * A million events take some 200 MB. Begin with all zero. No memory ends the tool, as in arena.h. Single-threaded.
 */
#ifndef TTLOG_TUI_STORE_H
#define TTLOG_TUI_STORE_H

#include "snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_INTERNED 1024u
#define STORE_MAX      UINT32_MAX /* events: panes keep their places in 32 bits */

struct stored {
	struct snapshot_event event; /* its strings are the store's */
	uint64_t number;
	bool bookmarked;
};

struct store {
	struct stored *events;
	size_t count, room;
	struct arena arena;
	const char *interned[STORE_INTERNED]; /* names of threads, targets, files: the same again and again */
};

/* False: there are STORE_MAX already. */
bool store_add(struct store *store, const struct snapshot_event *event, uint64_t number);
void store_free(struct store *store);

#endif
