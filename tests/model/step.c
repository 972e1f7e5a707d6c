#include "step.h"

#include "fault.h"
#include "weak.h"

#include <string.h>

static uint64_t *stamp_of(struct unit_place place)
{
	return &machine.units[(place.lane * setting.largest + place.unit) * UNIT_WORDS];
}

struct unit_place unit_place(const uint64_t *word)
{
	struct unit_place place = {LANES, 0, 0};
	if (word < machine.units || word >= machine.units + LANES * setting.largest * UNIT_WORDS)
		return place;
	const unsigned at = (unsigned)(word - machine.units);
	place.lane = at / (setting.largest * UNIT_WORDS);
	place.unit = at / UNIT_WORDS % setting.largest;
	place.index = at % UNIT_WORDS;
	return place;
}

static bool is_stamp(const uint64_t *word)
{
	const struct unit_place place = unit_place(word);
	return place.lane < LANES && place.index == 0;
}

/* The record that the running thread is making; NULL: none, it reads or nobody runs. */
static struct call *call_now(void)
{
	const unsigned thread = machine_running();
	if (thread == THREADS_MAX)
		return NULL;
	struct call *call = &machine.calls[thread][machine.threads[thread].call];
	return call->outcome == CALL_RUNNING ? call : NULL;
}

static uint8_t call_number(void)
{
	const unsigned thread = machine_running();
	return (uint8_t)(thread * CALLS_MAX + machine.threads[thread].call);
}

/* Memory ------------------------------------------------------------------------------------------------------------------------- */

/* G4: a unit of a shared lane is written by who claimed it, until it is committed or given up, and by nobody else. */
static void check_unit(unsigned number, const uint64_t *word, uint64_t value)
{
	const struct unit_place place = unit_place(word);
	if (place.lane != LANE_SHARED || number == THREADS_MAX * CALLS_MAX)
		return;
	const uint64_t stamp = *stamp_of(place);
	if ((stamp & 3) != UNIT_BUSY || machine.claimant[place.unit] != number)
		violate("G4: thread %u call %u writes unit %u word %u, whose stamp is %llu state %llu", number / CALLS_MAX,
			number % CALLS_MAX, place.unit, place.index, (unsigned long long)(stamp >> 2) - 1,
			(unsigned long long)(stamp & 3));
	else if (place.index == 0 && value >> 2 != stamp >> 2)
		violate("G4: unit %u was claimed for %llu and is committed as %llu", place.unit,
			(unsigned long long)(stamp >> 2) - 1, (unsigned long long)(value >> 2) - 1);
}

/* G4: a claim takes a unit from an older lap, and only from one that is done with it. */
static void check_claim(uint64_t stamp, uint64_t claim)
{
	if ((stamp & 3) == UNIT_BUSY || stamp >> 2 >= claim >> 2)
		violate("G4: a claim for %llu takes a unit from %llu state %llu", (unsigned long long)(claim >> 2) - 1,
			(unsigned long long)(stamp >> 2) - 1, (unsigned long long)(stamp & 3));
}

static void reach_memory(unsigned number, uint64_t *word, uint64_t value)
{
	check_unit(number, word, value);
	weak_overwrite(word);
	*word = value;
	const bool ends = (value & 3) == UNIT_NONE || (setting.weak && (value & 3) == UNIT_HEAD);
	if (number < THREADS_MAX * CALLS_MAX && is_stamp(word) && ends)
		machine.calls[number / CALLS_MAX][number % CALLS_MAX].claimed = 0;
}

static void note_claim(unsigned number, struct unit_place place, uint64_t stamp)
{
	struct call *call = &machine.calls[number / CALLS_MAX][number % CALLS_MAX];
	machine.claimant[place.unit] = (uint8_t)number;
	if (stamp >> 2 == (uint64_t)call->position + 1)
		call->claimed = 1;
}

/* A swap that succeeds. */
static void reach_memory_by_swap(unsigned number, uint64_t *word, uint64_t value)
{
	const struct unit_place place = unit_place(word);
	const bool claims = place.lane == LANE_SHARED && number < THREADS_MAX * CALLS_MAX;
	if (claims)
		check_claim(*word, value);
	if (number < THREADS_MAX * CALLS_MAX)
		weak_overwrite(word);
	*word = value;
	if (claims)
		note_claim(number, place, value);
}

static void put_in_buffer(enum access_kind kind, uint64_t *word, uint64_t value)
{
	struct thread *self = &machine.threads[machine_running()];
	machine.buffers[machine_running()][self->stores++] = (struct store){word, value, call_number(), (uint16_t)kind,
									    setting.weak ? self->fences : 0};
}

