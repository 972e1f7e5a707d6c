/*
 * faults.h - the faults that only machine code can make; x86_64.
 */
#ifndef TTLOG_TESTS_FAULTS_H
#define TTLOG_TESTS_FAULTS_H

#include <ucontext.h>

static inline int fault_division(int number, int by)
{
	return number / by;
}

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

/* What the kernel alone may do. */
static inline void fault_privileged_instruction(void)
{
	__asm__ volatile("hlt");
}

/* The stack pointer leads nowhere, so there is nothing to unwind by. */
static inline void fault_without_stack(void)
{
	__asm__ volatile("mov $0x10, %%esp\n\tpush %%rax" ::: "memory");
}

/* A stack address that no page table can map: SIGBUS by the stack segment. */
static inline void fault_stack_segment(void)
{
	__asm__ volatile("movabs $0x8000000000000000, %%rsp\n\tpush %%rax" ::: "memory");
}

/* Of the processor: what it calls the fault. */
static inline void fault_numbers(const ucontext_t *context, int *trap, unsigned *error)
{
	*trap = (int)context->uc_mcontext.gregs[REG_TRAPNO];
	*error = (unsigned)context->uc_mcontext.gregs[REG_ERR];
}

/* All registers that a call may change, flags too, get known values. */
static inline void registers_settle(void)
{
	__asm__ volatile("mov $0x11, %%eax\n\tmov $0x12, %%ecx\n\tmov $0x13, %%edx\n\tmov $0x14, %%esi\n\tmov $0x15, %%edi\n\t"
			 "mov $0x18, %%r8d\n\tmov $0x19, %%r9d\n\tmov $0x1a, %%r10d\n\tmov $0x1b, %%r11d\n\ttest %%eax, %%eax" ::
				 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc");
	__asm__ volatile("pxor %%xmm0, %%xmm0\n\tpxor %%xmm1, %%xmm1\n\tpxor %%xmm2, %%xmm2\n\tpxor %%xmm3, %%xmm3\n\t"
			 "pxor %%xmm4, %%xmm4\n\tpxor %%xmm5, %%xmm5\n\tpxor %%xmm6, %%xmm6\n\tpxor %%xmm7, %%xmm7\n\t"
			 "pxor %%xmm8, %%xmm8\n\tpxor %%xmm9, %%xmm9\n\tpxor %%xmm10, %%xmm10\n\tpxor %%xmm11, %%xmm11\n\t"
			 "pxor %%xmm12, %%xmm12\n\tpxor %%xmm13, %%xmm13\n\tpxor %%xmm14, %%xmm14\n\tpxor %%xmm15, %%xmm15" ::
				 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
				   "xmm12", "xmm13", "xmm14", "xmm15");
}

#endif
