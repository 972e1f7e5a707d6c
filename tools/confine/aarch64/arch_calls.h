/*
 * arch_calls.h (aarch64) - what is its own: of the older calls it never had but these.
 */
#ifndef TTLOG_CONFINE_ARCH_CALLS_H
#define TTLOG_CONFINE_ARCH_CALLS_H

#include "call_lists.h"

#include <linux/audit.h>
#include <sys/syscall.h>

#define ARCH_AUDIT AUDIT_ARCH_AARCH64

static const uint16_t arch_reading[] = {__NR_getrlimit};
static const uint16_t arch_looking[] = {__NR_fchmodat};
static const uint16_t arch_writing[] = {__NR_renameat};
/* Once more: a list of its own may not be empty. */
static const struct limited_call arch_limited[] = {{__NR_openat, CALLS_READING, 2, WRITE_FLAGS, O_RDONLY}};
static const uint16_t arch_refused[] = {__NR_clone};

#endif
