/*
 * compose.h - puts the snapshot together from the stopped target and its recorder.
 */
#ifndef TTLOG_CAPTURE_COMPOSE_H
#define TTLOG_CAPTURE_COMPOSE_H

#include "living.h"
#include "memory.h"
#include "recording.h"
#include "snapshot.h"
#include "symbols.h"
#include "target.h"
#include "unwind.h"

/*
 * `reason` NULL: the signal of the crash record. The target must be stopped (or ptrace denied, which is noted as a degradation), or
 * be a living one of which `living` (else NULL) holds what it was when it was.
 * `symbols` (may be NULL) are handed what only the living target can still show: files that are gone.
 */
void compose(struct snapshot *snapshot, const struct target *target, const struct recording *recording, const struct living *living,
	     const char *reason, struct symbols *symbols);

/* How a process's stacks are looked at. */
struct stacks {
	struct snapshot *snapshot;         /* has its modules already */
	struct memory *memory;             /* of the process, or what is known of it */
	struct unwinder *unwinder;         /* NULL: registers only */
	const struct recorder_view *saved; /* where threads saved themselves; NULL: nowhere */
};

/* The threads of the target, the crashed one first. `crash` NULL: none did. */
void compose_threads(struct stacks *stacks, const struct target *target, const struct crash_record *crash);

#endif
