/*
 * address.h - what is known of code addresses: each is looked up once, for libdwfl walks the whole symbol table each time, and a hundred
 * threads wait in the same few functions. Single-threaded.
 */
#ifndef TTLOG_SYMBOLS_ADDRESS_H
#define TTLOG_SYMBOLS_ADDRESS_H

#include "symbols.h"

#include <stdint.h>

#define ADDRESS_SLOTS 4096u

struct address {
	struct address *next; /* in its slot */
	const void *module;   /* whose it is */
	uint64_t offset;
	enum symbols_want want;
	struct symbol symbol; /* strings are somebody else's, who outlives the table; `inlined` is its own */
};

struct addresses {
	struct address *slots[ADDRESS_SLOTS];
	size_t count;
};

void addresses_fini(struct addresses *addresses);

/* The one of that offset of which at least `want` is known, or NULL. */
struct address *addresses_find(const struct addresses *addresses, const void *module, uint64_t offset, enum symbols_want want);

/* A new one, its symbol all zero. */
struct address *addresses_add(struct addresses *addresses, const void *module, uint64_t offset, enum symbols_want want);

#endif
