/* arch_counter.h (aarch64) - the counter that CLOCK_KIND_TSC of a recorder of this machine counts by: the virtual counter. */
#ifndef TTLOG_SNAPSHOT_ARCH_COUNTER_H
#define TTLOG_SNAPSHOT_ARCH_COUNTER_H

#include <stdint.h>

static inline uint64_t arch_counter(void)
{
	uint64_t ticks;
	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
	return ticks;
}

#endif
