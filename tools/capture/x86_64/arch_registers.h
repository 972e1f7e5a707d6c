/*
 * arch_registers.h (x86_64) - registers of a stopped thread in DWARF order (System V psABI), the program counter last.
 */
#ifndef TTLOG_CAPTURE_ARCH_REGISTERS_H
#define TTLOG_CAPTURE_ARCH_REGISTERS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <ucontext.h>

#define ARCH_FP 6u
#define ARCH_SP 7u
#define ARCH_PC 16u

/* A call pushes the return address. */
#define ARCH_RETURN_ON_STACK 1
#define ARCH_LINK            ARCH_PC /* there is no register for it */

/* Of what lies at the stack pointer when a handler has returned: struct ucontext, as far as the last general register. */
#define ARCH_SIGNAL_CONTEXT_OFFSET 0u
#define ARCH_SIGNAL_CONTEXT_BYTES  (offsetof(ucontext_t, uc_mcontext) + sizeof(gregset_t))

/* Number of registers read; 0 on failure. */
static inline uint32_t arch_read_registers(pid_t tid, uint64_t *registers)
{
	struct user_regs_struct r;
	if (ptrace(PTRACE_GETREGS, tid, NULL, &r) != 0)
		return 0;
	const uint64_t ordered[] = {r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8,
				    r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip};
	for (uint32_t i = 0; i < sizeof(ordered) / sizeof(ordered[0]); i++)
		registers[i] = ordered[i];
	return sizeof(ordered) / sizeof(ordered[0]);
}

/* What a handler's stack holds when it returns to the kernel: the state of what the signal interrupted stands at the stack pointer. */
static inline void arch_registers_of_signal(const ucontext_t *context, uint64_t *registers)
{
	static const int order[] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
				    REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
	for (uint32_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		registers[i] = (uint64_t)context->uc_mcontext.gregs[order[i]];
}

#endif
