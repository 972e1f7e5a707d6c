/*
 * signal_context.h - what a signal handler of a program sees and changes of what it interrupted; aarch64.
 */
#ifndef TTLOG_TESTS_SIGNAL_CONTEXT_H
#define TTLOG_TESTS_SIGNAL_CONTEXT_H

#include <stdint.h>
#include <ucontext.h>

/* What SIGSTKSZ was as long as it was a number; and enough for one signal and what its handler does, but not for another one on top. */
enum { SIGNAL_STACK = 16384, SIGNAL_STACK_SCANT = 8704 };

/* What a handler returns to, code of the kernel's: mov x8, #SYS_rt_sigreturn; svc #0. */
#define SIGNAL_RETURN_CODE                                                                                                         \
	{                                                                                                                          \
		0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4                                                                           \
	}

static inline uintptr_t signal_context_stack(const ucontext_t *context)
{
	return (uintptr_t)context->uc_mcontext.sp;
}

static inline void signal_context_go_to(ucontext_t *context, const void *code)
{
	context->uc_mcontext.pc = (uintptr_t)code;
}

#endif
