/*
 * storage.h - directories and names of snapshot files.
 *
 * Single-threaded; 0 or -errno.
 */
#ifndef TTLOG_SNAPSHOT_STORAGE_H
#define TTLOG_SNAPSHOT_STORAGE_H

#include "snapshot.h"

#include <stddef.h>

/* Longest name without directory, room for "-9999" included. NAME_MAX is 255. */
#define STORAGE_NAME_BYTES 240u

/* Makes the directory and those above it that are missing, with mode 0700. */
int storage_make(const char *directory);

/* ttlog-<service>-<pid>-<UTC>-<reason>, without suffix; every byte of it is one of [A-Za-z0-9._-]. */
void storage_name(const struct snapshot *snapshot, char name[STORAGE_NAME_BYTES]);

/* Told each name before a file gets it. */
typedef void storage_trying(void *context, const char *name);

/*
 * Gives the file `temporary` the name <name>.cbor.lz4, or <name>-2.cbor.lz4 and so on where that exists: never overwrites. The
 * name it got is in final. Both are in the directory `fd`; a temporary that begins with '/' is the link of /proc to a file
 * without a name. `trying` may be NULL.
 */
int storage_publish(int fd, const char *temporary, const char *name, char final[STORAGE_NAME_BYTES + 16], storage_trying *trying,
		    void *context);

#endif
