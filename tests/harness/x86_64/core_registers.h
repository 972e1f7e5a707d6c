/*
 * core_registers.h - struct elf_prstatus's registers by name, in its order (<sys/user.h>); x86_64.
 */
#ifndef TTLOG_TESTS_CORE_REGISTERS_H
#define TTLOG_TESTS_CORE_REGISTERS_H

#include <sys/user.h>

#define CORE_REGISTER_NAMES                                                                                                        \
	"r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi", "orig_rax", "rip",  \
		"cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs"

enum {
	CORE_REGISTERS = 27,
	CORE_SCRATCH_FIRST = 6, /* r11 to r8: neither preserved by calls nor arguments of most */
	CORE_SCRATCH_LAST = 9,
	CORE_FLAGS_COPY = 6, /* r11, behind a system call */
	CORE_FLAGS = 18,
	CORE_PROGRAM_COUNTER = 16,
	CORE_STACK_POINTER = 19,
	CORE_THREAD_POINTER = 21,
	CORE_THREAD_POINTER_KNOWN = 1,
	CORE_SYSTEM_CALL = 15, /* no register: the number of the system call that the signal interrupted, if it was one */
	CORE_SCRATCH_TELLS_IN_LIBC = 1,
	CORE_CALL_BYTES = 0, /* the program counter stays behind a system call that is to be made again */
};

typedef struct user_fpregs_struct core_vector_state;

/* x87's and SSE's. */
static inline unsigned long core_float_control(const core_vector_state *state)
{
	return (unsigned long)state->cwd << 32 | state->mxcsr;
}

/* Of the floating point state: control and status words, and the vector registers. */
#define CORE_VECTOR_OFFSET 160u /* of xmm0 in struct user_fpregs_struct */
#define CORE_VECTOR_BYTES  256u
#define CORE_CONTROL_BYTES 32u /* x87 control, status, tag, last addresses; mxcsr */

#endif
