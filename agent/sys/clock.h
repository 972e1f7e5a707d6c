/*
 * clock.h - the clock of the record path.
 *
 * The time-stamp counter where the kernel itself keeps time by it (its clock source is tsc), CLOCK_MONOTONIC in nanoseconds
 * elsewhere, and where rdtsc faults (PR_SET_TSC). There the vdso's clocks fault as well, for they read the counter: then by
 * the system call. Chosen when the recorder is made. Where the program forbids the counter later, ticks go on at the rate that
 * they had; where it forbids a thread system calls too, time stands still there. Async-signal-safe.
 */
#ifndef TTLOG_SYS_CLOCK_H
#define TTLOG_SYS_CLOCK_H

#include "arch_ticks.h"
#include "recorder.h"
#include "syscalls.h"
#include "vdso.h"

#include <stdbool.h>

/* Beside enum clock_kind, in memory only: the file has counter ticks, which are computed from CLOCK_MONOTONIC by now. */
enum { CLOCK_COMPUTED = 3 };

/* Reading the counter raises SIGSEGV in this process, or soon will. */
extern bool clock_counter_faults __attribute__((visibility("hidden")));

/* The kernel's, found by clock_look(); NULL: by the system call. */
extern vdso_clock_function clock_function __attribute__((visibility("hidden")));

uint64_t clock_other_ns(clockid_t clock) __attribute__((visibility("hidden")));

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;
	const vdso_clock_function function = __atomic_load_n(&clock_function, __ATOMIC_RELAXED);
	if (__builtin_expect(__atomic_load_n(&clock_counter_faults, __ATOMIC_RELAXED) || !function, 0))
		return clock_other_ns(clock);
	function(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t clock_other_ticks(uint32_t kind) __attribute__((visibility("hidden")));

static inline uint64_t clock_ticks(uint32_t kind)
{
	return __builtin_expect(kind == CLOCK_KIND_TSC, 1) ? arch_ticks() : clock_other_ticks(kind);
}

/* Looks whether the counter may be read; before any other function here is called, by each thread that may be the first. */
void clock_look(void) __attribute__((visibility("hidden")));

/* The calling thread is about to lose the counter. `begin`: of a recorder whose ticks are to go on, as CLOCK_COMPUTED; NULL: there is none. */
void clock_avoid_counter(const struct clock_pair *begin) __attribute__((visibility("hidden")));

/* After clock_avoid_counter(): the calling thread is about to lose the system call as well, or (false) has not lost it. */
void clock_stand_still(bool still) __attribute__((visibility("hidden")));

enum clock_kind clock_choose(void) __attribute__((visibility("hidden")));

/* The clocks at one moment: the attempt of a few whose readings lie closest together. */
struct clock_pair clock_pair_now(enum clock_kind kind) __attribute__((visibility("hidden")));

#endif
