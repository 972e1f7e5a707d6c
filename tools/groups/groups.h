/*
 * groups.h - deaths counted by fingerprint: what is kept of thousands of snapshots while they go by.
 *
 * Begin with all zero. No memory ends the tool, as in arena.h. Single-threaded.
 */
#ifndef TTLOG_GROUPS_GROUPS_H
#define TTLOG_GROUPS_GROUPS_H

#include "fingerprint.h"
#include "nearby.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GROUP_BUILDS_MAX 16u

struct group {
	struct fingerprint fingerprint; /* of the newest that has it */
	uint32_t id;                    /* stays the same when groups are sorted */
	uint64_t count;
	uint64_t first_ns, last_ns; /* when they died, since 1970-01-01 UTC */
	size_t newest;              /* the caller's number of it */
	bool is_known;              /* in the baseline: the caller's to set */
	struct nearby nearby;       /* of the first that was added: all of them are of one revision, where it matters */
	uint64_t builds[GROUP_BUILDS_MAX];
	size_t build_count; /* above GROUP_BUILDS_MAX: more than are listed, or one that is not known */
	uint32_t into;      /* its own id; the id of the group that it was folded into */
};

struct groups {
	struct group *list;
	size_t count, room;
	uint32_t *slots; /* hash table of places + 1; sorting ends it */
	size_t slot_count;
	struct group *folded; /* those that are in others now, in list before */
	size_t folded_count;
	uint64_t deaths;
};

/* Counts a death; `number` is the caller's. The group's id. */
uint32_t groups_add(struct groups *groups, const struct fingerprint *fingerprint, const struct nearby *nearby, uint64_t died_ns,
		    size_t number);

/*
 * Makes one of two groups that only an optimiser has parted (nearby.h): of other builds each, and without a second group that it could as
 * well belong to. Nothing may be added afterwards.
 */
void groups_fold(struct groups *groups);
/* The id of the group that the one with this id is in now. */
uint32_t groups_id(const struct groups *groups, uint32_t id);

/* The last one to die first, then by hash. Nothing may be added afterwards. */
void groups_sort(struct groups *groups);
void groups_fini(struct groups *groups);

#endif
