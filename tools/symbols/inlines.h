/*
 * inlines.h - which functions' code the compiler put into another at an address, from DWARF. Single-threaded.
 */
#ifndef TTLOG_SYMBOLS_INLINES_H
#define TTLOG_SYMBOLS_INLINES_H

#include "module.h"
#include "names.h"

#include <stddef.h>

#define INLINES_MAX 32u

/* One call that the compiler expanded in place. Strings live as long as the module and the names. */
struct inline_call {
	const char *function; /* mangled where it has a linkage name, else with its scopes; NULL: it has no name */
	const char *file;     /* where it is called: a place in the function around it; NULL: unknown */
	uint32_t line;
};

/* Innermost first, at most INLINES_MAX; how many. 0 also where there is no debug information. */
size_t inlines_at(struct module *module, uint64_t offset, struct names *names, struct inline_call calls[INLINES_MAX]);

#endif
