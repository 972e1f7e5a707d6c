/*
 * arch_ticks.h (x86_64) - the time-stamp counter. Async-signal-safe. Faults after PR_SET_TSC(PR_TSC_SIGSEGV): see clock.h.
 */
#ifndef TTLOG_SYS_ARCH_TICKS_H
#define TTLOG_SYS_ARCH_TICKS_H

#include <stdint.h>

static inline uint64_t arch_ticks(void)
{
	return __builtin_ia32_rdtsc();
}

#endif
