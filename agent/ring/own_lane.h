/*
 * own_lane.h - writing into the lane that belongs to this thread: the fast path, inlined where records are made.
 *
 *	if (own_lane_ready(self, generation)) {
 *		position = own_lane_begin(self);
 *		if (own_lane_has_room(self, position + units)) {
 *			own_lane_advance(self, position + units);
 *			... own_lane_unit(self, position + i) is filled and committed, the first unit last ...
 *			own_lane_end(self, generation);
 *		}
 *	}
 *
 * Between begin and end the thread is not ready, so that a signal handler writes elsewhere: nothing here has to be atomic, and no unit
 * is written twice in a lap. Async-signal-safe; G1, G2, G3, G4.
 */
#ifndef TTLOG_RING_OWN_LANE_H
#define TTLOG_RING_OWN_LANE_H

#include "arch_local.h"
#include "calibration.h"
#include "clock.h"
#include "lane.h"
#include "recorder_file.h"
#include "unit.h"

/* One comparison for all of: there is a recorder, it is this process's, the thread has a lane of its own in it, and is not writing. */
static inline bool own_lane_ready(const struct thread_state *self, uint32_t generation)
{
	return __builtin_expect(self->ready == generation, 1);
}

/* The position of the next record. */
static inline __attribute__((always_inline)) uint64_t own_lane_begin(struct thread_state *self)
{
	self->ready = LANE_NOT_READY;
	/* A handler sees that before it sees a head that moves. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return word_get(&self->control->head);
}

/* False: the lane has to grow first. */
static inline __attribute__((always_inline)) bool own_lane_has_room(const struct thread_state *self, uint64_t end)
{
	return __builtin_expect(end <= self->limit, 1);
}

static inline __attribute__((always_inline)) void own_lane_advance(struct thread_state *self, uint64_t end)
{
	word_put(&self->control->head, end);
	/* The head moves before data changes: a reader that copied new data sees that on its second look. Nothing to do on x86. */
	word_fence_puts();
}

static inline __attribute__((always_inline)) uint64_t *own_lane_unit(const struct thread_state *self, uint64_t position)
{
	return self->units + (position & self->mask) * UNIT_WORDS;
}

static inline __attribute__((always_inline)) void own_lane_commit(uint64_t *unit, uint64_t position, enum unit_state state)
{
	word_publish(unit, unit_stamp(position, state));
}

/* Ready again, without having written. */
static inline __attribute__((always_inline)) void own_lane_leave(struct thread_state *self, uint32_t generation)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	self->ready = generation;
}

static inline __attribute__((always_inline)) void own_lane_end(struct thread_state *self, uint32_t generation)
{
	local_count(&self->control->recorded);
	own_lane_leave(self, generation);
}

/* The units behind the first one. */
static inline __attribute__((always_inline)) void own_lane_put_payload(const struct thread_state *self, uint64_t position,
								       const unsigned char *payload, uint32_t bytes)
{
	for (;; position++, payload += LANE_BODY_BYTES, bytes -= LANE_BODY_BYTES) {
		uint64_t *unit = own_lane_unit(self, position);
		if (bytes <= LANE_BODY_BYTES) {
			unit_put_text(unit, payload, bytes, 0);
			own_lane_commit(unit, position, UNIT_BODY);
			return;
		}
		unit_put_bytes(unit, payload);
		own_lane_commit(unit, position, UNIT_BODY);
	}
}

/* The units of a record whose payload lies in memory. */
static inline __attribute__((always_inline)) void own_lane_fill(const struct thread_state *self, uint64_t position, uint64_t ticks,
								struct record_fields fields, const void *payload, uint32_t bytes)
{
	uint64_t *head = own_lane_unit(self, position);
	unit_put_head(head, ticks, fields.origin, self->tid, bytes | fields.kind << 16);
	if (bytes)
		own_lane_put_payload(self, position + 1, payload, bytes);
	own_lane_commit(head, position, UNIT_HEAD);
}

/*
 * lane_write() without a call, for where that counts. Nothing here calls a function but the slow way at the end, so that no frame is needed: it does
 * all that is unusual, a lane that has to grow, another clock.
 */
static inline __attribute__((always_inline)) bool own_lane_write(struct record_fields fields, const void *payload, uint32_t bytes)
{
	struct thread_state *self = &thread_state;
	const uint32_t generation = recorder_now();
	if (__builtin_expect(!own_lane_ready(self, generation) || recorder.clock_kind != CLOCK_KIND_TSC, 0))
		return lane_write_elsewhere(fields, payload, bytes);
	const uint64_t position = own_lane_begin(self);
	const uint64_t end = position + record_units(bytes);
	if (!own_lane_has_room(self, end)) {
		own_lane_leave(self, generation);
		return lane_write_elsewhere(fields, payload, bytes);
	}
	own_lane_advance(self, end);
	const uint64_t ticks = arch_ticks();
	own_lane_fill(self, position, ticks, fields, payload, bytes);
	own_lane_end(self, generation);
	calibration_check(ticks);
	return true;
}

#endif
