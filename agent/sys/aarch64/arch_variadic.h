/*
 * arch_variadic.h (aarch64) - hooks of variadic functions that cannot be called again, only jumped to.
 *
 * ARCH_JUMP_AFTER(name, before) defines the exported function `name`: it calls
 *	void *before(va_list arguments, const void *caller)
 * with all of its arguments, from the first, and the address it was called from, and then jumps to what that returns with every
 * argument register and the stack as they were. AAPCS64, "The va_list type": a structure of 32 bytes, so passed by its address, which
 * points behind 8 general and 8 vector registers.
 *
 * The frame: x29, x30 at 0; va_list at 16; x0 to x7 at 48; q0 to q7 at 112; x8 at 240.
 */
#ifndef TTLOG_SYS_ARCH_VARIADIC_H
#define TTLOG_SYS_ARCH_VARIADIC_H

#define ARCH_JUMP_AFTER(name, before)                                                                                              \
	__asm__(".pushsection .text\n"                                                                                             \
		".globl " #name "\n"                                                                                               \
		".type " #name ", %function\n"                                                                                     \
		".p2align 4\n" #name ":\n"                                                                                         \
		".cfi_startproc\n"                                                                                                 \
		"hint #34\n" /* bti c */                                                                                           \
		"stp x29, x30, [sp, #-256]!\n"                                                                                     \
		".cfi_def_cfa_offset 256\n"                                                                                        \
		".cfi_offset x29, -256\n"                                                                                          \
		".cfi_offset x30, -248\n"                                                                                          \
		"mov x29, sp\n"                                                                                                    \
		"stp x0, x1, [sp, #48]\n"                                                                                          \
		"stp x2, x3, [sp, #64]\n"                                                                                          \
		"stp x4, x5, [sp, #80]\n"                                                                                          \
		"stp x6, x7, [sp, #96]\n"                                                                                          \
		"stp q0, q1, [sp, #112]\n"                                                                                         \
		"stp q2, q3, [sp, #144]\n"                                                                                         \
		"stp q4, q5, [sp, #176]\n"                                                                                         \
		"stp q6, q7, [sp, #208]\n"                                                                                         \
		"str x8, [sp, #240]\n"                                                                                             \
		"add x9, sp, #256\n"                                                                                               \
		"add x10, sp, #112\n"                                                                                              \
		"stp x9, x10, [sp, #16]\n" /* __stack, __gr_top */                                                                 \
		"add x9, sp, #240\n"                                                                                               \
		"str x9, [sp, #32]\n" /* __vr_top */                                                                               \
		"mov w9, #-64\n"                                                                                                   \
		"mov w10, #-128\n"                                                                                                 \
		"stp w9, w10, [sp, #40]\n" /* __gr_offs, __vr_offs */                                                              \
		"add x0, sp, #16\n"                                                                                                \
		"mov x1, x30\n"                                                                                                    \
		"bl " #before "\n"                                                                                                 \
		"mov x16, x0\n"                                                                                                    \
		"ldp x0, x1, [sp, #48]\n"                                                                                          \
		"ldp x2, x3, [sp, #64]\n"                                                                                          \
		"ldp x4, x5, [sp, #80]\n"                                                                                          \
		"ldp x6, x7, [sp, #96]\n"                                                                                          \
		"ldp q0, q1, [sp, #112]\n"                                                                                         \
		"ldp q2, q3, [sp, #144]\n"                                                                                         \
		"ldp q4, q5, [sp, #176]\n"                                                                                         \
		"ldp q6, q7, [sp, #208]\n"                                                                                         \
		"ldr x8, [sp, #240]\n"                                                                                             \
		"ldp x29, x30, [sp], #256\n"                                                                                       \
		".cfi_restore x29\n"                                                                                               \
		".cfi_restore x30\n"                                                                                               \
		".cfi_def_cfa_offset 0\n"                                                                                          \
		"br x16\n" /* by x16: a landing pad for calls takes this jump too */                                               \
		".cfi_endproc\n"                                                                                                   \
		".size " #name ", . - " #name "\n"                                                                                 \
		".popsection")

/*
 * ARCH_JUMP_UNLESS(name, number, instead, target, find) defines the exported function `name`: it jumps to the function `instead` where its
 * first argument is `number` (a string), and to the one that the variable `target` leads to otherwise; where that is still NULL, to what
 *	void *find(void)
 * returns. All with the registers, the flags and the stack as they came: it may be a call from which a child comes back on another stack, or the last.
 */
#define ARCH_JUMP_UNLESS(name, number, instead, target, find)                                                                      \
	__asm__(".pushsection .text\n"                                                                                             \
		".globl " #name "\n"                                                                                               \
		".type " #name ", %function\n"                                                                                     \
		".p2align 4\n" #name ":\n"                                                                                         \
		".cfi_startproc\n"                                                                                                 \
		"hint #34\n" /* bti c */                                                                                           \
		"sub x16, x0, #" number "\n"                                                                                       \
		"cbz x16, " #instead "\n"                                                                                          \
		"adrp x16, " #target "\n"                                                                                          \
		"ldr x16, [x16, #:lo12:" #target "]\n"                                                                             \
		"cbz x16, 1f\n"                                                                                                    \
		"br x16\n"                                                                                                         \
		"1: stp x29, x30, [sp, #-96]!\n"                                                                                   \
		".cfi_def_cfa_offset 96\n"                                                                                         \
		".cfi_offset x29, -96\n"                                                                                           \
		".cfi_offset x30, -88\n"                                                                                           \
		"mov x29, sp\n"                                                                                                    \
		"mrs x16, nzcv\n"                                                                                                  \
		"stp x0, x1, [sp, #16]\n"                                                                                          \
		"stp x2, x3, [sp, #32]\n"                                                                                          \
		"stp x4, x5, [sp, #48]\n"                                                                                          \
		"stp x6, x7, [sp, #64]\n"                                                                                          \
		"str x16, [sp, #80]\n"                                                                                             \
		"bl " #find "\n"                                                                                                   \
		"ldr x16, [sp, #80]\n"                                                                                             \
		"msr nzcv, x16\n"                                                                                                  \
		"mov x16, x0\n"                                                                                                    \
		"ldp x0, x1, [sp, #16]\n"                                                                                          \
		"ldp x2, x3, [sp, #32]\n"                                                                                          \
		"ldp x4, x5, [sp, #48]\n"                                                                                          \
		"ldp x6, x7, [sp, #64]\n"                                                                                          \
		"ldp x29, x30, [sp], #96\n"                                                                                        \
		".cfi_restore x29\n"                                                                                               \
		".cfi_restore x30\n"                                                                                               \
		".cfi_def_cfa_offset 0\n"                                                                                          \
		"br x16\n"                                                                                                         \
		".cfi_endproc\n"                                                                                                   \
		".size " #name ", . - " #name "\n"                                                                                 \
		".popsection")

#endif
