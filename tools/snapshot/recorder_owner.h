/*
 * recorder_owner.h - whose recorder a file is, by the numbers that processes have here.
 *
 * A file's name and header have the number that its process had in its own pid namespace; where /dev/shm is shared with another one (bwrap,
 * flatpak, docker --ipc=host, unshare --pid), another process may have that number here.
 */
#ifndef TTLOG_SNAPSHOT_RECORDER_OWNER_H
#define TTLOG_SNAPSHOT_RECORDER_OWNER_H

#include <stdint.h>
#include <sys/types.h>

enum recorder_owner {
	OWNER_AS_NAMED, /* its number means here what it meant there */
	OWNER_GONE,     /* it was of another namespace, and would be seen from here */
	OWNER_FOUND,    /* it lives, and has another number here: *pid */
	OWNER_UNSEEN,   /* of a namespace that cannot be seen from here: nothing is known of it */
};

/* One of these; -errno where it cannot be known for want of descriptors or memory. *pid: what the file is named by. */
int recorder_owner(const char *path, pid_t *pid);

#endif
