/*
 * tap.h - one listener's place in the recorder: each record once, in the order of time, and how many were missed.
 *
 * One thread at a time calls it, but for tap_position(), which is anybody's. It reads as any reader does (G6): nothing here can slow a writer.
 *
 * Order: a record's head moves, then it takes its time. So a turn begins by noting the time, and then looks how far each lane goes: what
 * comes later is later. ORDER_NS before that time is the horizon of the turn: all that is older has been seen, and is handed out in its
 * order; what is younger waits for the next turn. One thing comes later than it should, and then as soon as it can be read: a record
 * whose writer was stopped in the middle of it for more than STALL_NS (nobody waits longer for it). In a lane that threads share they
 * may take their times in another order than their places: those few come in the order of the places.
 *
 * Counting: a lane's records are counted as they are committed (recorder.h). What was counted and neither read nor lies unread in the
 * lane has been lost; the count is exact once nobody is in the middle of a record, never too high before, and each loss is told once.
 */
#ifndef TTLOG_LISTEN_TAP_H
#define TTLOG_LISTEN_TAP_H

#include "reader.h"

struct tap_lane {
	struct lane_cursor cursor;
	uint64_t seen;          /* records read */
	uint64_t base;          /* records of the lane that were there before the tap was */
	uint64_t lost;          /* known so far */
	uint64_t recorded;      /* as of the turn's beginning */
	uint64_t stalled_since; /* ns; 0: it is not */
	bool opened;
	bool gap;     /* something was lost, or may have been: `base` is settled */
	bool held;    /* `record` is the lane's next */
	bool ended;   /* nothing more in this turn */
	bool stalled; /* somebody is in the middle of a record */
	/* As of the last tap_keep(). */
	uint64_t kept_next, kept_seen;
};

struct tap {
	struct recorder_view view;
	struct tap_lane *lanes;
	struct record *records; /* by lane */
	uint64_t horizon;       /* ticks */
	uint64_t lost_told, kept_told;
	uint32_t used; /* lanes that anybody has ever written */
	bool stalled;  /* somebody in the middle of a record was waited for in this turn: there may be more before the horizon */
};

/*
 * Of the recorder of this process, which there has to be. Memory is mapped. from_now: without what has been recorded before. 0, -ENOMEM,
 * or -EINVAL. Any thread may call it; the tap must not move afterwards.
 */
int tap_open(struct tap *tap, bool from_now) __attribute__((visibility("hidden")));
void tap_close(struct tap *tap) __attribute__((visibility("hidden")));

/* A turn begins: until its end only what was recorded before now is handed out. */
void tap_begin(struct tap *tap, uint64_t ticks_per_us) __attribute__((visibility("hidden")));

/* The next record; NULL: none in this turn. Lives until the next call. */
const struct record *tap_next(struct tap *tap, uint64_t now_ns) __attribute__((visibility("hidden")));

/* Losses that have not been told. */
uint64_t tap_take_lost(struct tap *tap) __attribute__((visibility("hidden")));
/* All losses. */
uint64_t tap_lost(const struct tap *tap) __attribute__((visibility("hidden")));

/* What has been read so far is done with; or is to be read again, as far as it is still there. */
void tap_keep(struct tap *tap) __attribute__((visibility("hidden")));
void tap_return(struct tap *tap) __attribute__((visibility("hidden")));

/* Before this position of the lane nothing is needed any more. */
static inline uint64_t tap_position(const struct tap *tap, uint32_t lane)
{
	return __atomic_load_n(&tap->lanes[lane].kept_next, __ATOMIC_ACQUIRE);
}

#endif
