#include "guarantee.h"

#include "scenario.h"

#include <string.h>

static struct record found; /* by those who read at once */

static uint64_t window_begin(unsigned lane)
{
	const struct lane_control *control = &machine.controls[lane];
	return control->settled && control->head > control->units ? control->head - control->units : 0;
}

uint64_t guarantee_readable(unsigned lane)
{
	uint64_t set = 0;
	for (unsigned thread = 0; thread < THREADS_MAX; thread++) {
		if (machine.threads[thread].stores) /* its last one may not be in memory yet */
			continue;
		for (unsigned i = 0; i < machine.threads[thread].begun; i++) {
			const struct call *call = &machine.calls[thread][i];
			if (call->outcome == CALL_RECORDED && call->lane == lane && call->position >= window_begin(lane))
				set |= CALL_BIT(thread, i);
		}
	}
	return set;
}

static bool content_whole(const struct record *record, unsigned writer, unsigned units)
{
	unsigned char payload[BYTES_MAX];
	const uint32_t bytes = content_bytes(writer, units);
	content_fill(writer, payload, bytes);
	return record->text_bytes == bytes && memcmp(record->text, payload, bytes) == 0 && record->ticks == content_ticks(writer) &&
	       record->tid == content_tid(writer) && record->level == LEVEL_INFO && record->source == SOURCE_STDOUT &&
	       !record->flags;
}

uint64_t guarantee_record(const struct record *record, unsigned lane)
{
	const unsigned writer = record->origin & 0xffff, units = (unsigned)(record->origin >> 16);
	if (writer >= THREADS_MAX * CALLS_MAX || units > 4) {
		violate("G3: a record of nobody at %llu of lane %u", (unsigned long long)record->position, lane);
		return 0;
	}
	const struct call *call = &machine.calls[writer / CALLS_MAX][writer % CALLS_MAX];
	if (call->units != units || !content_whole(record, writer, units))
		violate("G3: mixed record of thread %u call %u at %llu of lane %u", writer / CALLS_MAX, writer % CALLS_MAX,
			(unsigned long long)record->position, lane);
	else if (call->outcome == CALL_DROPPED)
		violate("G5: record of thread %u call %u can be read and was counted as dropped", writer / CALLS_MAX,
			writer % CALLS_MAX);
	else if (call->lane != lane || call->position != record->position)
		violate("G3: record of thread %u call %u stands at %llu of lane %u and was written at %u of lane %u",
			writer / CALLS_MAX, writer % CALLS_MAX, (unsigned long long)record->position, lane, call->position,
			call->lane);
	return CALL_BIT(writer / CALLS_MAX, writer % CALLS_MAX);
}

/*
 * Torn is what somebody began and has not completed: counted where its place is still there, and nowhere else. Where only the
 * end of its place is there it may be counted, for BUSY does not tell a first unit from others.
 */
static void check_torn(unsigned lane, uint64_t returned, uint64_t torn)
{
	const uint64_t begin = window_begin(lane);
	bool must = false, may = lane != LANE_SHARED;
	for (unsigned thread = 0; thread < THREADS_MAX; thread++) {
		may |= setting.weak && machine.threads[thread].stores; /* the end of what it gave up is on its way */
		for (unsigned i = 0; i < machine.threads[thread].begun; i++) {
			const struct call *call = &machine.calls[thread][i];
			if (!call->claimed || call->lane != lane || returned & CALL_BIT(thread, i))
				continue;
			must |= call->position >= begin;
			may |= (uint64_t)call->position + call->units > begin;
		}
	}
	if ((must && !torn) || (torn && !may))
		violate("G5: %llu torn records are seen, and there %s", (unsigned long long)torn, must ? "are some" : "is none");
}

/* Reads a lane while all stand still: as after a SIGKILL. */
static void check_lane(unsigned lane)
{
	struct lane_cursor cursor;
	uint64_t returned = 0;
	lane_cursor_open(&cursor, scenario_view(), lane);
	while (lane_cursor_next(&cursor, &found))
		returned |= guarantee_record(&found, lane);
	const uint64_t missing = guarantee_readable(lane) & ~returned;
	if (missing)
		violate("G5: records %llx of lane %u were counted, not written over, and cannot be read",
			(unsigned long long)missing, lane);
	check_torn(lane, returned, cursor.torn);
}

/* A call that has not returned may have been counted already. */
static void check_counters(void)
{
	uint64_t recorded = 0, dropped = 0, running = 0;
	for (unsigned thread = 0; thread < THREADS_MAX; thread++) {
		for (unsigned i = 0; i < machine.threads[thread].begun; i++) {
			const uint8_t outcome = machine.calls[thread][i].outcome;
			recorded += outcome == CALL_RECORDED;
			dropped += outcome == CALL_DROPPED;
			running += outcome == CALL_RUNNING;
		}
		if (machine.threads[thread].stores) /* only a fault puts counters there */
			return;
	}
	const struct lane_control *owned = &machine.controls[LANE_OWNED], *shared = &machine.controls[LANE_SHARED];
	const uint64_t counted = owned->recorded + shared->recorded, lost = owned->dropped + shared->dropped;
	if (counted < recorded || lost < dropped || counted + lost > recorded + dropped + running)
		violate("G5: %llu recorded and %llu dropped, of which %llu and %llu are counted", (unsigned long long)recorded,
			(unsigned long long)dropped, (unsigned long long)counted, (unsigned long long)lost);
}

static unsigned units_busy(void)
{
	unsigned busy = 0;
	for (unsigned i = 0; i < setting.largest; i++)
		busy += (scenario_units(LANE_SHARED)[i * UNIT_WORDS] & 3) == UNIT_BUSY;
	return busy;
}

/*
 * A writer that comes when all others have stopped for ever. Each unit that they hold costs it one attempt of four; else it
 * finds a place, and the newest record of a quiet lane can be read.
 */
static void check_writer_after(void)
{
	struct lane_control *control = &machine.controls[LANE_SHARED];
	const struct lane_control control_before = *control;
	static uint64_t units_before[UNITS_MAX * UNIT_WORDS];
	const size_t bytes = setting.largest * LANE_UNIT_BYTES;
	const unsigned places = control->units < 4 ? control->units : 4;
	const bool possible = units_busy() < places;
	const struct shared_lane lane = scenario_shared_lane();
	memcpy(units_before, scenario_units(LANE_SHARED), bytes);
	const bool written = shared_lane_write(&lane, content_tid(WRITER_AFTER), content_fields(WRITER_AFTER, 1),
					       &(struct record_rest){"", 0, NULL});
	struct lane_cursor cursor;
	lane_cursor_open(&cursor, scenario_view(), LANE_SHARED);
	cursor.next = cursor.end - 1;
	const bool read = lane_cursor_next(&cursor, &found) == 1 && found.origin == content_fields(WRITER_AFTER, 1).origin;
	if (written != read || (possible && !written))
		violate("G5: a writer that comes after the others %s a place, and its record %s be read",
			written ? "finds" : "does not find", read ? "can" : "cannot");
	*control = control_before;
	memcpy(scenario_units(LANE_SHARED), units_before, bytes);
}

void guarantee_state(void)
{
	check_lane(LANE_SHARED);
	if (machine.controls[LANE_OWNED].head)
		check_lane(LANE_OWNED);
	check_counters();
	check_writer_after();
}
