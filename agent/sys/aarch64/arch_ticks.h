/*
 * arch_ticks.h (aarch64) - the virtual counter, which the kernel lets programs read. Async-signal-safe. It goes at the same rate on all
 * processors, 10 to 1,000 MHz. Faults after PR_SET_TSC(PR_TSC_SIGSEGV) of Linux 6.12 and later: see clock.h.
 */
#ifndef TTLOG_SYS_ARCH_TICKS_H
#define TTLOG_SYS_ARCH_TICKS_H

#include <errno.h>
#include <stdint.h>

#define ARCH_CLOCK_SOURCE "arch_sys_counter\n" /* as sysfs names it, where the kernel keeps time by this counter */
#define ARCH_COUNTER_FREE (-EINVAL)            /* the answer to PR_GET_TSC of a kernel that cannot forbid it */

/* Not before what comes before it (isb): the counter may be read ahead otherwise, and two events of a thread change places. */
static inline uint64_t arch_ticks(void)
{
	uint64_t ticks;
	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
	return ticks;
}

#endif
