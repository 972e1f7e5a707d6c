/*
 * stack_code.h - what only machine code can do to a stack, and code that nothing describes; x86_64.
 */
#ifndef TTLOG_TESTS_STACK_CODE_H
#define TTLOG_TESTS_STACK_CODE_H

#include <stdint.h>
#include <string.h>

/* From a function's frame address upwards, what leads back to its caller, and some of the caller's own. */
#define STACK_CODE_RETURN_WORDS 8

/* Without unwind information. They can be copied to elsewhere: no instruction depends on its place. */
void stack_code_bare(void (*call)(void));   /* calls, without a frame pointer */
void stack_code_framed(void (*call)(void)); /* calls, with one */
void stack_code_fault_at_entry(void);       /* its first instruction is none */
extern const char stack_code_bare_end[], stack_code_framed_end[], stack_code_fault_at_entry_end[];
__asm__(".pushsection .text\n"
	".globl stack_code_bare, stack_code_framed, stack_code_fault_at_entry\n"
	".type stack_code_bare, @function\n"
	"stack_code_bare:\n"
	"	subq $40, %rsp\n"
	"	movq $0, (%rsp)\n" /* what was there before could look like a return address */
	"	movq $0, 8(%rsp)\n"
	"	movq $0, 16(%rsp)\n"
	"	movq $0, 24(%rsp)\n"
	"	movq $0, 32(%rsp)\n"
	"	call *%rdi\n"
	"	addq $40, %rsp\n"
	"	ret\n"
	".size stack_code_bare, .-stack_code_bare\n"
	"stack_code_bare_end:\n"
	".type stack_code_framed, @function\n"
	"stack_code_framed:\n"
	"	pushq %rbp\n"
	"	movq %rsp, %rbp\n"
	"	subq $48, %rsp\n"
	"	call *%rdi\n"
	"	leave\n"
	"	ret\n"
	".size stack_code_framed, .-stack_code_framed\n"
	"stack_code_framed_end:\n"
	".type stack_code_fault_at_entry, @function\n"
	"stack_code_fault_at_entry:\n"
	"	ud2\n"
	".size stack_code_fault_at_entry, .-stack_code_fault_at_entry\n"
	"stack_code_fault_at_entry_end:\n"
	".popsection\n");

static inline void stack_code_fault_with_sp(uintptr_t sp)
{
	__asm__ volatile("movq %0, %%rsp; ud2" : : "r"(sp) : "memory");
}

static inline void stack_code_fault_with_frame_pointer(uintptr_t frame)
{
	__asm__ volatile("movq %0, %%rbp; ud2" : : "r"(frame) : "memory");
}

static inline void stack_code_fault_with_both(uintptr_t sp, uintptr_t frame)
{
	__asm__ volatile("movq %0, %%rsp; movq %1, %%rbp; ud2" : : "r"(sp), "r"(frame) : "memory");
}

/*
 * The stub of getppid(2) in the procedure linkage table is a jump through a pointer, ff 25 and its distance (System V psABI
 * 5.2), here to `where`. For a program whose pointers stay writable.
 */
static inline void stack_code_call_astray(uintptr_t where)
{
	const unsigned char *stub;
	int32_t distance;
	__asm__("leaq getppid@PLT(%%rip), %0" : "=r"(stub));
	while (stub[0] != 0xff || stub[1] != 0x25)
		stub++;
	memcpy(&distance, stub + 2, sizeof(distance));
	*(volatile uintptr_t *)(stub + 6 + distance) = where;
	__asm__ volatile("call getppid@PLT" ::: "memory", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11");
}

/* A thread-local storage as pthread_create(3) makes it: the block, its pointer to itself, the values that protect the stack. */
extern void *_dl_allocate_tls(void *memory);
static inline void *stack_code_make_tls(void)
{
	char *tls = _dl_allocate_tls(NULL), *ours;
	__asm__("movq %%fs:0x10, %0" : "=r"(ours));
	memcpy(tls, &tls, sizeof(tls));
	memcpy(tls + 0x10, &tls, sizeof(tls));
	memcpy(tls + 0x28, ours + 0x28, 16);
	return tls;
}

#endif
