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

/* NULL where libdwfl cannot start. */
struct symbols *symbols_create(void);
void symbols_destroy(struct symbols *symbols);

struct symbol {
	const char *function; /* demangled; NULL: no symbol covers the address. Valid until symbols_destroy() */
	uint64_t function_offset;
	const char *file; /* NULL: no line information, or not asked for */
	uint32_t line;
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

/* Build-id of the file on disk as lower-case hex, or NULL; valid until symbols_destroy(). For modules that nobody read in memory.
 */
const char *symbols_build_id(struct symbols *symbols, const char *module);

/*
 * Build-ids for the modules that have none yet, from the files on disk, and says so in the degradations: they tell which build it is,
 * which may have changed since the process mapped it.
 */
void symbols_add_build_ids(struct symbols *symbols, struct snapshot *snapshot);

/* File, line and function of an event that has only its caller's address, from the snapshot's modules. */
void symbols_name_event(struct symbols *symbols, struct snapshot *snapshot, struct snapshot_event *event);

#endif
