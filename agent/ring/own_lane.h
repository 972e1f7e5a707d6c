/*
 * own_lane.h - writing into the lane that belongs to this thread: the fast path, inlined where records are made.
 *
 *	struct own_lane lane;
 *	if (own_lane_ready(self, generation)) {
 *		own_lane_begin(&lane, self, generation);
 *		if (own_lane_advance(&lane, self, units)) {
 *			... own_lane_unit(&lane, i) is filled and committed, the first unit last ...
 *			own_lane_end(&lane, self);
 *		}
 *	}
 *
 * Between begin and end the thread is not ready, so that a signal handler writes elsewhere: nothing here has to be atomic, and
 * no unit is written twice in a lap. Async-signal-safe; G1, G2, G3, G4.
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

/*
 * The record's place. A copy of what thread_state says: a handler that forks may leave its child another lane there, while the
 * record that it interrupted goes on where it began.
 */
struct own_lane {
	struct lane_control *control;
	uint64_t *units;
	uint64_t mask, position;
	uint32_t generation;
};

static inline __attribute__((always_inline)) void own_lane_begin(struct own_lane *lane, struct thread_state *self,
								 uint32_t generation)
{
	self->ready = LANE_NOT_READY;
	/* A handler sees that before it sees a head that moves. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	lane->control = self->control;
	lane->units = self->units;
	lane->mask = self->mask;
	__asm__("" : "+r"(lane->control), "+r"(lane->units), "+r"(lane->mask)); /* in registers: not to be loaded again */
	lane->position = word_get(&lane->control->head);
	lane->generation = generation;
}

/* Ready again. */
static inline __attribute__((always_inline)) void own_lane_leave(const struct own_lane *lane, struct thread_state *self)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	self->ready = lane->generation;
}

static inline __attribute__((always_inline)) void own_lane_move(const struct own_lane *lane, uint32_t units)
{
	word_put(&lane->control->head, lane->position + units);
	/* The head moves before data changes: a reader that copied new data sees that on its second look. Nothing to do on x86. */
	word_fence_puts();
}

/* False: the lane has to grow first; it was left. */
static inline __attribute__((always_inline)) bool own_lane_advance(const struct own_lane *lane, struct thread_state *self,
								   uint32_t units)
{
	if (__builtin_expect(lane->position + units > self->limit, 0)) {
		own_lane_leave(lane, self);
		return false;
	}
	own_lane_move(lane, units);
	return true;
}

/* Unit number `index` of the record. */
static inline __attribute__((always_inline)) uint64_t *own_lane_unit(const struct own_lane *lane, uint64_t index)
{
	return lane->units + ((lane->position + index) & lane->mask) * UNIT_WORDS;
}

static inline __attribute__((always_inline)) void own_lane_commit(const struct own_lane *lane, uint64_t *unit, uint64_t index)
{
	word_publish(unit, unit_stamp(lane->position + index, index ? UNIT_BODY : UNIT_HEAD));
}

static inline __attribute__((always_inline)) void own_lane_end(const struct own_lane *lane, struct thread_state *self)
{
	local_count(&lane->control->recorded);
	own_lane_leave(lane, self);
}

/* The units from number `index` on. */
static inline __attribute__((always_inline)) void own_lane_put_payload(const struct own_lane *lane, uint64_t index,
								       const unsigned char *payload, uint32_t bytes)
{
	for (;; index++, payload += LANE_BODY_BYTES, bytes -= LANE_BODY_BYTES) {
		uint64_t *unit = own_lane_unit(lane, index);
		if (bytes <= LANE_BODY_BYTES) {
			unit_put_text(unit, payload, bytes, 0);
			word_publish(unit, unit_stamp(lane->position + index, UNIT_BODY));
			return;
		}
		unit_put_bytes(unit, payload);
		word_publish(unit, unit_stamp(lane->position + index, UNIT_BODY));
	}
}

/* The units of a record whose payload lies in memory. */
static inline __attribute__((always_inline)) void own_lane_fill(const struct own_lane *lane, uint64_t ticks, uint32_t tid,
								struct record_fields fields, const void *payload, uint32_t bytes)
{
	uint64_t *head = own_lane_unit(lane, 0);
	unit_put_head(head, ticks, fields.origin, tid, bytes | fields.kind << 16);
	if (bytes)
		own_lane_put_payload(lane, 1, payload, bytes);
	own_lane_commit(lane, head, 0);
}

/*
 * lane_write() without a call, for where that counts. Nothing here calls a function but the slow way at the end, so that no
 * frame is needed: it does all that is unusual, a lane that has to grow, another clock.
 */
static inline __attribute__((always_inline)) bool own_lane_write(struct record_fields fields, const void *payload, uint32_t bytes)
{
	struct own_lane lane;
	struct thread_state *self = &thread_state;
	const uint32_t generation = recorder_now();
	if (__builtin_expect(!own_lane_ready(self, generation) || recorder.clock_kind != CLOCK_KIND_TSC, 0))
		return lane_write_elsewhere(fields, payload, bytes);
	own_lane_begin(&lane, self, generation);
	if (!own_lane_advance(&lane, self, record_units(bytes)))
		return lane_write_elsewhere(fields, payload, bytes);
	const uint64_t ticks = arch_ticks();
	own_lane_fill(&lane, ticks, self->tid, fields, payload, bytes);
	own_lane_end(&lane, self);
	calibration_check(ticks);
	return true;
}

#endif
