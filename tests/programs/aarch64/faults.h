/*
 * faults.h - the faults that only machine code can make; aarch64.
 */
#ifndef TTLOG_TESTS_FAULTS_H
#define TTLOG_TESTS_FAULTS_H

#include <asm/sigcontext.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

/* A division by zero is zero; who checks for it (a compiler's runtime) raises the signal. */
static inline int fault_division(int number, int by)
{
	return by == 0 ? raise(SIGFPE) : number / by;
}

static inline void fault_illegal_instruction(void)
{
	__asm__ volatile(".inst 0"); /* udf #0 */
}

static inline void fault_breakpoint(void)
{
	__asm__ volatile("brk #0");
}

/* An address that no page table can map: beyond all that they translate, and in no tag either, which are the highest eight bits. */
static inline volatile int *fault_noncanonical_address(void)
{
	return (volatile int *)0x0041414141414140ul;
}

/* What the kernel alone may do. */
static inline void fault_privileged_instruction(void)
{
	__asm__ volatile("mrs x0, sctlr_el1" ::: "x0");
}

/* The stack pointer leads nowhere, so there is nothing to unwind by. */
static inline void fault_without_stack(void)
{
	__asm__ volatile("mov x9, #0x10\n\tmov sp, x9\n\tstr x0, [sp, #-16]!" ::: "memory", "x9");
}

/*
 * An exclusive load from the stack that crosses a multiple of 16, which no processor makes: SIGBUS. (A stack pointer that is no multiple of
 * 16 has that effect too; but not in qemu.)
 */
static inline void fault_stack_segment(void)
{
	__asm__ volatile("sub x9, sp, #4\n\tldxr x0, [x9]" ::: "memory", "x0", "x9");
}

/* There are no trap numbers; the exception syndrome stands in one of the records behind the registers. */
static inline void fault_numbers(const ucontext_t *context, int *trap, unsigned *error)
{
	const unsigned char *at = context->uc_mcontext.__reserved;
	const unsigned char *const end = at + sizeof(context->uc_mcontext.__reserved);
	struct esr_context record;
	*trap = 0;
	*error = 0;
	for (; at + sizeof(record) <= end; at += record.head.size) {
		memcpy(&record, at, sizeof(record));
		if (record.head.magic == ESR_MAGIC)
			*error = (unsigned)record.esr;
		if (record.head.magic == 0 || record.head.size < sizeof(record.head))
			return;
	}
}

/* All registers that a call may change, flags too, get known values. */
static inline void registers_settle(void)
{
	__asm__ volatile(
		"mov x0, #0x10\n\tmov x1, #0x11\n\tmov x2, #0x12\n\tmov x3, #0x13\n\tmov x4, #0x14\n\tmov x5, #0x15\n\t"
		"mov x6, #0x16\n\tmov x7, #0x17\n\tmov x8, #0x18\n\tmov x9, #0x19\n\tmov x10, #0x1a\n\tmov x11, #0x1b\n\t"
		"mov x12, #0x1c\n\tmov x13, #0x1d\n\tmov x14, #0x1e\n\tmov x15, #0x1f\n\tmov x16, #0x20\n\tmov x17, #0x21\n\t"
		"mov x18, #0x22\n\t"
		"cmp x0, x0" ::
			: "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
			  "x16", "x17", "x18", "cc");
	__asm__ volatile(
		"movi v0.2d, #0\n\tmovi v1.2d, #0\n\tmovi v2.2d, #0\n\tmovi v3.2d, #0\n\tmovi v4.2d, #0\n\tmovi v5.2d, #0\n\t"
		"movi v6.2d, #0\n\tmovi v7.2d, #0\n\tmovi v8.2d, #0\n\tmovi v9.2d, #0\n\tmovi v10.2d, #0\n\tmovi v11.2d, #0\n\t"
		"movi v12.2d, #0\n\tmovi v13.2d, #0\n\tmovi v14.2d, #0\n\tmovi v15.2d, #0\n\tmovi v16.2d, #0\n\t"
		"movi v17.2d, #0\n\tmovi v18.2d, #0\n\tmovi v19.2d, #0\n\tmovi v20.2d, #0\n\tmovi v21.2d, #0\n\t"
		"movi v22.2d, #0\n\tmovi v23.2d, #0\n\tmovi v24.2d, #0\n\tmovi v25.2d, #0\n\tmovi v26.2d, #0\n\t"
		"movi v27.2d, #0\n\tmovi v28.2d, #0\n\tmovi v29.2d, #0\n\tmovi v30.2d, #0\n\tmovi v31.2d, #0" ::
			: "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15",
			  "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30",
			  "v31");
}

#endif
