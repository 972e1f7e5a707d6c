/*
 * symbols.h - names for addresses: function from ELF symbols, file and line from DWARF (libdwfl of elfutils).
 *
 * Used by the capture helper (names) and the viewers (names and lines). Single-threaded. A module is opened from its path or,
 * by build-id, from the debug directories; a file whose build-id differs from the one asked for is refused.
 */
#ifndef TTLOG_SYMBOLS_SYMBOLS_H
#define TTLOG_SYMBOLS_SYMBOLS_H

#include "snapshot.h"

struct symbols;

struct symbols_options {
	bool cache; /* look-ups of other days are used, and these kept for later ones (cache.h) */
	bool network; /* the servers of DEBUGINFOD_URLS are asked for what is not here; else that variable is taken out of the environment */
	const char *const *directories; /* NULL-terminated, searched beside /usr/lib/debug; NULL: none */
};

/* `options` NULL: none of it. */
struct symbols *symbols_create(const struct symbols_options *options);
void symbols_destroy(struct symbols *symbols);

/* A function whose code stands inside another's. */
struct symbol_inline {
	const char *function; /* demangled */
	const char *file;     /* place in it */
	uint32_t line;
};

struct symbol {
	const char *function; /* demangled; NULL: no symbol covers the address. Valid until symbols_destroy() */
	uint64_t function_offset;
	const char *file; /* place in that function; NULL: no line information, or not asked for */
	uint32_t line;
	const struct symbol_inline *inlined; /* what was inlined there, innermost first */
	size_t inlined_count;
};

enum symbols_want { SYMBOLS_NAMES, SYMBOLS_NAMES_AND_LINES };

/*
 * `offset` counts from the start of the module's lowest mapping, as snapshot_frame.offset does. For a return address pass
 * offset - 1. 0, -ENOENT: module cannot be opened, -ESTALE: the file there has another build-id.
 */
int symbols_lookup(struct symbols *symbols, const char *module, const char *build_id, uint64_t offset, enum symbols_want want,
		   struct symbol *symbol);

/*
 * What the file of that path and build-id (may be NULL) held when it was loaded: another may stand there now. Takes the
 * descriptor over; -1: it cannot be had. Before the first look-up of the module.
 */
void symbols_offer(struct symbols *symbols, const char *path, const char *build_id, int fd);

/* Names all frames of the snapshot that have a module, and the types of thrown exceptions; strings are copied into its arena. */
void symbols_name_frames(struct symbols *symbols, struct snapshot *snapshot, enum symbols_want want);

/* What became of each module that was asked for, in the order of the first look-up. error as of symbols_lookup(), 0 also where the cache knew all. */
typedef void symbols_visit(void *context, const char *module, const char *build_id, int error, const char *found_build_id);
void symbols_each_module(struct symbols *symbols, symbols_visit *visit, void *context);

/* Build-id of the file on disk as lower-case hex, or NULL; valid until symbols_destroy(). For modules that nobody read in memory.
 */
const char *symbols_build_id(struct symbols *symbols, const char *module);

/*
 * Build-ids for the modules that have none yet, from the files on disk, and says so in the degradations: they tell which build it is,
 * which may have changed since the process mapped it.
 */
void symbols_add_build_ids(struct symbols *symbols, struct snapshot *snapshot);

/*
 * File, line and function of an event that has only its caller's address, from the snapshot's modules. The strings live until
 * symbols_destroy(): a copy for each of a million events would not be bounded.
 */
void symbols_name_event(struct symbols *symbols, const struct snapshot *snapshot, struct snapshot_event *event);

#endif
