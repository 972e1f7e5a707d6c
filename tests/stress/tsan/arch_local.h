/*
 * arch_local.h (ThreadSanitizer) - the same operations in a form that the sanitizer sees. Found before the architecture's own
 * by `make tsan`.
 *
 * Stronger than needed (locked), but relaxed where the original orders nothing between threads: a race that the original would
 * have stays one. local_swap() acquires, as the plain load does on x86.
 */
#ifndef TTLOG_SYS_ARCH_LOCAL_H
#define TTLOG_SYS_ARCH_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t local_add(uint64_t *word, uint64_t n)
{
	return __atomic_fetch_add(word, n, __ATOMIC_RELAXED);
}

static inline void local_count(uint64_t *word)
{
	__atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
}

static inline bool local_swap(uint64_t *word, uint64_t expected, uint64_t desired)
{
	return __atomic_compare_exchange_n(word, &expected, desired, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

#endif
