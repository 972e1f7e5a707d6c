/*
 * recorder_load.h - a recorder file, of a living or a dead process, copied into memory of our own.
 *
 * A copy and not a mapping: the file belongs to somebody who may cut it off under us, and a mapping would answer with SIGBUS.
 * Holes are not read (most lanes of a recorder were never used). While its process lives the lanes are copied so that a unit
 * which was written meanwhile reads as never written: recorder_view then skips it (G3).
 */
#ifndef TTLOG_SNAPSHOT_RECORDER_LOAD_H
#define TTLOG_SNAPSHOT_RECORDER_LOAD_H

#include "reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct recorder_copy {
	void *data;
	size_t bytes;
	struct recorder_view view; /* into data */
};

/* True for a file that begins with the magic; false also where it cannot be opened. */
bool recorder_is_file(const char *path);

/* True for a file whose process was killed, or is at work, while it made it: the magic is written last. It holds nothing. */
bool recorder_is_half_made(const char *path);

/* True for a file that may be one of the `ttlog run` of that id: a look at two places of it, where recorder_load() reads it all. */
bool recorder_may_be_of_run(const char *path, const char *run_id);

/* 0; -errno or -EBADMSG with *why, a static string (NULL: strerror says it). A symbolic link is -ELOOP. */
int recorder_load(struct recorder_copy *copy, const char *path, const char **why);
/* The same of an open file, which stays open. */
int recorder_load_descriptor(struct recorder_copy *copy, int fd, const char **why);
void recorder_unload(struct recorder_copy *copy);

/* For who reads it part by part. A descriptor that is nobody's terminal and waits for nothing, or -errno; a symbolic link is -ELOOP. */
int recorder_open_file(const char *path);
/* 0 where it may be a recorder file by its kind and size; -errno or -EBADMSG with *why. */
int recorder_check_file(int fd, struct stat *status, const char **why);
/* 0 or -errno. Behind the end of the file are zeroes: `to` is not changed there. */
int recorder_read(int fd, void *to, size_t bytes, off_t offset);
/* Units of a lane that may be written meanwhile: one that was reads as never written (stamp 0). */
int recorder_read_units(int fd, unsigned char *to, size_t bytes, off_t offset);

#endif
