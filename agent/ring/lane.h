/*
 * lane.h - a thread's place in the recorder, and the writing of one record into it.
 *
 * lane_write() is the record path: wait-free (G1), reentrant and async-signal-safe (G2), safe against a writer that stalls (G4);
 * recorder.h describes the protocol, this is its one implementation. Thread state lives in initial-exec TLS, because
 * other models may allocate at the first use in a thread.
 */
#ifndef TTLOG_RING_LANE_H
#define TTLOG_RING_LANE_H

#include "recorder.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lane {
	struct lane_control *control;
	unsigned char *units;
	bool shared;
};

struct thread_state {
	uint32_t generation; /* of the recorder that `lane` belongs to; 0: no lane yet */
	uint32_t tid;
	struct lane lane;
	const void *taking; /* frame that is taking a lane now; NULL: none */
	uint32_t aborting;  /* inside abort(3) or a failed assertion: SIGABRT will end in death */
};

/* 64 bytes of every thread's stack (HAZARDS: at most 256). */
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

/* The same for a payload of words with LANE_BODY_BYTES of slack behind it: whole units are copied, word by word as it was written. */
bool lane_write_words(struct record_fields fields, const uint64_t *payload, uint32_t bytes) __attribute__((visibility("hidden")));

/* Takes the calling thread's lane now, recorder included, and makes one ready for all others, so that records need no system call. */
void lane_prepare(void) __attribute__((visibility("hidden")));

/* Counts a text that is about to be recorded cut. */
void lane_count_truncated(void) __attribute__((visibility("hidden")));

#endif
