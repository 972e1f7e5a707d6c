/*
 * compose.h - puts the snapshot together from the stopped target and its recorder.
 */
#ifndef TTLOG_CAPTURE_COMPOSE_H
#define TTLOG_CAPTURE_COMPOSE_H

#include "recording.h"
#include "snapshot.h"
#include "target.h"
#include "unwind.h"

/* `reason` NULL: the signal of the crash record. The target must be stopped (or ptrace denied, which is noted as a degradation). */
void compose(struct snapshot *snapshot, const struct target *target, const struct recording *recording, const char *reason);

/* Where the threads' stacks are found. */
struct stacks {
	struct unwinder *unwinder;        /* NULL: registers only */
	const struct recorder_view *view; /* threads that saved themselves; NULL: none */
};

/* The threads of the target, the crashed one first. `crash` NULL: none did. */
void compose_threads(struct snapshot *snapshot, const struct target *target, const struct crash_record *crash,
		     const struct stacks *stacks);

#endif
