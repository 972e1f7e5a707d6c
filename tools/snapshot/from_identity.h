/*
 * from_identity.h - who was recorded and when, as a recorder file says it, into a snapshot. For from_recorder.c and capture. Single-threaded; strings go
 * with the snapshot's arena; what is damaged is left out.
 */
#ifndef TTLOG_SNAPSHOT_FROM_IDENTITY_H
#define TTLOG_SNAPSHOT_FROM_IDENTITY_H

#include "reader.h"
#include "snapshot.h"

void identity_add(struct snapshot *snapshot, const struct recorder_view *view);

/* As /proc/PID/cmdline has it: a NUL behind each argument. */
void identity_add_cmdline(struct snapshot *snapshot, const char *cmdline, size_t bytes);

/* Names of the bits of enum degradation. */
void identity_add_degradations(struct snapshot *snapshot, uint32_t bits);

/* When the process said it died; for one that did not come to that, now. */
void identity_add_times(struct snapshot *snapshot, const struct recorder_clock *clock, const struct clock_pair *now);

#endif
