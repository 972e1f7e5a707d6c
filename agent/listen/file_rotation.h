/*
 * file_rotation.h - PATH becomes PATH.1, PATH.1 becomes PATH.2, and so on; the oldest goes.
 *
 * Several processes may write and rotate one file: who rotates holds flock(2) on it, without waiting, and looks again whether it still
 * has the name. Others see the new file at their next look. No allocation; system calls only.
 */
#ifndef TTLOG_LISTEN_FILE_ROTATION_H
#define TTLOG_LISTEN_FILE_ROTATION_H

#include "syscalls.h"

#include <stdbool.h>
#include <stdint.h>

struct file_rotation {
	const char *path;
	uint64_t bytes; /* 0: not by size */
	uint64_t age_s; /* 0: not by age */
	uint32_t keep;  /* 0: what was written is removed */
};

/* Whether the open file has its name still: nobody has renamed, replaced or removed it. */
bool file_has_name(int fd, const char *path);

/* Seconds since the epoch when it was made; 0: the file system does not know. */
uint64_t file_born_s(int fd);

/*
 * Renames the file, which is open as `fd`. 1: done, by this or another process, and the path is to be opened again; 0: another process is at
 * it; or -errno: it cannot be renamed.
 */
int file_rotate(const struct file_rotation *rotation, int fd);

#endif
