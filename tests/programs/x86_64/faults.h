/*
 * faults.h - the faults that only machine code can make; x86_64.
 */
#ifndef TTLOG_TESTS_FAULTS_H
#define TTLOG_TESTS_FAULTS_H

static inline void fault_illegal_instruction(void)
{
	__asm__ volatile("ud2");
}

static inline void fault_breakpoint(void)
{
	__asm__ volatile("int3");
}

/* An address that no page table can map: a general protection fault, which comes without an address. */
static inline volatile int *fault_noncanonical_address(void)
{
	return (volatile int *)0x8000000000000000ul;
}

#endif
