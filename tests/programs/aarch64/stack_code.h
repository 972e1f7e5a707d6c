/*
 * stack_code.h - what only machine code can do to a stack, and code that nothing describes; aarch64.
 */
#ifndef TTLOG_TESTS_STACK_CODE_H
#define TTLOG_TESTS_STACK_CODE_H

#include <stddef.h>
#include <stdint.h>

/* From a function's frame address upwards, what leads back to its caller; behind that is what leads back from the caller. */
#define STACK_CODE_RETURN_WORDS 2

/* Without unwind information. They can be copied to elsewhere: no instruction depends on its place. */
void stack_code_bare(void (*call)(void));   /* calls, without a frame pointer */
void stack_code_framed(void (*call)(void)); /* calls, with one */
void stack_code_fault_at_entry(void);       /* its first instruction is none */
extern const char stack_code_bare_end[], stack_code_framed_end[], stack_code_fault_at_entry_end[];
__asm__(".pushsection .text\n"
	".p2align 2\n"
	".globl stack_code_bare, stack_code_framed, stack_code_fault_at_entry\n"
	".globl stack_code_bare_end, stack_code_framed_end, stack_code_fault_at_entry_end\n"
	".type stack_code_bare, %function\n"
	"stack_code_bare:\n"
	"	sub sp, sp, #48\n"
	"	stp xzr, xzr, [sp]\n" /* what was there before could look like a return address */
	"	stp xzr, xzr, [sp, #16]\n"
	"	stp xzr, x30, [sp, #32]\n"
	"	blr x0\n"
	"	ldr x30, [sp, #40]\n"
	"	add sp, sp, #48\n"
	"	ret\n"
	".size stack_code_bare, .-stack_code_bare\n"
	"stack_code_bare_end:\n"
	".type stack_code_framed, %function\n"
	"stack_code_framed:\n"
	"	stp x29, x30, [sp, #-64]!\n"
	"	mov x29, sp\n"
	"	blr x0\n"
	"	ldp x29, x30, [sp], #64\n"
	"	ret\n"
	".size stack_code_framed, .-stack_code_framed\n"
	"stack_code_framed_end:\n"
	".type stack_code_fault_at_entry, %function\n"
	"stack_code_fault_at_entry:\n"
	"	.inst 0\n"
	".size stack_code_fault_at_entry, .-stack_code_fault_at_entry\n"
	"stack_code_fault_at_entry_end:\n"
	".popsection\n");

/* Without what else leads to the caller: a function that calls nothing keeps that in registers. */
static inline void stack_code_fault_with_sp(uintptr_t sp)
{
	__asm__ volatile("mov sp, %0\n\tmov x29, xzr\n\tmov x30, xzr\n\t.inst 0" : : "r"(sp) : "memory");
}

static inline void stack_code_fault_with_frame_pointer(uintptr_t frame)
{
	__asm__ volatile("mov x29, %0\n\t.inst 0" : : "r"(frame) : "memory");
}

static inline void stack_code_fault_with_both(uintptr_t sp, uintptr_t frame)
{
	__asm__ volatile("mov sp, %0\n\tmov x29, %1\n\t.inst 0" : : "r"(sp), "r"(frame) : "memory");
}

/*
 * The entry of getppid(2) in the procedure linkage table is adrp x16, ldr x17 from there, add, and a jump by x17 (the linker's; a call that
 * is never made tells where it stands), here to `where`. For a program whose pointers stay writable.
 */
static inline void stack_code_call_astray(uintptr_t where)
{
	const uint32_t *entry;
	__asm__ volatile("adr %0, 1f\n\tb 2f\n1:\tbl getppid\n2:" : "=r"(entry));
	entry += (int32_t)(*entry << 6) >> 6;
	if (*entry == 0xd503245f) /* bti c, where the linker marks branch targets */
		entry++;
	if ((*entry & 0x9f00001f) != 0x90000010) /* adrp x16: another linker's entry */
		__builtin_trap();
	const int64_t pages = (int32_t)((entry[0] >> 5 & 0x7ffff) << 13) >> 11 | (entry[0] >> 29 & 3);
	const uintptr_t page = ((uintptr_t)entry & ~(uintptr_t)4095) + (uintptr_t)(pages * 4096);
	*(volatile uintptr_t *)(page + (entry[1] >> 10 & 0xfff) * 8) = where;
	__asm__ volatile("bl getppid" ::
				 : "memory", "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
				   "x14", "x15", "x16", "x17", "x30");
}

/* A thread-local storage as pthread_create(3) makes it. The value that protects the stack is no part of it here. */
extern void *_dl_allocate_tls(void *memory);
static inline void *stack_code_make_tls(void)
{
	return _dl_allocate_tls(NULL);
}

#endif