static void store(enum access_kind kind, uint64_t *word, uint64_t value)
{
	if (machine_running() == THREADS_MAX)
		*word = value;
	else if (setting.store_buffers)
		put_in_buffer(kind, word, value);
	else
		reach_memory(call_number(), word, value);
}

/* Equal states look equal: fences with no store before them are none. */
static void forget_fences(struct thread *self, struct store *buffer)
{
	const uint16_t before = self->stores ? buffer[0].fences : self->fences;
	for (unsigned i = 0; i < self->stores; i++)
		buffer[i].fences -= before;
	self->fences = (uint8_t)(self->stores ? self->fences - before : 0);
}

void step_flush(unsigned thread, unsigned index)
{
	struct store *buffer = machine.buffers[thread];
	struct thread *self = &machine.threads[thread];
	const struct store flushed = buffer[index];
	self->stores--;
	for (unsigned i = index; i < self->stores; i++)
		buffer[i] = buffer[i + 1];
	memset(&buffer[self->stores], 0, sizeof(*buffer));
	forget_fences(self, buffer);
	if (flushed.kind == ACCESS_SWAP)
		reach_memory_by_swap(flushed.call, flushed.word, flushed.value);
	else
		reach_memory(flushed.call, flushed.word, flushed.value);
}

unsigned step_age;

static uint64_t load(const uint64_t *word, bool acquires)
{
	const unsigned thread = machine_running();
	for (unsigned i = thread < THREADS_MAX ? machine.threads[thread].stores : 0; i > 0; i--) {
		if (machine.buffers[thread][i - 1].word == word)
			return machine.buffers[thread][i - 1].value;
	}
	return weak_load(word, step_age, acquires);
}

/* Lies ---------------------------------------------------------------------------------------------------------------------------- */

void step_begin(void)
{
	memset(machine.claimant, 0xff, sizeof(machine.claimant));
}

static bool faulty(enum fault fault)
{
	return setting.faults & fault;
}

/* What a writer takes a stamp of the shared lane for. */
static uint64_t writer_sees(const struct call *call, const uint64_t *word, uint64_t value)
{
	if (!is_stamp(word) || unit_place(word).lane != LANE_SHARED)
		return value;
	if (faulty(FAULT_CLAIM_BUSY) && (value & 3) == UNIT_BUSY)
		return value | UNIT_BODY;
	if (faulty(FAULT_CLAIM_BACK) && value >> 2 > (uint64_t)call->position + call->units)
		return 0;
	return value;
}

static uint64_t *first_look(const uint64_t *word)
{
	return &machine.reading.first_look[unit_place(word).unit];
}

/* The position behind cursor.next that stands in this unit. */
static uint64_t position_read(const uint64_t *word)
{
	const struct lane_cursor *cursor = &machine.reading.cursor;
	return cursor->next + ((unit_place(word).unit - cursor->next) & (cursor->control.units - 1));
}

/* What the reader's thread takes a word for. */
static uint64_t reader_sees(const uint64_t *word, uint64_t value, bool first)
{
	if (machine_running() == THREADS_MAX)
		return value;
	const bool opened = machine.reading.cursor.control.units;
	if (faulty(FAULT_HEAD_UNSEEN) && opened &&
	    (word == &machine.controls[LANE_SHARED].head || word == &machine.controls[LANE_OWNED].head))
		return 0;
	if (!is_stamp(word))
		return value;
	if (faulty(FAULT_STAMP_UNSEEN) && position_read(word) != machine.reading.cursor.next)
		return unit_stamp(position_read(word), UNIT_BODY);
	if (!faulty(FAULT_STAMPS_ONCE))
		return value;
	if (first)
		*first_look(word) = value;
	return *first_look(word);
}

/* Accesses ------------------------------------------------------------------------------------------------------------------------ */

/*
 * A reader copies all of a lane's control, and uses its head and its geometry. Of the rest it is given what never changes, and
 * none of the counters: each of their values would make another state.
 */
static bool is_unused(const uint64_t *word)
{
	const uint64_t *controls = (const uint64_t *)(const void *)machine.controls;
	const size_t at = (size_t)(word - controls) * sizeof(*word) % sizeof(*machine.controls);
	return word >= controls && word < machine.units && at != offsetof(struct lane_control, head) &&
	       at != offsetof(struct lane_control, units);
}

static uint64_t unused(const uint64_t *word)
{
	const size_t at = (size_t)((const unsigned char *)word - (const unsigned char *)machine.controls) %
			  sizeof(*machine.controls);
	return at < offsetof(struct lane_control, units) ? 0 : *word;
}

uint64_t step_get(const uint64_t *word)
{
	if (!call_now() && is_unused(word))
		return unused(word);
	machine_stop(ACCESS_GET, word);
	const struct call *call = call_now();
	const uint64_t value = load(word, false);
	return call ? writer_sees(call, word, value) : reader_sees(word, value, false);
}

