/*
 * newer_libc.h - what glibc 2.31 lacks, as a program takes it that has to run there too: by weak references. NULL: this libc has none, and
 * then nobody else may lend it one.
 */
#ifndef TESTS_NEWER_LIBC_H
#define TESTS_NEWER_LIBC_H

#include <sys/types.h>

extern int close_range(unsigned first, unsigned last, int flags) __attribute__((weak));
extern void closefrom(int first) __attribute__((weak));
extern int execveat(int directory, const char *path, char *const *argv, char *const *environment, int flags) __attribute__((weak));
extern pid_t _Fork(void) __attribute__((weak));
extern int _dl_find_object(void *address, void *found) __attribute__((weak));
extern char __libc_single_threaded __attribute__((weak));

#endif
