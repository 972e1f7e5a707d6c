/*
 * arch_context.h (aarch64) - what a signal handler's ucontext holds, in the order of the ABI's DWARF register numbers (AADWARF64).
 */
#ifndef TTLOG_SYS_ARCH_CONTEXT_H
#define TTLOG_SYS_ARCH_CONTEXT_H

#include <asm/sigcontext.h>
#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#define ARCH_REGISTERS 33u                /* x0 to x30, the stack pointer, the program counter */
#define ARCH_AUDIT     AUDIT_ARCH_AARCH64 /* what a seccomp filter sees */
#define ARCH_RED_ZONE  0u                 /* nothing below the stack pointer is kept (AAPCS64, 6.4.5.1) */

/* Bytes of the kernel's frame of a signal, with SVE's vectors of up to 64 bytes, its default; more where a thread has asked for more, or for SME. */
#define ARCH_SIGNAL_FRAME 4704u

enum { ARCH_STACK_REGISTER = 31, ARCH_PROGRAM_COUNTER = 32 };

static inline void arch_context_registers(const ucontext_t *context, uint64_t *registers)
{
	for (unsigned i = 0; i < ARCH_STACK_REGISTER; i++)
		registers[i] = context->uc_mcontext.regs[i];
	registers[ARCH_STACK_REGISTER] = context->uc_mcontext.sp;
	registers[ARCH_PROGRAM_COUNTER] = context->uc_mcontext.pc;
}

/* The instruction at which it was interrupted. */
static inline uintptr_t arch_context_code(const ucontext_t *context)
{
	return context->uc_mcontext.pc;
}

static inline void arch_context_go(ucontext_t *context, uintptr_t code)
{
	context->uc_mcontext.pc = code;
}

static inline uintptr_t arch_context_stack(const ucontext_t *context)
{
	return context->uc_mcontext.sp;
}

/* No trap numbers here; the exception syndrome (ESR_EL1), where the kernel tells it, in the list of records behind the registers. */
static inline void arch_context_fault(const ucontext_t *context, uint64_t *trapno, uint64_t *error)
{
	const unsigned char *at = context->uc_mcontext.__reserved;
	const unsigned char *const end = at + sizeof(context->uc_mcontext.__reserved);
	struct _aarch64_ctx record;
	*trapno = *error = 0;
	for (; (size_t)(end - at) >= sizeof(struct esr_context); at += record.size) {
		memcpy(&record, at, sizeof(record));
		if (record.magic == ESR_MAGIC)
			memcpy(error, at + offsetof(struct esr_context, esr), sizeof(*error));
		if (!record.magic || record.size < sizeof(record) || record.size > (size_t)(end - at))
			return;
	}
}

static inline bool arch_context_is(const void *context, long distance, uint32_t mask, uint32_t code)
{
	uint32_t instruction;
	memcpy(&instruction, (const char *)(uintptr_t)((const ucontext_t *)context)->uc_mcontext.pc + distance,
	       sizeof(instruction));
	return (instruction & mask) == code;
}

/*
 * The context goes back in front of its breakpoint (brk, where it still is), or of its system call (svc; the kernel has put the first
 * argument back into x0), so that it comes once more when the handler returns. False: what stands there is something else.
 */
static inline bool arch_context_repeat_breakpoint(void *context)
{
	return arch_context_is(context, 0, 0xffe0001f, 0xd4200000);
}

static inline bool arch_context_repeat_call(void *context)
{
	if (!arch_context_is(context, -4, 0xffffffff, 0xd4000001))
		return false;
	((ucontext_t *)context)->uc_mcontext.pc -= 4;
	return true;
}

/* The same for all who run in one thread-local memory, another for all others that live. */
static inline uintptr_t arch_thread_pointer(void)
{
	return (uintptr_t)__builtin_thread_pointer();
}

#endif
