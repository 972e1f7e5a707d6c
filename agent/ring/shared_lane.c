/* Lanes that several threads write, or a signal handler that interrupted its thread's record: the protocol of claims (recorder.h). */
#include "calibration.h"
#include "clock.h"
#include "lane.h"
#include "recorder_file.h"
#include "unit.h"

enum { CLAIM_ATTEMPTS = 4 }; /* places tried for one record; each failure is a writer stalled in mid-unit */

enum claim { CLAIMED, CLAIM_HOLE, CLAIM_LAPPED };

/* Takes one unit from an older lap. BUSY there: somebody stalled (hole). A newer lap there: we have (lapped). */
static enum claim unit_claim(uint64_t *unit, uint64_t position)
{
	for (;;) {
		const uint64_t old = word_get(unit);
		if (old >= unit_stamp(position, UNIT_NONE))
			return CLAIM_LAPPED;
		if ((old & 3) == UNIT_BUSY)
			return CLAIM_HOLE;
		if (word_swap(unit, old, unit_stamp(position, UNIT_BUSY)))
			break;
	}
	/* The stamp is BUSY before the data changes: a reader that copied new data sees that on its second look. Nothing to do on x86. */
	word_fence_puts();
	return CLAIMED;
}

static uint64_t *unit_at(const struct shared_lane *lane, uint64_t mask, uint64_t position)
{
	return lane->units + (position & mask) * UNIT_WORDS;
}

static enum claim write_body(const struct shared_lane *lane, uint64_t mask, uint64_t position, const unsigned char *payload,
			     uint32_t bytes)
{
	for (uint32_t done = 0; done < bytes; done += LANE_BODY_BYTES, position++) {
		uint64_t *unit = unit_at(lane, mask, position);
		const enum claim claim = unit_claim(unit, position);
		if (claim != CLAIMED)
			return claim;
		unit_put_text(unit, payload + done, bytes - done < LANE_BODY_BYTES ? bytes - done : LANE_BODY_BYTES, 0);
		word_publish(unit, unit_stamp(position, UNIT_BODY));
	}
	return CLAIMED;
}

static enum claim write_rest(const struct shared_lane *lane, uint64_t mask, uint64_t position, const struct record_rest *rest)
{
	const enum claim claim = write_body(lane, mask, position + 1, rest->payload, rest->bytes);
	if (claim != CLAIMED || !rest->context)
		return claim;
	return write_body(lane, mask, position + record_units(rest->bytes), (const unsigned char *)rest->context,
			  context_bytes(rest->context));
}

static enum claim write_at(const struct shared_lane *lane, uint64_t mask, uint64_t position, uint64_t ticks, uint32_t tid,
			   struct record_fields fields, const struct record_rest *rest)
{
	uint64_t *head = unit_at(lane, mask, position);
	enum claim claim = unit_claim(head, position);
	if (claim != CLAIMED)
		return claim;
	unit_put_head(head, ticks, fields.origin, tid, rest->bytes | fields.kind << 16);
	claim = write_rest(lane, mask, position, rest);
	/* Given up: of the units that were claimed only this one is still ours to write, and nobody claims a unit that is BUSY. */
	word_publish(head, unit_stamp(position, claim == CLAIMED ? UNIT_HEAD : UNIT_NONE));
	return claim;
}

/* The place first, and then its time, as in a lane of one thread: who has seen no more places than now sees no earlier time later. */
bool shared_lane_write(const struct shared_lane *lane, uint32_t tid, struct record_fields fields, const struct record_rest *rest)
{
	struct lane_control *control = lane->control;
	const uint32_t units = rest_units(rest);
	for (int attempt = 0; attempt < CLAIM_ATTEMPTS; attempt++) {
		const uint64_t position = word_add(&control->head, units);
		const uint64_t ticks = clock_ticks(recorder.clock_kind);
		const uint64_t geometry = lane_grow(control, lane->units, position + units);
		const enum claim claim = write_at(lane, geometry_units(geometry) - 1, position, ticks, tid, fields, rest);
		if (claim == CLAIMED) {
			word_add(&control->recorded, 1);
			calibration_check(ticks);
			return true;
		}
		if (claim == CLAIM_LAPPED)
			break;
	}
	word_add(&control->dropped, 1);
	return false;
}
