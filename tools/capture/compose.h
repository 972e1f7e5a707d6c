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
 * One snapshot in the making, in two steps: what only somebody can see who may look into the target, and then, without that right, what is made
 * of it. The caller's, who fills in the first four; the rest is zero.
 */
struct composition {
	struct snapshot *snapshot;
	const struct target *target; /* stopped; or ptrace is denied, which is noted as a degradation; or `living` */
	const struct recording *recording;
	const struct living *living; /* what a living target was when it was stopped; else NULL */

	const struct crash_record *crash; /* of a death by a signal; else NULL */
	uint64_t attached_ticks;
	char *text;            /* of the maps */
	struct memory *memory; /* NULL: there is no memory of ours for it */
	int *lost;             /* files of modules, as modules_open_lost() has them */
};

/* Text of /proc alone is parsed, and the recorder. `reason` NULL: the signal of the crash record. */
void compose_look(struct composition *composition, const char *reason);

/*
 * Stacks, modules, times. The target's memory is read by what target_hold_memory() holds, or as far as that is allowed. `symbols` (may be
 * NULL) are handed what only the living target can show: files that are gone.
 */
void compose_rest(struct composition *composition, struct symbols *symbols);

/* Once, whether it came to the rest or not. */
void compose_release(struct composition *composition);

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
