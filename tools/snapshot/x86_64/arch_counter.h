/* arch_counter.h (x86_64) - the counter that CLOCK_KIND_TSC of a recorder of this machine counts by: the time-stamp counter. */
#ifndef TTLOG_SNAPSHOT_ARCH_COUNTER_H
#define TTLOG_SNAPSHOT_ARCH_COUNTER_H

#include <stdint.h>

static inline uint64_t arch_counter(void)
{
	return __builtin_ia32_rdtsc();
}

#endif
