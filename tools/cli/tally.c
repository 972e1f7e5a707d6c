#include "tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 256u

static void *need(void *memory)
{
	if (!memory) {
		fprintf(stderr, "ttlog: out of memory\n");
		exit(2);
	}
	return memory;
}

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t hash_of(const char *key, size_t bytes)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < bytes; i++)
		hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3u;
	return hash ^ hash >> 32;
}

static uint32_t *find(const struct tally *tally, uint64_t hash, const char *key, size_t bytes)
{
	size_t slot = hash & (tally->slot_count - 1);

	for (; tally->slots[slot]; slot = (slot + 1) & (tally->slot_count - 1)) {
		const struct tally_entry *entry = &tally->entries[tally->slots[slot] - 1];
		if (entry->hash == hash && entry->key_bytes == bytes && !memcmp(entry->key, key, bytes))
			break;
	}
	return &tally->slots[slot];
}

/* Half of the slots stay free. */
static void grow(struct tally *tally)
{
	if (tally->count == tally->room) {
		tally->room = tally->room ? tally->room * 2 : SLOTS_FIRST / 2;
		tally->entries = need(reallocarray(tally->entries, tally->room, sizeof(*tally->entries)));
	}
	if (2 * (tally->count + 1) <= tally->slot_count)
		return;
	free(tally->slots);
	tally->slot_count = tally->slot_count ? tally->slot_count * 2 : SLOTS_FIRST;
	tally->slots = need(calloc(tally->slot_count, sizeof(*tally->slots)));
	for (size_t i = 0; i < tally->count; i++) {
		const struct tally_entry *entry = &tally->entries[i];
		*find(tally, entry->hash, entry->key, entry->key_bytes) = (uint32_t)i + 1;
	}
}

struct tally_entry *tally_add(struct tally *tally, const char *key, size_t bytes)
{
	const uint64_t hash = hash_of(key, bytes);
	struct tally_entry *entry;
	uint32_t *slot;

	grow(tally);
	slot = find(tally, hash, key, bytes);
	if (!*slot) {
		entry = &tally->entries[tally->count];
		*entry = (struct tally_entry){.key = need(malloc(bytes + 1)), .key_bytes = bytes, .hash = hash};
		memcpy(entry->key, key, bytes);
		entry->key[bytes] = '\0';
		*slot = (uint32_t)++tally->count;
	}
	entry = &tally->entries[*slot - 1];
	entry->count++;
	return entry;
}

static int by_count(const void *left, const void *right)
{
	const struct tally_entry *a = left, *b = right;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return strcmp(a->key, b->key);
}

static int by_bytes(const void *left, const void *right)
{
	const struct tally_entry *a = left, *b = right;

	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	return by_count(left, right);
}

void tally_sort(struct tally *tally, int bytes)
{
	if (tally->count)
		qsort(tally->entries, tally->count, sizeof(*tally->entries), bytes ? by_bytes : by_count);
}

void tally_fini(struct tally *tally)
{
	for (size_t i = 0; i < tally->count; i++)
		free(tally->entries[i].key);
	free(tally->entries);
	free(tally->slots);
	memset(tally, 0, sizeof(*tally));
}
