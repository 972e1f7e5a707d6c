/* libc_age.h - what tests expect that differs with glibc's age. */
#ifndef TTLOG_HARNESS_LIBC_AGE_H
#define TTLOG_HARNESS_LIBC_AGE_H

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <stdbool.h>
#include <stdio.h>

/* From 2.41 on the end of abort(3), where SIGABRT has ended nothing, is one that no handler sees: all are taken away, or blocked. */
static inline bool libc_aborts_unseen(void)
{
	unsigned major = 0, minor = 0;
	return sscanf(gnu_get_libc_version(), "%u.%u", &major, &minor) == 2 && (major > 2 || minor >= 41);
}

/* From 2.35 on an object is found by an address without a lock, also in a signal handler. */
static inline bool libc_finds_objects(void)
{
	return dlsym(RTLD_DEFAULT, "_dl_find_object") != NULL;
}

#endif
