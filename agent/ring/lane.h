/*
 * lane.h - a thread's place in the recorder, and the writing of one record into it.
 *
 * lane_write() is the record path: wait-free (G1), reentrant and async-signal-safe (G2), safe against a writer that stalls
 * (G4); recorder.h describes the protocol. lane.c finds a thread its lane; own_lane.h writes into it; shared_lane.c writes
 * where several threads do, or a signal handler that interrupted its thread's record. Thread state lives in initial-exec TLS,
 * because other models may allocate at the first use in a thread.
 */
#ifndef TTLOG_RING_LANE_H
#define TTLOG_RING_LANE_H

#include "recorder.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No generation: this thread is writing, or has no lane of its own. */
#define LANE_NOT_READY UINT32_MAX

/* abort(3) and failed assertions. A handler of SIGABRT may leave them by a jump, and then nobody is told: so only the first one is asked to. */
enum aborting {
	ABORTING_NOT = 0,
	ABORTING, /* inside: SIGABRT will end in death */
	ABORTING_HANDLED, /* the program's handler has been called: if it returns, that is the death; if it does not, nothing has happened */
};

struct thread_state {
	uint32_t ready; /* generation of the recorder whose lane this thread may write at once */
	uint32_t tid;
	struct lane_control *control; /* of the lane below */
	uint64_t *units;
	uint64_t mask;       /* its size in units, less one */
	uint64_t limit;      /* position at which it has to grow, or to look whether somebody has to be waited for (room.h), or 0 */
	uint32_t generation; /* of the recorder that the lane belongs to; 0: no lane yet */
	uint32_t aborting;   /* enum aborting */
	const void *taking;  /* frame that is taking a lane now; NULL: none */
	uint32_t sharing;    /* in the middle of a record in a shared lane, where somebody may have to be waited for */
	uint16_t never_waits;           /* for room: the thread that makes it */
	uint16_t own_descriptors;       /* its table is not the program's: what its numbers mean is no business of the hooks */
	struct thread_context *context; /* what all its records carry; then limit is 0. NULL: it never had any */
};
_Static_assert(sizeof(struct thread_state) == 72, "of every thread's stack; at most 256 are safe there");

extern __thread struct thread_state thread_state __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* What stands in the head of a record. */
struct record_fields {
	uint64_t origin;
	uint64_t kind; /* level, source and flags as the last two bytes of the head; small enough to travel in registers */
};

static inline struct record_fields record_fields(uint64_t origin, unsigned level, unsigned source, unsigned flags)
{
	return (struct record_fields){origin, level | source << 4 | (uint64_t)flags << 8};
}

/*
 * Writes one record of `bytes` (at most RECORD_PAYLOAD_MAX) of payload with the present time. False: there is no recorder or no
 * place, and that has been counted (G5).
 */
bool lane_write(struct record_fields fields, const void *payload, uint32_t bytes) __attribute__((visibility("hidden")));

/*
 * The same where the fast path cannot: no lane yet, a shared one, one that has to grow, another clock, a thread with a context, or
 * inside a handler that interrupted a record.
 */
bool lane_write_elsewhere(struct record_fields fields, const void *payload, uint32_t bytes) __attribute__((visibility("hidden")));

/* A lane that several threads write. */
struct shared_lane {
	struct lane_control *control;
	uint64_t *units;
};

/* What follows the first unit. */
struct record_rest {
	const void *payload;
	uint32_t bytes;
	const struct record_context *context; /* NULL: none */
};

static inline uint32_t rest_units(const struct record_rest *rest)
{
	return record_units(rest->bytes) + (rest->context ? context_units(rest->context) : 0);
}

/* With the present time. False: no place after some attempts, counted. May be called by several threads at once, and by handlers. */
bool shared_lane_write(const struct shared_lane *lane, uint32_t tid, struct record_fields fields, const struct record_rest *rest)
	__attribute__((visibility("hidden")));

/* The ring's geometry, grown until it holds `end` positions or cannot: units in the low half, settled in the high half. */
uint64_t lane_grow(struct lane_control *control, uint64_t *units, uint64_t end) __attribute__((visibility("hidden")));

static inline uint64_t *lane_geometry(struct lane_control *control)
{
	return (uint64_t *)(void *)&control->units;
}
_Static_assert(offsetof(struct lane_control, settled) == offsetof(struct lane_control, units) + 4, "one word, little endian");
_Static_assert(offsetof(struct lane_control, units) % 8 == 0, "one word");

static inline uint64_t geometry_units(uint64_t geometry)
{
	return (uint32_t)geometry;
}

static inline bool geometry_settled(uint64_t geometry)
{
	return geometry >> 32;
}

/* Takes the calling thread's lane now, recorder included, and makes one ready for all others, so that records need no system call. */
void lane_prepare(void) __attribute__((visibility("hidden")));

/* Counts a text that is about to be recorded cut. */
void lane_count_truncated(void) __attribute__((visibility("hidden")));
/* One event that could not be had whole: among the dropped (G5). */
void lane_count_lost(void) __attribute__((visibility("hidden")));

#endif
