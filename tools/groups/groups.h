/*
 * groups.h - deaths counted by fingerprint: what is kept of thousands of snapshots while they go by.
 *
 * Begin with all zero. No memory ends the tool, as in arena.h. Single-threaded.
 */
#ifndef TTLOG_GROUPS_GROUPS_H
#define TTLOG_GROUPS_GROUPS_H

#include "fingerprint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct group {
	struct fingerprint fingerprint; /* of the newest */
	uint32_t id;                    /* stays the same when groups are sorted */
	uint64_t count;
	uint64_t first_ns, last_ns; /* when they died, since 1970-01-01 UTC */
	size_t newest;              /* the caller's number of it */
	bool is_known;              /* in the baseline: the caller's to set */
};

struct groups {
	struct group *list;
	size_t count, room;
	uint32_t *slots; /* hash table of places + 1; sorting ends it */
	size_t slot_count;
	uint64_t deaths;
};

/* Counts a death; `number` is the caller's. The group's id. */
uint32_t groups_add(struct groups *groups, const struct fingerprint *fingerprint, uint64_t died_ns, size_t number);
/* The last one to die first, then by hash. Nothing may be added afterwards. */
void groups_sort(struct groups *groups);
void groups_fini(struct groups *groups);

#endif
