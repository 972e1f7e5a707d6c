/*
 * arch_context.h (x86_64) - what a signal handler's ucontext holds, in the order of the System V ABI's DWARF register numbers.
 */
#ifndef TTLOG_SYS_ARCH_CONTEXT_H
#define TTLOG_SYS_ARCH_CONTEXT_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#define ARCH_REGISTERS 17u               /* 16 general ones and the return address column: rip */
#define ARCH_AUDIT     AUDIT_ARCH_X86_64 /* what a seccomp filter sees */
#define ARCH_RED_ZONE  128u              /* bytes below the stack pointer that a leaf function may use */

/* Bytes of the kernel's frame of a signal, with the registers of AVX-512; there are more only in threads that have asked for AMX. */
#define ARCH_SIGNAL_FRAME 3632u

static inline void arch_context_registers(const ucontext_t *context, uint64_t *registers)
{
	static const unsigned char order[ARCH_REGISTERS] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
							    REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
							    REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
	for (unsigned i = 0; i < ARCH_REGISTERS; i++)
		registers[i] = (uint64_t)context->uc_mcontext.gregs[order[i]];
}

/* The instruction at which it was interrupted. */
static inline uintptr_t arch_context_code(const ucontext_t *context)
{
	return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
}

static inline void arch_context_go(ucontext_t *context, uintptr_t code)
{
	context->uc_mcontext.gregs[REG_RIP] = (greg_t)code;
}

static inline uintptr_t arch_context_stack(const ucontext_t *context)
{
	return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
}

static inline void arch_context_fault(const ucontext_t *context, uint64_t *trapno, uint64_t *error)
{
	*trapno = (uint64_t)context->uc_mcontext.gregs[REG_TRAPNO];
	*error = (uint64_t)context->uc_mcontext.gregs[REG_ERR];
}

/*
 * The context goes back in front of its breakpoint (int3), or of its system call (syscall; the kernel has put the number back
 * into rax), so that it comes once more when the handler returns. False: what stands there is something else.
 */
static inline bool arch_context_repeat_breakpoint(void *context)
{
	greg_t *pc = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	const unsigned char *before = (const unsigned char *)*pc - 1;
	if (before[0] != 0xcc)
		return false;
	*pc -= 1;
	return true;
}

static inline bool arch_context_repeat_call(void *context)
{
	greg_t *pc = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	const unsigned char *before = (const unsigned char *)*pc - 2;
	if (before[0] != 0x0f || before[1] != 0x05)
		return false;
	*pc -= 2;
	return true;
}

/* The same for all who run in one thread-local memory, another for all others that live. */
static inline uintptr_t arch_thread_pointer(void)
{
	uintptr_t pointer;
	__asm__("movq %%fs:0, %0" : "=r"(pointer)); /* where the ABI has it point to itself; gcc 10 has no builtin for it */
	return pointer;
}

#endif
