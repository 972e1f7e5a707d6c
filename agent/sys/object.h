/*
 * object.h - what the dynamic section of a loaded object says, and the symbols that it defines.
 *
 * dlsym(3) takes the loader's lock, keeps an error for dlerror(3) and costs 1 us; reading the tables that every object has in memory for
 * the loader's sake needs none of this. Pure functions over them: no allocation, no lock, no system call; async-signal-safe.
 */
#ifndef TTLOG_SYS_OBJECT_H
#define TTLOG_SYS_OBJECT_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OBJECT_TABLES = 2 };

struct object {
	ElfW(Addr) base; /* what is added to the addresses that stand in the file */
	const ElfW(Dyn) *dynamic;
	const char *strings;
	const ElfW(Sym) *symbols;
	const ElfW(Versym) *versions;                 /* NULL: its symbols have none */
	const uint32_t *hash, *older_hash;            /* DT_GNU_HASH and DT_HASH; NULL: it has none such */
	const ElfW(Rela) *relocations[OBJECT_TABLES]; /* of data, and of calls */
	size_t counts[OBJECT_TABLES];
};

/* False: it has no symbols. */
bool object_read(struct object *object, ElfW(Addr) base, const ElfW(Dyn) *dynamic) __attribute__((visibility("hidden")));

/*
 * The definition of `name` that dlsym(3) would take from this object: of several versions the default. NULL: there is none, or, where
 * *unsure becomes true, only the loader can tell, because a function of the object has to choose (STT_GNU_IFUNC).
 */
void *object_find(const struct object *object, const char *name, bool *unsure) __attribute__((visibility("hidden")));

/* The same where there is no loader to ask: slower, and a function that chooses is called. */
void *object_find_alone(const struct object *object, const char *name) __attribute__((visibility("hidden")));

#endif
