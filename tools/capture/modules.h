/*
 * modules.h - the modules of the target with their build-ids, read from its memory: right also where the file was deleted or
 * replaced.
 */
#ifndef TTLOG_CAPTURE_MODULES_H
#define TTLOG_CAPTURE_MODULES_H

#include "snapshot.h"

#include <sys/types.h>

/* Fills snapshot->modules from /proc/pid/maps and the notes in memory. -errno where the map cannot be read. */
int modules_read(struct snapshot *snapshot, pid_t pid);

#endif
