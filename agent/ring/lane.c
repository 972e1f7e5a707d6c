#include "lane.h"

#include "context.h"
#include "own_lane.h"
#include "recorder_file.h"
#include "room.h"
#include "syscalls.h"

#include <errno.h>
#include <linux/prctl.h>

__thread struct thread_state thread_state __attribute__((tls_model("initial-exec"))) = {.ready = LANE_NOT_READY};

/* Growing ------------------------------------------------------------------------------------------------------------------------ */

static uint64_t make_geometry(uint64_t units, bool settled)
{
	return units | (uint64_t)settled << 32;
}

/* The next size, with memory behind it, or the present one for ever. */
static uint64_t grown(uint64_t *base, uint64_t units)
{
	if (units >= recorder.header->lane_units)
		return make_geometry(units, true);
	if (recorder_reserve(base + units * UNIT_WORDS, units * LANE_UNIT_BYTES) == 0)
		return make_geometry(2 * units, false);
	__atomic_fetch_or(&recorder.header->degradations, DEGRADED_LANE_GROWTH, __ATOMIC_RELAXED);
	return make_geometry(units, true);
}

/* Whoever loses a swap takes over what the winner decided. */
uint64_t lane_grow(struct lane_control *control, uint64_t *units, uint64_t end)
{
	uint64_t geometry = word_seen(lane_geometry(control));
	while (end > geometry_units(geometry) && !geometry_settled(geometry)) {
		word_swap(lane_geometry(control), geometry, grown(units, geometry_units(geometry)));
		geometry = word_seen(lane_geometry(control));
	}
	return geometry;
}

