/*
 * shortage.h - errors that tell of the machine, and nothing of what was asked for: it may be there, and sound, all the same.
 *
 * Who would do without what is not there, or remove what nobody uses, must not do so for these. Thread-safe.
 */
#ifndef TTLOG_SNAPSHOT_SHORTAGE_H
#define TTLOG_SNAPSHOT_SHORTAGE_H

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>

/* errno, or -errno as functions return it. */
static inline bool is_shortage(int error)
{
	const int number = error < 0 ? -error : error;

	return number == ENOMEM || number == EMFILE || number == ENFILE || number == EIO;
}

/* readdir(3), whose end and errors look alike: 1 and *entry, 0 at the end, -errno. */
static inline int next_entry(DIR *directory, struct dirent **entry)
{
	errno = 0;
	*entry = readdir(directory);
	return *entry ? 1 : -errno;
}

#endif
