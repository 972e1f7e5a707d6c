/*
 * arch_registers.h (aarch64) - registers of a stopped thread in DWARF order (AADWARF64), the program counter last.
 */
#ifndef TTLOG_CAPTURE_ARCH_REGISTERS_H
#define TTLOG_CAPTURE_ARCH_REGISTERS_H

#include <elf.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <ucontext.h>

#define ARCH_FP 29u
#define ARCH_SP 31u
#define ARCH_PC 32u

/* A call leaves the return address in a register; the callee puts it on its stack if it calls in turn. */
#define ARCH_RETURN_ON_STACK 0
#define ARCH_LINK            30u

/* Of what lies at the stack pointer when a handler has returned: siginfo_t, then struct ucontext, as far as the program counter. */
#define ARCH_SIGNAL_CONTEXT_OFFSET sizeof(siginfo_t)
#define ARCH_SIGNAL_CONTEXT_BYTES  (offsetof(ucontext_t, uc_mcontext) + offsetof(mcontext_t, pstate))

/* Number of registers read; 0 on failure. */
static inline uint32_t arch_read_registers(pid_t tid, uint64_t *registers)
{
	struct user_regs_struct r;
	struct iovec part = {&r, sizeof(r)};
	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &part) != 0 || part.iov_len < sizeof(r))
		return 0;
	for (uint32_t i = 0; i < ARCH_SP; i++)
		registers[i] = r.regs[i];
	registers[ARCH_SP] = r.sp;
	registers[ARCH_PC] = r.pc;
	return ARCH_PC + 1;
}

/* What a handler's stack holds when it returns to the kernel: the state of what the signal interrupted stands at the stack pointer. */
static inline void arch_registers_of_signal(const ucontext_t *context, uint64_t *registers)
{
	for (uint32_t i = 0; i < ARCH_SP; i++)
		registers[i] = context->uc_mcontext.regs[i];
	registers[ARCH_SP] = context->uc_mcontext.sp;
	registers[ARCH_PC] = context->uc_mcontext.pc;
}

#endif
