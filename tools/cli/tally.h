/*
 * tally.h - how often each of many strings came: a table that is counted up and then sorted.
 *
 * Begin with all zero. No memory ends the tool, as in arena.h. Single-threaded.
 */
#ifndef TTLOG_CLI_TALLY_H
#define TTLOG_CLI_TALLY_H

#include <stddef.h>
#include <stdint.h>

struct tally_entry {
	char *key; /* NUL-terminated for convenience */
	size_t key_bytes;
	uint64_t hash;
	uint64_t count, bytes; /* bytes: the caller's to add to */
	unsigned level;        /* so is this */
};

struct tally {
	struct tally_entry *entries;
	size_t count, room;
	uint32_t *slots; /* hash table of places + 1; sorting ends it */
	size_t slot_count;
};

/* Counts it. The entry is valid until the next call. */
struct tally_entry *tally_add(struct tally *tally, const char *key, size_t bytes);
/* The highest count first, then by key; with `bytes` the most bytes. Nothing may be added afterwards. */
void tally_sort(struct tally *tally, int by_bytes);
void tally_fini(struct tally *tally);

#endif
