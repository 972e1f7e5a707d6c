/*
 * directory.h - the snapshot files of a directory.
 */
#ifndef TTLOG_CLI_DIRECTORY_H
#define TTLOG_CLI_DIRECTORY_H

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

/* 0 or -errno; an empty directory is no error. */
int directory_open(struct directory *directory, const char *path);
void directory_close(struct directory *directory);

#endif
