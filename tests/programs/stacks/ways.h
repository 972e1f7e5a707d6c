/*
 * ways.h - the ways to die of the program stacks, and what they share.
 */
#ifndef TTLOG_TESTS_WAYS_H
#define TTLOG_TESTS_WAYS_H

#include "victim.h"

#include <stddef.h>

/* clang-format off */
#define WAYS(W)                                                                                                                    \
	W(overflow)                                                                                                                \
	W(overflow_wide) W(overflow_limited) W(overflow_in_printf) W(overflow_thread) W(overflow_thread_small)                     \
		W(overflow_thread_wide) W(overflow_thread_given_stack) W(overflow_thread_2000th) W(overflow_thread_detached)       \
			W(overflow_thread_unseen) W(overflow_thread_unseen_silent) W(overflow_clone) W(overflow_clone_tls)         \
				W(altstack_gone) W(altstack_small) W(altstack_overflow) W(scrambled) W(deep) W(deep_mutual) W(sp_null)               \
					W(sp_noncanonical) W(sp_unmapped) W(sp_read_only) W(frame_pointer) W(return_address)       \
						W(jump_data) W(jump_unmapped) W(jump_noncanonical) W(handler_on_altstack)          \
							W(handler_at_entry) W(handler_bare) W(bare) W(framed) W(jit) W(jit_framed) \
								W(jit_faults) W(jit_in_hole) W(vdso) W(plt) W(plt_unmapped)     \
									W(deleted)                                         \
									W(replaced) W(library_deleted) W(memfd) W(mapped_twice)    \
										W(threads_100)
/* clang-format on */

#define WAY(name) NOINLINE void way_##name(void)
#define W(name)   WAY(name);
WAYS(W)
#undef W

extern volatile int one; /* which no compiler knows */
void fault(void);
/* Memory; _exit(91) where there is none. */
void *map(size_t bytes, int protection);

/* Threads that wait for ever, and how many do. */
extern int resting;
void create_many(unsigned count, int detached);

/* A thread by clone(2) that overflows its stack; it speaks before where there is an argument. */
void run_cloned(int flags, void *tls, void *argument);

#endif
