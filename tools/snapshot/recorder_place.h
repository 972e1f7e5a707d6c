/*
 * recorder_place.h - opens and removes recorder files where they were listed, and nowhere else.
 *
 * A directory of recorders is its user's, who may put a link in its place between any two steps of ours: with root's rights that would lead to the
 * files of others. So each step takes the directory itself, checks whose it is, and goes on from there. A path elsewhere is who names it's affair.
 * 0, a descriptor, or -errno; -ELOOP and -ENOTDIR: there is a link, -EPERM: it is another user's.
 */
#ifndef TTLOG_SNAPSHOT_RECORDER_PLACE_H
#define TTLOG_SNAPSHOT_RECORDER_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

/* "/dev/shm/ttlog-<uid>"; false for any other directory. */
bool recorder_place_user(const char *directory, uid_t *user);

/* A descriptor of that directory, for reading it; not its user's: -EPERM. */
int recorder_place_open(const char *directory, uid_t user);

/* Never a symbolic link, never a terminal of ours, waits for nothing. `writable`: for both. */
int recorder_open_at(const char *path, bool writable);

int recorder_remove(const char *path);

#endif
