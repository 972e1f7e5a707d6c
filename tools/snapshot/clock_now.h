/*
 * clock_now.h - the three clocks of a recorder, read now: the second pair where a living process has not written one.
 *
 * Meaningful on the machine, and during the boot, that the recorder file is of.
 */
#ifndef TTLOG_SNAPSHOT_CLOCK_NOW_H
#define TTLOG_SNAPSHOT_CLOCK_NOW_H

#include "recorder.h"

/* `kind` is enum clock_kind, of recorder_clock. */
struct clock_pair clock_now(uint32_t kind);

#endif