uint64_t step_seen(const uint64_t *word)
{
	machine_stop(ACCESS_SEEN, word);
	const uint64_t value = load(word, !faulty(FAULT_SEEN_PLAIN));
	return call_now() ? value : reader_sees(word, value, true);
}

static void publish(uint64_t *word, uint64_t value)
{
	machine_stop(ACCESS_PUBLISH, word);
	store(faulty(FAULT_PUBLISH_PLAIN) ? ACCESS_PUT : ACCESS_PUBLISH, word, value);
}

static void put(uint64_t *word, uint64_t value)
{
	machine_stop(ACCESS_PUT, word);
	store(ACCESS_PUT, word, value);
}

/* The stamp that this unit of the present record is going to have. */
static uint64_t stamp_to_be(const struct call *call, struct unit_place place)
{
	const unsigned behind = (place.unit - call->position) & (machine.controls[place.lane].units - 1);
	return unit_stamp(call->position + behind, behind ? UNIT_BODY : UNIT_HEAD);
}

void step_put(uint64_t *word, uint64_t value)
{
	const struct unit_place place = unit_place(word);
	struct call *call = call_now();
	if (call && word == &machine.controls[LANE_OWNED].head) {
		call->position = (uint16_t)(value - call->units);
		call->lane = LANE_OWNED;
		if (faulty(FAULT_HEAD_MOVES_LATE))
			return;
	}
	if (call && faulty(FAULT_COMMIT_EARLY) && place.lane == LANE_OWNED && place.index == 1)
		publish(stamp_of(place), stamp_to_be(call, place));
	put(word, value);
	if (call && faulty(FAULT_HEAD_FIRST) && place.lane == LANE_SHARED && place.index == UNIT_WORDS - 1 &&
	    (stamp_to_be(call, place) & 3) == UNIT_HEAD)
		publish(stamp_of(place), stamp_to_be(call, place));
}

void step_publish(uint64_t *word, uint64_t value)
{
	const struct call *call = call_now();
	const bool head = (value & 3) == UNIT_HEAD;
	if (call && faulty(FAULT_HEAD_FIRST) && head)
		return;
	publish(word, value);
	if (call && faulty(FAULT_HEAD_MOVES_LATE) && head && call->lane == LANE_OWNED)
		put(&machine.controls[LANE_OWNED].head, (uint64_t)call->position + call->units);
}

uint64_t step_add(uint64_t *word, uint64_t n)
{
	if (faulty(FAULT_COUNT_LOST) && word == &machine.controls[LANE_SHARED].recorded) {
		const uint64_t old = step_get(word);
		put(word, old + n);
		return old;
	}
	machine_stop(ACCESS_ADD, word);
	struct call *call = call_now();
	if (call && word == &machine.controls[LANE_SHARED].head) {
		call->position = (uint16_t)*word;
		call->lane = LANE_SHARED;
		call->claimed = 0;
	}
	const uint64_t old = *word;
	/* What comes before or after a counter is the same to all. */
	if (machine_running() < THREADS_MAX && setting.weak && !is_unused(word))
		put_in_buffer(ACCESS_ADD, word, old + n);
	else
		*word = old + n;
	return old;
}

/* On Arm a fence of one kind is one for others too; here each is no more than it has to be. */
void step_fence_gets(void)
{
	if (!faulty(FAULT_NO_FENCE_GETS))
		weak_fence_gets();
}

void step_fence_puts(void)
{
	struct thread *self = &machine.threads[machine_running() % THREADS_MAX];
	if (machine_running() < THREADS_MAX && self->stores && setting.weak && !faulty(FAULT_NO_FENCE_PUTS))
		self->fences = (uint8_t)(machine.buffers[machine_running()][self->stores - 1].fences + 1);
}

bool step_swap(uint64_t *word, uint64_t expected, uint64_t desired)
{
	machine_stop(ACCESS_SWAP, word);
	const struct unit_place place = unit_place(word);
	struct call *call = call_now();
	const bool blind = place.lane == LANE_SHARED ? faulty(FAULT_CLAIM_STORES) : faulty(FAULT_GROWTH_STORES);
	if (!blind && (call ? writer_sees(call, word, *word) : *word) != expected)
		return false;
	if (call && faulty(FAULT_NOT_BUSY) && place.lane == LANE_SHARED)
		desired = stamp_to_be(call, place);
	if (machine_running() < THREADS_MAX && setting.weak)
		put_in_buffer(ACCESS_SWAP, word, desired);
	else
		reach_memory_by_swap(call ? call_number() : THREADS_MAX * CALLS_MAX, word, desired);
	return true;
}
