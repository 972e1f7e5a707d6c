/*
 * own_shm.h - a /dev/shm of the calling process's own, which it and its children have instead of everybody's.
 */
#ifndef TTLOG_TESTS_OWN_SHM_H
#define TTLOG_TESTS_OWN_SHM_H

#include <stdbool.h>

/* False where the kernel does not allow it; then it is everybody's as before. */
bool own_shm_mount(void);

#endif
