/*
 * place.h - what is known of code addresses: each is looked up once, for libdwfl walks the whole symbol table each time, and a hundred
 * threads wait in the same few functions. Single-threaded.
 */
#ifndef TTLOG_SYMBOLS_PLACE_H
#define TTLOG_SYMBOLS_PLACE_H

#include "symbols.h"

#include <stdint.h>

#define PLACE_SLOTS 4096u

struct place {
	struct place *next; /* in its slot */
	const void *module; /* whose it is */
	uint64_t offset;
	enum symbols_want want;
	struct symbol symbol; /* strings are somebody else's, who outlives the table; `inlined` is its own */
};

struct places {
	struct place *slots[PLACE_SLOTS];
	size_t count;
};

void places_fini(struct places *places);

/* Place of that offset of which at least `want` is known, or NULL. */
struct place *places_find(const struct places *places, const void *module, uint64_t offset, enum symbols_want want);

/* A new one, its symbol all zero; NULL without memory. */
struct place *places_add(struct places *places, const void *module, uint64_t offset, enum symbols_want want);

#endif
