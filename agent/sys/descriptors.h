/*
 * descriptors.h - the listener thread has a table of descriptors of its own, so that the program never meets one of its.
 *
 * In a shared table each file that a listener opens takes the lowest number for a moment: a daemon that closes 0 to 2 and opens the null
 * device three times would find another file there, and one that closes everything would take the listeners' files away. In its own
 * the thread holds files as it likes, and a pipe that the program closes is closed.
 *
 * 0 to 2 are taken there, by what can be neither read nor written: a file that got such a number would be given what a library prints as
 * an error, and a stream on it would be the program's standard output to the hooks, which know streams by their numbers.
 *
 * Numbers of the thread's table mean nothing to the rest of the process and the other way round. Threads that a plug-in starts share it.
 *
 * All functions are async-signal-safe.
 */
#ifndef TTLOG_SYS_DESCRIPTORS_H
#define TTLOG_SYS_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Gives the calling thread a table of its own: first thing that the listener thread does. 0, or a positive errno (a kernel before
 * 5.9, a filter): it goes on with the program's, where all below works as well.
 */
int descriptors_own(void);

/* What a descriptor stands for. */
struct descriptor_identity {
	uint64_t device, inode, special;
	uint32_t mode;
};

/*
 * The program's own descriptor (1 or 2) as one of the calling thread's, which it has to close; and what it is. It stays the same file,
 * whatever the program does with the number meanwhile. -errno: EBADF where the program has closed it, ENOSYS before Linux 5.6.
 */
int descriptors_borrow(int number, struct descriptor_identity *identity);
bool descriptors_same(const struct descriptor_identity *one, const struct descriptor_identity *other);

#endif
