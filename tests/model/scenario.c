#include "scenario.h"

#include "calibration.h"
#include "clock.h"
#include "guarantee.h"
#include "recorder_file.h"
#include "room.h"

#include <stdlib.h>
#include <string.h>

enum { TID_FIRST = 1000 };

/* As in shared_lane.c and lane.c. */
enum { CLAIM_ATTEMPTS = 4 };

/* What lane.c and shared_lane.c expect of the agent around them. */
struct recorder recorder;
union recorder_live_page recorder_live_page;

static struct recorder_header header;
static struct recorder_view view;
static const struct scenario *now;
static uint32_t steps_max;

bool recorder_make(void)
{
	return false;
}

struct room room;

/* Nobody watches. */
void room_wait(uint32_t lane, uint32_t units)
{
	(void)lane;
	(void)units;
}

int recorder_reserve(void *address, size_t bytes)
{
	(void)address;
	(void)bytes;
	return 0;
}

void calibration_note(uint64_t noted)
{
	(void)noted;
}

const struct scenario *scenario_now(void)
{
	return now;
}

uint32_t scenario_steps_max(void)
{
	return steps_max;
}

const struct recorder_view *scenario_view(void)
{
	return &view;
}

uint64_t *scenario_units(unsigned lane)
{
	return machine.units + lane * setting.largest * UNIT_WORDS;
}

struct shared_lane scenario_shared_lane(void)
{
	return (struct shared_lane){&machine.controls[LANE_SHARED], scenario_units(LANE_SHARED)};
}

/* Contents ------------------------------------------------------------------------------------------------------------------------ */

struct record_fields content_fields(unsigned writer, unsigned units)
{
	return record_fields(writer | units << 16, LEVEL_INFO, SOURCE_STDOUT, 0);
}

uint64_t content_ticks(unsigned writer)
{
	return mix(writer, 77);
}

uint32_t content_tid(unsigned writer)
{
	return TID_FIRST + writer / CALLS_MAX;
}

/* The last unit is not always full. */
uint32_t content_bytes(unsigned writer, unsigned units)
{
	return units > 1 ? (units - 1) * LANE_BODY_BYTES - writer / CALLS_MAX : 0;
}

void content_fill(unsigned writer, unsigned char *payload, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		payload[i] = (unsigned char)(writer * 37 + i * 11);
}

uint64_t model_ticks(void)
{
	const unsigned thread = machine_running();
	return content_ticks(thread < THREADS_MAX ? thread * CALLS_MAX + machine.threads[thread].call : (unsigned)WRITER_AFTER);
}

/* Parts --------------------------------------------------------------------------------------------------------------------------- */

static bool write_content(unsigned thread, unsigned writer, unsigned units)
{
	unsigned char payload[BYTES_MAX];
	const uint32_t bytes = content_bytes(writer, units);
	const struct record_fields fields = content_fields(writer, units);
	const struct shared_lane lane = scenario_shared_lane();
	content_fill(writer, payload, bytes);
	return now->parts[thread].role == ROLE_OWNER ? lane_write(fields, payload, bytes)
						     : shared_lane_write(&lane, content_ticks(writer), content_tid(writer), fields,
									 &(struct record_rest){payload, bytes, NULL});
}

static void make_record(unsigned thread, unsigned units)
{
	struct thread *self = &machine.threads[thread];
	const uint8_t number = self->begun++;
	struct call *call = &machine.calls[thread][number];
	if (number >= CALLS_MAX) /* the scenario is wrong, not what it shows */
		abort();
	self->call = number;
	call->outcome = CALL_RUNNING;
	call->units = (uint8_t)units;
	call->outcome = write_content(thread, thread * CALLS_MAX + number, units) ? CALL_RECORDED : CALL_DROPPED;
	if (machine.steps[thread][number] > steps_max)
		steps_max = machine.steps[thread][number];
	machine.steps[thread][number] = 0;
	call->claimed = 0;
}

