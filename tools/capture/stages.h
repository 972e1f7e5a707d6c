/*
 * stages.h - how long the parts of a capture took, since the signal arrived: agent.stages of the snapshot.
 */
#ifndef TTLOG_CAPTURE_STAGES_H
#define TTLOG_CAPTURE_STAGES_H

#include "recorder_load.h"
#include "snapshot.h"

/*
 * "saved": the dying thread's state was; "spawned": the helper was started; "attached": all threads stand still; "composed": they
 * are unwound and all is read. `attached_ticks` is of the recorder's clock, and composed is now. Writing the file comes after.
 */
void stages_add(struct snapshot *snapshot, const struct recorder_view *view, const struct crash_record *crash,
		uint64_t attached_ticks);

#endif
