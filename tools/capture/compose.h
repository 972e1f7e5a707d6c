/*
 * compose.h - puts the snapshot together from the stopped target and its recorder.
 */
#ifndef TTLOG_CAPTURE_COMPOSE_H
#define TTLOG_CAPTURE_COMPOSE_H

#include "recording.h"
#include "snapshot.h"
#include "symbols.h"
#include "target.h"

/*
 * `reason` NULL: the signal of the crash record. The target must be stopped (or ptrace denied, which is noted as a degradation).
 * `symbols` (may be NULL) are handed what only the living target can still show: files that are gone.
 */
void compose(struct snapshot *snapshot, const struct target *target, const struct recording *recording, const char *reason,
	     struct symbols *symbols);

#endif
