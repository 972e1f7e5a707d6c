/*
 * unwind.h - the frames of a thread, from registers and the target's memory (libunwind).
 *
 * The registers are given and not asked of the kernel: so a dying thread is unwound from where its signal struck, and the
 * handler's own frames never show. Single-threaded.
 */
#ifndef TTLOG_CAPTURE_UNWIND_H
#define TTLOG_CAPTURE_UNWIND_H

#include "images.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct unwinder;

/* `pid` 0: nobody that could be looked into. NULL where libunwind cannot start. */
struct unwinder *unwinder_create(pid_t pid);
void unwinder_destroy(struct unwinder *unwinder);

/* Memory that was copied before (the stack in the crash record): used where the target itself cannot be read. Not owned. */
void unwinder_add_copy(struct unwinder *unwinder, uint64_t address, const unsigned char *data, size_t bytes);

/*
 * The files on disk: used for what neither the target nor the copy has. Where there is no target, the stack ends where they do not
 * describe it: nothing is guessed. Not owned.
 */
void unwinder_add_images(struct unwinder *unwinder, struct images *images);

struct unwound_frame {
	uint64_t pc, sp;
	bool interrupted; /* innermost, or interrupted by a signal: pc is the instruction itself, not a return address */
};

/* Fills at most `room` frames, innermost first; answers how many. *cut: there were more. */
size_t unwinder_run(struct unwinder *unwinder, const uint64_t *registers, struct unwound_frame *frames, size_t room, bool *cut);

#endif
