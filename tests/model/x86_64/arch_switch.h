/*
 * arch_switch.h (x86_64) - from one stack to another. What the System V ABI lets a callee change is lost, the rest lies on the
 * stack that is left: a stack from its pointer upward is all there is of a coroutine, and can be copied away and back.
 */
#ifndef TTLOG_MODEL_ARCH_SWITCH_H
#define TTLOG_MODEL_ARCH_SWITCH_H

#include <stdint.h>

/* Leaves the present stack pointer in *from and goes on where `to` was left. */
void arch_switch(void **from, void *to);

__asm__(".pushsection .text\n"
	".type arch_switch, @function\n"
	"arch_switch:\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	ret\n"
	".size arch_switch, . - arch_switch\n"
	".popsection");

enum { ARCH_SAVED_REGISTERS = 6 };

/* A pointer that arch_switch() can go to: it enters `entry`, which never returns, on the empty stack that ends at `top`. */
static inline void *arch_prepare(unsigned char *top, void (*entry)(void))
{
	uint64_t *stack = (uint64_t *)(void *)top;
	*--stack = 0; /* at its first instruction a function's stack is 8 short of a multiple of 16 */
	*--stack = (uint64_t)(uintptr_t)entry;
	for (int i = 0; i < ARCH_SAVED_REGISTERS; i++)
		*--stack = 0;
	return stack;
}

#endif
