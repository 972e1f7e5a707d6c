/*
 * arch_emulator.h (aarch64) - whether the program runs under valgrind, which ends it at a clone(2) that makes no thread and no ordinary child.
 *
 * A client request of valgrind's: four rotations of x12 that come back to where they began, and an or of x10 with itself, do nothing on a
 * processor. valgrind knows the sequence, finds the request at x4 and answers in x3. Request 0x1001 asks how many valgrinds there are (its
 * manual, "The Client Request mechanism"; not run on this architecture yet). Async-signal-safe.
 */
#ifndef TTLOG_SYS_ARCH_EMULATOR_H
#define TTLOG_SYS_ARCH_EMULATOR_H

#include <stdbool.h>
#include <stdint.h>

static inline bool arch_is_emulated(void)
{
	const volatile uint64_t request[6] = {0x1001};
	register uint64_t answer __asm__("x3") = 0;
	register const volatile uint64_t *arguments __asm__("x4") = request;
	__asm__ volatile("ror x12, x12, #3\n\tror x12, x12, #13\n\tror x12, x12, #51\n\tror x12, x12, #61\n\torr x10, x10, x10"
			 : "+r"(answer)
			 : "r"(arguments)
			 : "cc", "memory", "x12");
	return answer != 0;
}

#endif
