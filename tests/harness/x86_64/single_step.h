/*
 * single_step.h - SIGTRAP after each instruction between step_begin() and step_end(): who has a handler for it may interrupt the code in
 * between everywhere. The kernel clears the flag for the handler and sets it again when that returns.
 */
#ifndef TTLOG_TESTS_SINGLE_STEP_H
#define TTLOG_TESTS_SINGLE_STEP_H

#include <stddef.h>
#include <ucontext.h>

/* NULL, or why there are no steps. */
static inline const char *step_impossible(void)
{
	return NULL;
}

/* Past the red zone, which belongs to the caller; EFLAGS.TF is bit 8. */
static inline __attribute__((always_inline)) void step_begin(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp" ::
				 : "cc", "memory");
}

static inline __attribute__((always_inline)) void step_end(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp" ::
				 : "cc", "memory");
}

/* The same for the code that a handler has interrupted. */
static inline void step_end_in(void *interrupted)
{
	((ucontext_t *)interrupted)->uc_mcontext.gregs[REG_EFL] &= ~0x100ll;
}

#endif
