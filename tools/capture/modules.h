/*
 * modules.h - the modules of the target, read from its memory: right also where a file was deleted or replaced.
 */
#ifndef TTLOG_CAPTURE_MODULES_H
#define TTLOG_CAPTURE_MODULES_H

#include "memory.h"
#include "snapshot.h"
#include "symbols.h"

#include <sys/types.h>

/* Fills snapshot->modules from the text of /proc/pid/maps and from memory: extents, build-ids, what became of the files. */
int modules_read(struct snapshot *snapshot, struct memory *memory, const char *maps, size_t bytes);

/* Hands the symbols what the files of deleted and replaced modules held, so that nobody looks at their paths. The target still lives. */
void modules_offer_lost(const struct snapshot *snapshot, pid_t pid, struct memory *memory, struct symbols *symbols);

#endif
