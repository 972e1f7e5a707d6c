/*
 * arch_calls.h (x86_64) - calls that newer architectures never had, and what is its own.
 */
#ifndef TTLOG_CONFINE_ARCH_CALLS_H
#define TTLOG_CONFINE_ARCH_CALLS_H

#include "call_lists.h"

#include <linux/audit.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#define ARCH_AUDIT AUDIT_ARCH_X86_64

static const uint16_t arch_reading[] = {
	__NR_stat, __NR_lstat, __NR_access, __NR_readlink, __NR_dup2, __NR_poll, __NR_alarm, __NR_time, __NR_getrlimit,
};
static const uint16_t arch_writing[] = {
	__NR_open, __NR_mkdir, __NR_unlink, __NR_rename, __NR_renameat, __NR_link,
};
static const uint16_t arch_looking[] = {__NR_chmod};
static const struct limited_call arch_limited[] = {
	{__NR_open, CALLS_READING, 1, WRITE_FLAGS, O_RDONLY},
	{__NR_ptrace, LOOKS, 0, ALL_BITS, PTRACE_GETREGS},
};
static const uint16_t arch_refused[] = {__NR_fork, __NR_vfork};

#endif
