/*
 * core.h - what a core file says of a death: who died in it, of what, with which registers; and whether two deaths are one.
 *
 * Runs that are compared have no address randomisation and stacks of the same size above main (process_setup.twin), so main's
 * stack and the program are at the same addresses. The agent's own mapping moves what is mapped after it. So a register counts
 * as equal where
 *   - its value is the same; or
 *   - both values lie in the same file's mapping at the same offset; or
 *   - both lie in the mapping of the stack pointer, at the same distance from it or from the thread pointer; or
 *   - both lie in anonymous memory (heaps of threads, their stacks, thread-local storage) that is no file's; or
 *   - both are the own process id, or the own thread id; or
 *   - both are offsets of thread-local storage, which the agent's own makes larger.
 * The stack pointer itself is the same, or, in a thread's stack, at a distance from the thread pointer that differs by no more
 * than the agent's thread-local storage and the frame of the function that adopts an alternate stack.
 * orig_rax is left out: it tells how the kernel was entered last, and that was from the handler.
 */
#ifndef TTLOG_TESTS_CORE_H
#define TTLOG_TESTS_CORE_H

#include "core_registers.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

struct core_mapping {
	uint64_t begin, end;
	uint64_t offset;  /* in the file */
	const char *file; /* NULL: anonymous */
};

struct core {
	pid_t pid, tid, ppid;
	unsigned threads;
	bool has_signal;
	siginfo_t signal;
	uint64_t registers[CORE_REGISTERS];
	core_vector_state vectors;
	struct core_mapping *mappings;
	size_t mapping_count;
};

/* The one core file in a directory; false: there is none. More of them, or a damaged one, fail the test. */
bool core_in(const char *directory, struct core *core);

/* How much of two deaths must be equal. */
struct core_scrutiny {
	bool other_stack; /* main's stack is another: its environment is, or frames above hold more for each library */
	bool any_thread;  /* which of the threads died is chance */
	bool any_count;   /* how many threads there were is chance */
	/*
	 * Since the registers were set to known values, a function ran that the agent hooks (abort, sigaction): what a call may
	 * destroy and nobody has set since (r8 to r11, vector registers) says nothing of the program.
	 */
	bool hooked;
	bool called; /* a function of libc ran: flags are left of its arithmetic */
	/* Inside of exit(3) and fork(3), libc counts the functions registered for it in a register: the agent's is one of them. */
	bool registered;
	bool resent; /* the death comes by tgkill(2), the one call that a sandbox surely allows, or by the kernel: its signal alone is kept */
	bool signal_only; /* the place of the death is chance: siginfo without its address, and no registers */
};

/* NULL, or what is different, malloc'ed. */
char *core_difference(const struct core *plain, const struct core *agent, const struct core_scrutiny *scrutiny);

const char *core_register_name(size_t number);

#endif
