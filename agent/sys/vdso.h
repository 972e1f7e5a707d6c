/*
 * vdso.h - the kernel's own clock_gettime(2), which needs no system call.
 *
 * Not libc's: that goes through a symbol which the program, or another preloaded library (libfaketime), may have defined anew; it would run inside
 * the record path then, and tell another time.
 */
#ifndef TTLOG_SYS_VDSO_H
#define TTLOG_SYS_VDSO_H

#include <time.h>

typedef int (*vdso_clock_function)(clockid_t clock, struct timespec *time); /* 0 or -errno */

/* NULL: this kernel has none, or none that can be found. Called when a recorder is made; no allocation, no system call. */
vdso_clock_function vdso_clock(void) __attribute__((visibility("hidden")));

#endif
