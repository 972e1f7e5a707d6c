/*
 * arch_variadic.h (x86_64) - hooks of variadic functions that cannot be called again, only jumped to.
 *
 * ARCH_JUMP_AFTER(name, before) defines the exported function `name`: it calls
 *	void *before(va_list arguments, const void *caller)
 * with all of its arguments, from the first, and the address it was called from, and then jumps to what that returns with every
 * argument register and the stack as they were. System V ABI, "Variable Argument Lists": the registers lie 6 general ones first, then
 * 8 vector ones; AL says whether those are used.
 */
#ifndef TTLOG_SYS_ARCH_VARIADIC_H
#define TTLOG_SYS_ARCH_VARIADIC_H

#define ARCH_JUMP_AFTER(name, before)                                                                                              \
	__asm__(".pushsection .text\n"                                                                                             \
		".globl " #name "\n"                                                                                               \
		".type " #name ", @function\n"                                                                                     \
		".p2align 4\n" #name ":\n"                                                                                         \
		".cfi_startproc\n"                                                                                                 \
		"endbr64\n"                                                                                                        \
		"push %rbp\n"                                                                                                      \
		".cfi_def_cfa_offset 16\n"                                                                                         \
		".cfi_offset %rbp, -16\n"                                                                                          \
		"mov %rsp, %rbp\n"                                                                                                 \
		".cfi_def_cfa_register %rbp\n"                                                                                     \
		"sub $208, %rsp\n" /* 176 of registers, 24 of va_list, AL */                                                       \
		"mov %rdi, 0(%rsp)\n"                                                                                              \
		"mov %rsi, 8(%rsp)\n"                                                                                              \
		"mov %rdx, 16(%rsp)\n"                                                                                             \
		"mov %rcx, 24(%rsp)\n"                                                                                             \
		"mov %r8, 32(%rsp)\n"                                                                                              \
		"mov %r9, 40(%rsp)\n"                                                                                              \
		"movaps %xmm0, 48(%rsp)\n"                                                                                         \
		"movaps %xmm1, 64(%rsp)\n"                                                                                         \
		"movaps %xmm2, 80(%rsp)\n"                                                                                         \
		"movaps %xmm3, 96(%rsp)\n"                                                                                         \
		"movaps %xmm4, 112(%rsp)\n"                                                                                        \
		"movaps %xmm5, 128(%rsp)\n"                                                                                        \
		"movaps %xmm6, 144(%rsp)\n"                                                                                        \
		"movaps %xmm7, 160(%rsp)\n"                                                                                        \
		"movl $0, 176(%rsp)\n"  /* gp_offset */                                                                            \
		"movl $48, 180(%rsp)\n" /* fp_offset */                                                                            \
		"mov %rax, 200(%rsp)\n"                                                                                            \
		"lea 16(%rbp), %rax\n"                                                                                             \
		"mov %rax, 184(%rsp)\n" /* overflow_arg_area */                                                                    \
		"mov %rsp, 192(%rsp)\n" /* reg_save_area */                                                                        \
		"lea 176(%rsp), %rdi\n"                                                                                            \
		"mov 8(%rbp), %rsi\n"                                                                                              \
		"call " #before "\n"                                                                                               \
		"mov %rax, %r11\n"                                                                                                 \
		"mov 0(%rsp), %rdi\n"                                                                                              \
		"mov 8(%rsp), %rsi\n"                                                                                              \
		"mov 16(%rsp), %rdx\n"                                                                                             \
		"mov 24(%rsp), %rcx\n"                                                                                             \
		"mov 32(%rsp), %r8\n"                                                                                              \
		"mov 40(%rsp), %r9\n"                                                                                              \
		"movaps 48(%rsp), %xmm0\n"                                                                                         \
		"movaps 64(%rsp), %xmm1\n"                                                                                         \
		"movaps 80(%rsp), %xmm2\n"                                                                                         \
		"movaps 96(%rsp), %xmm3\n"                                                                                         \
		"movaps 112(%rsp), %xmm4\n"                                                                                        \
		"movaps 128(%rsp), %xmm5\n"                                                                                        \
		"movaps 144(%rsp), %xmm6\n"                                                                                        \
		"movaps 160(%rsp), %xmm7\n"                                                                                        \
		"mov 200(%rsp), %rax\n"                                                                                            \
		"leave\n"                                                                                                          \
		".cfi_def_cfa %rsp, 8\n"                                                                                           \
		"jmp *%r11\n"                                                                                                      \
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
		".type " #name ", @function\n"                                                                                     \
		".p2align 4\n" #name ":\n"                                                                                         \
		".cfi_startproc\n"                                                                                                 \
		"endbr64\n"                                                                                                        \
		"mov %rcx, %r10\n"                                                                                                 \
		"lea -" number "(%rdi), %rcx\n"                                                                                    \
		"jrcxz 1f\n"                                                                                                       \
		"mov " #target "(%rip), %rcx\n"                                                                                    \
		"jrcxz 2f\n"                                                                                                       \
		"mov %rcx, %r11\n"                                                                                                 \
		"mov %r10, %rcx\n"                                                                                                 \
		"jmp *%r11\n"                                                                                                      \
		"1: mov %r10, %rcx\n"                                                                                              \
		"jmp " #instead "\n"                                                                                               \
		"2: pushfq\n"                                                                                                      \
		"push %rdi\n"                                                                                                      \
		"push %rsi\n"                                                                                                      \
		"push %rdx\n"                                                                                                      \
		"push %r10\n"                                                                                                      \
		"push %r8\n"                                                                                                       \
		"push %r9\n"                                                                                                       \
		".cfi_def_cfa_offset 64\n"                                                                                         \
		"call " #find "\n"                                                                                                 \
		"mov %rax, %r11\n"                                                                                                 \
		"pop %r9\n"                                                                                                        \
		"pop %r8\n"                                                                                                        \
		"pop %rcx\n"                                                                                                       \
		"pop %rdx\n"                                                                                                       \
		"pop %rsi\n"                                                                                                       \
		"pop %rdi\n"                                                                                                       \
		"popfq\n"                                                                                                          \
		".cfi_def_cfa_offset 8\n"                                                                                          \
		"jmp *%r11\n"                                                                                                      \
		".cfi_endproc\n"                                                                                                   \
		".size " #name ", . - " #name "\n"                                                                                 \
		".popsection")

#endif
