/*
 * arch_emulator.h (x86_64) - whether the program runs under valgrind, which ends it at a clone(2) that makes no thread and no ordinary child.
 *
 * A client request of valgrind's: four rotations that come back to where they began, and an exchange of a register with itself, do nothing
 * on a processor. valgrind knows the sequence and answers in rdx. Request 0x1001 asks how many valgrinds there are (its manual, "The Client
 * Request mechanism"; checked with 3.19). Async-signal-safe.
 */
#ifndef TTLOG_SYS_ARCH_EMULATOR_H
#define TTLOG_SYS_ARCH_EMULATOR_H

#include <stdbool.h>
#include <stdint.h>

static inline bool arch_is_emulated(void)
{
	const volatile uint64_t request[6] = {0x1001};
	uint64_t answer = 0;
	__asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; xchgq %%rbx, %%rbx"
			 : "+d"(answer)
			 : "a"(request)
			 : "cc", "memory");
	return answer != 0;
}

#endif
