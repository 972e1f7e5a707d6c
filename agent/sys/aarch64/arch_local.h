/*
 * arch_local.h (aarch64) - atomic against signal handlers of the same thread, not against other threads.
 *
 * A load and the exclusive store behind it: the return from a signal handler clears the exclusive monitor (Arm Architecture Reference
 * Manual, B2.12, and the kernel's return to user mode), so the store fails where one came between. Each is a compiler barrier, and orders
 * nothing between threads; what a reader elsewhere must see in order, the callers say by word.h. local_swap() acquires.
 */
#ifndef TTLOG_SYS_ARCH_LOCAL_H
#define TTLOG_SYS_ARCH_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t local_add(uint64_t *word, uint64_t n)
{
	uint64_t old, sum;
	uint32_t failed;
	__asm__ volatile("0:	ldxr	%0, %3\n"
			 "	add	%1, %0, %4\n"
			 "	stxr	%w2, %1, %3\n"
			 "	cbnz	%w2, 0b"
			 : "=&r"(old), "=&r"(sum), "=&r"(failed), "+Q"(*word)
			 : "r"(n)
			 : "memory");
	return old;
}

static inline void local_count(uint64_t *word)
{
	(void)local_add(word, 1);
}

static inline bool local_swap(uint64_t *word, uint64_t expected, uint64_t desired)
{
	uint64_t old;
	uint32_t failed;
	__asm__ volatile("0:	ldaxr	%0, %2\n"
			 "	mov	%w1, #1\n"
			 "	cmp	%0, %3\n"
			 "	b.ne	1f\n"
			 "	stxr	%w1, %4, %2\n"
			 "	cbnz	%w1, 0b\n"
			 "1:"
			 : "=&r"(old), "=&r"(failed), "+Q"(*word)
			 : "r"(expected), "r"(desired)
			 : "cc", "memory");
	return !failed;
}

#endif
