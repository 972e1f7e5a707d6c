/*
 * files.h - where this process may still make, write, rename and remove files (landlock(7)); what it has open stays open.
 *
 * For good. Such a process may look into no other that is not as confined: not before there is nothing more to be seen. After no_new_privs;
 * single-threaded.
 */
#ifndef TTLOG_CONFINE_FILES_H
#define TTLOG_CONFINE_FILES_H

#include <stddef.h>

/*
 * In these directories and below, `count` of them, open (also by O_PATH), which stay the caller's. 0 or -errno, and then nothing has changed:
 * -ENOSYS, -EOPNOTSUPP where the kernel cannot.
 */
int files_confine(const int *directories, size_t count);

#endif
