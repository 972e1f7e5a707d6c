/*
 * signal_context.h - what a signal handler of a program sees and changes of what it interrupted; x86_64.
 */
#ifndef TTLOG_TESTS_SIGNAL_CONTEXT_H
#define TTLOG_TESTS_SIGNAL_CONTEXT_H

#include <stdint.h>
#include <ucontext.h>

/* What SIGSTKSZ was as long as it was a number; and enough for one signal and what its handler does, but not for another one on top with AVX-512. */
enum { SIGNAL_STACK = 8192, SIGNAL_STACK_SCANT = 7168 };

/* What a handler returns to, the code that libc gave to the kernel: mov $SYS_rt_sigreturn, %rax; syscall. */
#define SIGNAL_RETURN_CODE                                                                                                         \
	{                                                                                                                          \
		0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05                                                                        \
	}

static inline uintptr_t signal_context_stack(const ucontext_t *context)
{
	return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
}

static inline void signal_context_go_to(ucontext_t *context, const void *code)
{
	context->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)code;
}

#endif
