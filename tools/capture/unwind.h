/*
 * unwind.h - the frames of a thread, from registers and the target's memory.
 *
 * Unwind information (libunwind reads it) leads from frame to frame; where there is none, or it leads to nonsense, a guess
 * does, and the frame says so. The registers are given and not asked of the kernel: so a dying thread is unwound from where
 * its signal struck, and the handler's own frames never show. Single-threaded.
 */
#ifndef TTLOG_CAPTURE_UNWIND_H
#define TTLOG_CAPTURE_UNWIND_H

#include "guess.h"
#include "memory.h"
#include "snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unwinder;

/* The snapshot has its modules already, and outlives it, as `memory` does. NULL where libunwind cannot start. */
struct unwinder *unwinder_create(const struct snapshot *snapshot, struct memory *memory);
void unwinder_destroy(struct unwinder *unwinder);

/* All stacks together take about as long as this, from now on; deep ones are cut then. */
void unwinder_limit(struct unwinder *unwinder, uint64_t ns);

struct unwound_frame {
	uint64_t pc, sp;
	bool exact; /* innermost, or interrupted by a signal: pc is the instruction itself, not a return address */
	enum frame_found found;
};

/* Of a deep stack the innermost frames are kept, which died, and the outermost, which began it. */
#define UNWOUND_INNER 192u
#define UNWOUND_OUTER 64u

struct unwound_stack {
	struct unwound_frame frames[UNWOUND_INNER + UNWOUND_OUTER]; /* innermost first */
	size_t count;
	uint64_t omitted; /* between frames[UNWOUND_INNER - 1] and frames[UNWOUND_INNER] */
	bool cut;         /* the outermost frame is not known: nothing led further, or the time was over */
};

void unwinder_run(struct unwinder *unwinder, const uint64_t *registers, struct unwound_stack *stack);

#endif
