/*
 * clock.h (model) - stands before agent/sys/clock.h in the include path: time is a function of who asks, so that the same schedule
 * always makes the same memory, and so that a record's time says whose it is.
 */
#ifndef TTLOG_SYS_CLOCK_H
#define TTLOG_SYS_CLOCK_H
#define TTLOG_SYS_ARCH_TICKS_H

#include <stdint.h>

uint64_t model_ticks(void);

static inline uint64_t arch_ticks(void)
{
	return model_ticks();
}

static inline uint64_t clock_ticks(uint32_t kind)
{
	(void)kind;
	return model_ticks();
}

#endif
