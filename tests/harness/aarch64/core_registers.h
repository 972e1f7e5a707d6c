/*
 * core_registers.h - struct elf_prstatus's registers by name, in its order (<sys/user.h>); aarch64.
 */
#ifndef TTLOG_TESTS_CORE_REGISTERS_H
#define TTLOG_TESTS_CORE_REGISTERS_H

#include <sys/user.h>

#define CORE_REGISTER_NAMES                                                                                                        \
	"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", \
		"x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp", "pc", "pstate"

enum {
	CORE_REGISTERS = 34,
	CORE_SCRATCH_FIRST = 4, /* x4 to x18: neither preserved by calls nor arguments of most */
	CORE_SCRATCH_LAST = 18,
	CORE_FLAGS_COPY = 33, /* there is none: the flags */
	CORE_FLAGS = 33,
	CORE_PROGRAM_COUNTER = 32,
	CORE_STACK_POINTER = 31,
	CORE_THREAD_POINTER = 33, /* not among them */
	CORE_THREAD_POINTER_KNOWN = 0,
	CORE_SYSTEM_CALL = 8,
	/* Within libc they hold what differs from one run to the next: the key of malloc's cache, how many files the loader has searched. */
	CORE_SCRATCH_TELLS_IN_LIBC = 0,
	/* The kernel goes back in front of a system call that is to be made again, unless a handler runs first. */
	CORE_CALL_BYTES = 4,
};

typedef struct user_fpsimd_struct core_vector_state;

static inline unsigned long core_float_control(const core_vector_state *state)
{
	return (unsigned long)state->fpsr << 32 | state->fpcr;
}

/* Of the floating point state: the vector registers, then status and control. */
#define CORE_VECTOR_OFFSET 0u /* of v0 in struct user_fpsimd_struct */
#define CORE_VECTOR_BYTES  512u
#define CORE_CONTROL_BYTES 0u

#endif
