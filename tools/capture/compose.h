/*
 * compose.h - puts the snapshot together from the stopped target and its recorder.
 */
#ifndef TTLOG_CAPTURE_COMPOSE_H
#define TTLOG_CAPTURE_COMPOSE_H

#include "recording.h"
#include "snapshot.h"
#include "target.h"

/* Text of /proc/pid/maps; NULL: not to be had. */
struct maps {
	char *text;
	size_t bytes;
};

/* `reason` NULL: the signal of the crash record. The target must be stopped (or ptrace denied, which is noted as a degradation). */
void compose(struct snapshot *snapshot, const struct target *target, const struct recording *recording, const struct maps *maps,
	     const char *reason);

#endif
