/*
 * directory.h - the snapshot files of a directory.
 */
#ifndef TTLOG_CLI_DIRECTORY_H
#define TTLOG_CLI_DIRECTORY_H

#include "command.h"

#include <stddef.h>
#include <stdint.h>

#define DIRECTORY_DEFAULT "./tmp" /* where snapshots go, and are sought, unless one is named */

struct directory_entry {
	char *path;
	uint64_t modified; /* ns since 1970-01-01 UTC */
	uint64_t bytes;
};

struct directory {
	struct directory_entry *entries; /* newest first */
	size_t count, room;
};

/*
 * Where the snapshots are of what the user named: `name`, where it is a directory; the place where it was unpacked, where it is a bundle.
 * NULL: it is neither; or it is a bundle that cannot be unpacked, which was printed, and *status says so.
 */
const char *directory_find(const struct command *command, const char *name, int *status);

/* The file that "BUNDLE:NAME" stands for, after BUNDLE was unpacked; to be freed. NULL: as above. */
char *directory_find_member(const struct command *command, const char *name, int *status);

/* 0 or -errno; an empty directory is no error. */
int directory_open(struct directory *directory, const char *path);
void directory_close(struct directory *directory);

#endif