/* `end`: of the record that is to be written now. */
static void note_geometry(struct thread_state *self, uint64_t geometry, uint64_t end)
{
	const uint64_t units = geometry_units(geometry);
	self->mask = units - 1;
	self->limit = geometry_settled(geometry) ? room_limit((uint32_t)(self->control - recorder.controls), units, end) : units;
	/* A handler may have set one just before that store. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (context_is_set(self->context))
		self->limit = 0;
}

/* Taking a lane -------------------------------------------------------------------------------------------------------------- */

static uint64_t *lane_units(uint32_t index)
{
	return (uint64_t *)(void *)(recorder.lanes + (uint64_t)index * recorder.header->lane_units * LANE_UNIT_BYTES);
}

/* Reserves the first units of a lane nobody has used yet. Its geometry; 0: no memory. */
static uint64_t lane_open(uint32_t index)
{
	struct lane_control *control = &recorder.controls[index];
	const uint64_t geometry = word_seen(lane_geometry(control));
	if (geometry)
		return geometry;
	if (recorder_reserve(lane_units(index), LANE_UNITS_INITIAL * LANE_UNIT_BYTES) != 0)
		return 0;
	__atomic_store_n(&control->shared, index >= recorder.header->lanes_owned, __ATOMIC_RELAXED);
	word_swap(lane_geometry(control), 0, make_geometry(LANE_UNITS_INITIAL, false));
	return word_seen(lane_geometry(control));
}

/* A thread that is gone can write no more: its lane, with its history, passes to the next that asks. */
static bool owner_gone(uint32_t owner)
{
	return sys_tgkill((int)recorder.header->pid, (int)owner, 0) == -ESRCH;
}

static bool lane_try_own(uint32_t index, uint32_t tid, bool take_over)
{
	uint32_t *word = &recorder.controls[index].owner_tid;
	uint32_t owner = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	/* A dead thread's tid comes round again: what bears our own is ours. */
	if (owner == tid)
		return true;
	if (owner != 0 && !(take_over && owner_gone(owner)))
		return false;
	return __atomic_compare_exchange_n(word, &owner, tid, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static uint32_t lane_shared_index(uint32_t tid)
{
	/* In a sandbox only the first was prepared. */
	return recorder.header->lanes_owned + (recorder.sandboxed ? 0 : tid % recorder.header->lanes_shared);
}

/*
 * Index of a lane for this thread: a fresh one, else the dead thread's that was taken longest ago (in turn), so that history goes
 * oldest first; with more live threads than lanes, one that threads share.
 */
static uint32_t lane_choose(uint32_t tid)
{
	const uint32_t owned = recorder.header->lanes_owned;
	for (uint32_t i = 0; i < owned; i++) {
		if (lane_try_own(i, tid, false))
			return i;
	}
	for (uint32_t i = 0; i < owned; i++) {
		const uint32_t index = __atomic_fetch_add(&recorder.header->next_takeover, 1, __ATOMIC_RELAXED) % owned;
		if (lane_try_own(index, tid, true))
			return index;
	}
	return lane_shared_index(tid);
}

static bool lane_occupy(struct thread_state *self, uint32_t generation)
{
	if (!recorder.sandboxed) /* no system call there: not even to ask who we are */
		self->tid = (uint32_t)sys_gettid();
	const uint32_t index = recorder.sandboxed ? lane_shared_index(0) : lane_choose(self->tid);
	const bool shared = index >= recorder.header->lanes_owned;
	const uint64_t geometry = lane_open(index);
	if (!geometry) {
		if (!shared)
			__atomic_store_n(&recorder.controls[index].owner_tid, 0, __ATOMIC_RELEASE);
		return false;
	}
	self->control = &recorder.controls[index];
	self->units = lane_units(index);
	note_geometry(self, geometry, word_get(&self->control->head));
	if (!shared)
		sys_prctl(PR_GET_NAME, (unsigned long)self->control->thread_name);
	/* The handler of a signal sees either no lane or a whole one. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	self->generation = generation;
	self->ready = shared ? LANE_NOT_READY : generation;
	return true;
}

static bool lane_take(struct thread_state *self, uint32_t generation)
{
	/* A handler that interrupted lane_take() lies deeper in the stack; a frame below ours was left by longjmp and means nothing. */
	if (self->taking && self->taking > __builtin_frame_address(0))
		return false;
	self->taking = __builtin_frame_address(0);
	const bool taken = lane_occupy(self, generation);
	self->taking = NULL;
	if (taken && recorder.thread_met && !recorder.sandboxed)
		recorder.thread_met();
	return taken;
}

/* Writing elsewhere ------------------------------------------------------------------------------------------------------------ */

static bool count_early(void)
{
	__atomic_fetch_add(&recorder.header->dropped_early, 1, __ATOMIC_RELAXED);
	return false;
}

/* Before a record begins, so that who interrupts the wait records as always. Grown first: a ring that is growing writes over nothing. */
static void wait_for_room(uint32_t index, uint32_t units)
{
	struct lane_control *control = &recorder.controls[index];
	lane_grow(control, lane_units(index), word_get(&control->head) + units);
	room_wait(index, units);
}

static bool write_shared(struct thread_state *self, struct record_fields fields, const struct record_rest *rest)
{
	const uint32_t index = lane_shared_index(self->tid);
	const struct shared_lane lane = {&recorder.controls[index], lane_units(index)};
	if (!lane_open(index))
		return count_early();
	const bool alone = room_is_watched() && !self->sharing;
	if (alone) {
		/* Who shares a lane waits for room in it; who is here because he interrupted a record does not. */
		if (self->control->shared)
			wait_for_room(index, rest_units(rest));
		self->sharing = 1;
	}
	const bool written = shared_lane_write(&lane, self->tid, fields, rest);
	if (alone)
		self->sharing = 0;
	return written;
}

/* With any clock, growing the lane where it has to. */
static void write_own(struct thread_state *self, uint32_t generation, struct record_fields fields, const struct record_rest *rest)
{
	struct own_lane lane;
	const uint32_t units = rest_units(rest);
	if (room_is_watched())
		wait_for_room((uint32_t)(self->control - recorder.controls), units);
	own_lane_begin(&lane, self, generation);
	const uint64_t end = lane.position + units;
	if (end > self->limit) {
		note_geometry(self, lane_grow(lane.control, lane.units, end), end);
		lane.mask = self->mask;
	}
	own_lane_move(&lane, units);
	const uint64_t ticks = clock_ticks(recorder.clock_kind);
	if (rest->context)
		own_lane_put_payload(&lane, record_units(rest->bytes), (const unsigned char *)rest->context,
				     context_bytes(rest->context));
	own_lane_fill(&lane, ticks, self->tid, fields, rest->payload, rest->bytes);
	own_lane_end(&lane, self);
	calibration_check(ticks);
}

bool lane_write_elsewhere(struct record_fields fields, const void *payload, uint32_t bytes)
{
	struct thread_state *self = &thread_state;
	struct record_context context;
	struct record_rest rest = {payload, bytes, NULL};
	const uint32_t generation = recorder_get();
	if (!generation)
		return false;
	if (self->generation != generation && !lane_take(self, generation))
		return count_early();
	if (self->context && context_take_as(self->context, &context)) {
		rest.context = &context;
		fields.kind |= (uint64_t)RECORD_HAS_CONTEXT << 8;
	}
	/* It shares one, or is in the middle of a record; or it left one by longjmp, which nobody can tell from that: it shares from then on. */
	if (!own_lane_ready(self, generation))
		return write_shared(self, fields, &rest);
	write_own(self, generation, fields, &rest);
	return true;
}

bool lane_write(struct record_fields fields, const void *payload, uint32_t bytes)
{
	return own_lane_write(fields, payload, bytes);
}

void lane_prepare(void)
{
	const uint32_t generation = recorder_get();
	if (generation && (thread_state.generation == generation || lane_take(&thread_state, generation)))
		lane_open(recorder.header->lanes_owned);
}

void lane_count_lost(void)
{
	if (recorder_get())
		count_early();
}

void lane_count_truncated(void)
{
	struct thread_state *self = &thread_state;
	if (self->generation && self->generation == recorder_get())
		__atomic_fetch_add(&self->control->truncated, 1, __ATOMIC_RELAXED);
}
