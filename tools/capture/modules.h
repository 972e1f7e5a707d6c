/*
 * modules.h - the modules of the target, read from its memory: right also where a file was deleted or replaced.
 */
#ifndef TTLOG_CAPTURE_MODULES_H
#define TTLOG_CAPTURE_MODULES_H

#include "memory.h"
#include "snapshot.h"
#include "symbols.h"

#include <sys/types.h>

/*
 * The files of modules that were deleted or replaced (snapshot->modules, of snapshot_add_maps()), as far as the kernel still shows them: an open
 * descriptor for each module, or -1. malloc'ed; NULL: no memory.
 */
int *modules_open_lost(const struct snapshot *snapshot, pid_t pid, const struct memory *memory);

/* Completes snapshot->modules from memory: extents, build-ids, what became of the files. */
void modules_read(struct snapshot *snapshot, struct memory *memory);

/*
 * Hands the symbols what the files of deleted and replaced modules held, of `lost` or copied from memory, so that nobody looks at their
 * paths. Takes the descriptors over.
 */
void modules_offer_lost(const struct snapshot *snapshot, const int *lost, struct memory *memory, struct symbols *symbols);

#endif