static void make_records(unsigned thread, const char *records)
{
	for (; *records; records++)
		make_record(thread, (unsigned)(*records - '0'));
}

static void write_part(unsigned thread)
{
	make_records(thread, now->parts[thread].records);
}

static void handle_signal(unsigned thread)
{
	make_records(thread, now->handler);
}

/* One walk through a lane that others write meanwhile. What was there when it began, and is not written over, it finds. */
static void read_part(unsigned thread)
{
	const unsigned lane = now->parts[thread].lane;
	struct reading *reading = &machine.reading;
	machine_pause();
	reading->expected = guarantee_readable(lane);
	lane_cursor_open(&reading->cursor, &view, lane);
	while (lane_cursor_next(&reading->cursor, &machine_record)) {
		reading->returned |= guarantee_record(&machine_record, lane);
		machine_record_clear();
	}
	const uint64_t missed = reading->expected & ~reading->returned & guarantee_readable(lane);
	if (missed)
		violate("G5: the reader missed records %llx of lane %u", (unsigned long long)missed, lane);
	memset(reading, 0, sizeof(*reading));
	machine_record_clear();
}

/* Beginning ----------------------------------------------------------------------------------------------------------------------- */

/*
 * Steps of one call (G1). A claim is repeated only when another writer that is under way takes the unit for an older lap, once
 * each; a ring grows once for each doubling, in three steps each.
 */
static uint32_t bound_of(const struct scenario *scenario)
{
	uint32_t others = 0, units = 1, doublings = 0;
	for (unsigned i = 0; i < THREADS_MAX; i++) {
		const struct part *part = &scenario->parts[i];
		others += part->role == ROLE_WRITER || part->role == ROLE_OWNER;
		others += part->signals;
		for (const char *record = part->role ? part->records : ""; *record; record++)
			units = (uint32_t)(*record - '0') > units ? (uint32_t)(*record - '0') : units;
	}
	for (uint32_t size = scenario->units; size < scenario->largest; size *= 2)
		doublings++;
	const uint32_t claim = 2 * others, fill = UNIT_WORDS;
	return 3 + CLAIM_ATTEMPTS * (2 + 4 * doublings + units * (claim + fill)) + 1;
}

static void own_lane(void)
{
	setting.owner = (struct thread_state){
		.ready = 1,
		.generation = 1,
		.tid = TID_FIRST,
		.control = &machine.controls[LANE_OWNED],
		.units = scenario_units(LANE_OWNED),
		.mask = setting.units - 1,
		.limit = setting.units == setting.largest ? UINT64_MAX : setting.units,
	};
}

void scenario_begin(const struct scenario *scenario)
{
	now = scenario;
	steps_max = 0;
	memset(&setting, 0, sizeof(setting));
	setting.units = scenario->units;
	setting.largest = scenario->largest ? scenario->largest : scenario->units;
	setting.store_buffers = scenario->store_buffers;
	setting.faults = scenario->faults;
	setting.count_steps = scenario->count_steps;
	setting.only = scenario->only;
	setting.bound = bound_of(scenario);
	setting.handler = handle_signal;
	for (unsigned i = 0; i < THREADS_MAX; i++) {
		const struct part *part = &scenario->parts[i];
		setting.signals[i] = part->signals;
		if (part->role)
			setting.body[i] = part->role == ROLE_READER ? read_part : write_part;
	}
	header.lanes_owned = header.lanes_shared = 1;
	header.lane_units = setting.largest;
	header.controls_offset = offsetof(struct machine, controls);
	header.lanes_offset = offsetof(struct machine, units);
	recorder.header = &header;
	recorder.clock_kind = CLOCK_KIND_TSC; /* the fast path */
	recorder.controls = machine.controls;
	recorder.lanes = (unsigned char *)machine.units;
	recorder_live_page.live.generation = 1;
	view = (struct recorder_view){
		.base = (const unsigned char *)&machine, .bytes = sizeof(machine), .header = header, .lanes = LANES};
	own_lane();
	machine_begin();
}
