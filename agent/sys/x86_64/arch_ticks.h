/*
 * arch_ticks.h (x86_64) - the time-stamp counter. Async-signal-safe. Faults after PR_SET_TSC(PR_TSC_SIGSEGV): see clock.h.
 */
#ifndef TTLOG_SYS_ARCH_TICKS_H
#define TTLOG_SYS_ARCH_TICKS_H

#include <stdint.h>

#define ARCH_CLOCK_SOURCE "tsc\n" /* as sysfs names it, where the kernel keeps time by this counter */
#define ARCH_COUNTER_FREE 1       /* the answer to PR_GET_TSC of a kernel that cannot forbid it: there is none */

static inline uint64_t arch_ticks(void)
{
	return __builtin_ia32_rdtsc();
}

#endif
