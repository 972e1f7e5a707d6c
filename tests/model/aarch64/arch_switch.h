/*
 * arch_switch.h (aarch64) - from one stack to another. What AAPCS64 lets a callee change is lost, the rest lies on the stack
 * that is left: a stack from its pointer upward is all there is of a coroutine, and can be copied away and back.
 */
#ifndef TTLOG_MODEL_ARCH_SWITCH_H
#define TTLOG_MODEL_ARCH_SWITCH_H

#include <stdint.h>

/* Leaves the present stack pointer in *from and goes on where `to` was left. */
void arch_switch(void **from, void *to);

__asm__(".pushsection .text\n"
	".p2align 2\n"
	".type arch_switch, %function\n"
	"arch_switch:\n"
	"	stp	d8, d9, [sp, #-160]!\n"
	"	stp	d10, d11, [sp, #16]\n"
	"	stp	d12, d13, [sp, #32]\n"
	"	stp	d14, d15, [sp, #48]\n"
	"	stp	x19, x20, [sp, #64]\n"
	"	stp	x21, x22, [sp, #80]\n"
	"	stp	x23, x24, [sp, #96]\n"
	"	stp	x25, x26, [sp, #112]\n"
	"	stp	x27, x28, [sp, #128]\n"
	"	stp	x29, x30, [sp, #144]\n"
	"	mov	x9, sp\n"
	"	str	x9, [x0]\n"
	"	mov	sp, x1\n"
	"	ldp	x29, x30, [sp, #144]\n"
	"	ldp	x27, x28, [sp, #128]\n"
	"	ldp	x25, x26, [sp, #112]\n"
	"	ldp	x23, x24, [sp, #96]\n"
	"	ldp	x21, x22, [sp, #80]\n"
	"	ldp	x19, x20, [sp, #64]\n"
	"	ldp	d14, d15, [sp, #48]\n"
	"	ldp	d12, d13, [sp, #32]\n"
	"	ldp	d10, d11, [sp, #16]\n"
	"	ldp	d8, d9, [sp], #160\n"
	"	ret\n"
	".size arch_switch, . - arch_switch\n"
	".popsection");

enum { ARCH_SAVED_REGISTERS = 20 };

/* A pointer that arch_switch() can go to: it enters `entry`, which never returns, on the empty stack that ends at `top`. */
static inline void *arch_prepare(unsigned char *top, void (*entry)(void))
{
	uint64_t *stack = (uint64_t *)(void *)top;
	*--stack = (uint64_t)(uintptr_t)entry; /* x30 */
	for (int i = 0; i < ARCH_SAVED_REGISTERS - 1; i++)
		*--stack = 0;
	return stack;
}

#endif
