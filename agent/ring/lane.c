#include "lane.h"

#include "arch_local.h"
#include "clock.h"
#include "copy.h"
#include "recorder_file.h"
#include "syscalls.h"

#include <errno.h>
#include <linux/prctl.h>
#include <string.h>

__thread struct thread_state thread_state __attribute__((tls_model("initial-exec")));

enum { CLAIM_ATTEMPTS = 4 }; /* places tried for one record; each failure is a writer stalled in mid-unit */

/* The two ways to change a word: alone on the thread, or among threads. `shared` is a constant at each use. ------------------ */

static inline __attribute__((always_inline)) uint64_t word_add(uint64_t *word, uint64_t n, bool shared)
{
	return shared ? __atomic_fetch_add(word, n, __ATOMIC_RELAXED) : local_add(word, n);
}

static inline __attribute__((always_inline)) bool word_swap(uint64_t *word, uint64_t expected, uint64_t desired, bool shared)
{
	/* Acquire: the claim comes before the data that is written under it. */
	return shared ? __atomic_compare_exchange_n(word, &expected, desired, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)
		      : local_swap(word, expected, desired);
}

/* Geometry ----------------------------------------------------------------------------------------------------------------- */

/* lane_control.units in the low half, .settled in the high half. */
static uint64_t *geometry_word(struct lane_control *control)
{
	return (uint64_t *)(void *)&control->units;
}
_Static_assert(offsetof(struct lane_control, settled) == offsetof(struct lane_control, units) + 4, "one word");
_Static_assert(offsetof(struct lane_control, units) % 8 == 0, "one word");

static inline uint32_t geometry_units(uint64_t geometry)
{
	return (uint32_t)geometry;
}

static inline bool geometry_settled(uint64_t geometry)
{
	return geometry >> 32;
}

static uint64_t make_geometry(uint64_t units, bool settled)
{
	return units | (uint64_t)settled << 32;
}

/* Doubles the ring until it holds `end` positions, or settles its size. Whoever loses a swap takes over what the winner decided. */
static __attribute__((noinline)) uint64_t lane_grow(struct lane *lane, uint64_t end)
{
	uint64_t *word = geometry_word(lane->control);
	uint64_t geometry = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	while (end > geometry_units(geometry) && !geometry_settled(geometry)) {
		const uint64_t units = geometry_units(geometry);
		const uint64_t largest = recorder.header->lane_units;
		uint64_t wanted = make_geometry(units, true);
		if (units < largest) {
			if (recorder_reserve(lane->units + units * LANE_UNIT_BYTES, units * LANE_UNIT_BYTES) == 0)
				wanted = make_geometry(2 * units, false);
			else
				__atomic_fetch_or(&recorder.header->degradations, DEGRADED_LANE_GROWTH, __ATOMIC_RELAXED);
		}
		if (__atomic_compare_exchange_n(word, &geometry, wanted, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			geometry = wanted;
	}
	return geometry;
}

/* Taking a lane -------------------------------------------------------------------------------------------------------------- */

static void lane_place(struct lane *lane, uint32_t index)
{
	lane->control = &recorder.controls[index];
	lane->units = recorder.lanes + (uint64_t)index * recorder.header->lane_units * LANE_UNIT_BYTES;
	lane->shared = index >= recorder.header->lanes_owned;
}

/* Reserves the first units of a lane nobody has used yet. */
static bool lane_open(struct lane *lane)
{
	uint64_t *word = geometry_word(lane->control);
	uint64_t geometry = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	if (geometry)
		return true;
	if (recorder_reserve(lane->units, LANE_UNITS_INITIAL * LANE_UNIT_BYTES) != 0)
		return false;
	lane->control->shared = lane->shared;
	__atomic_compare_exchange_n(word, &geometry, make_geometry(LANE_UNITS_INITIAL, false), false, __ATOMIC_ACQ_REL,
				    __ATOMIC_RELAXED);
	return true;
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
	return owned + tid % recorder.header->lanes_shared;
}

static bool lane_take(uint32_t generation)
{
	struct thread_state *self = &thread_state;
	/* A handler that interrupted lane_take() lies deeper in the stack; a frame below ours was left by longjmp and means nothing. */
	if (self->taking && self->taking > __builtin_frame_address(0))
		return false;
	self->taking = __builtin_frame_address(0);
	struct lane lane;
	if (recorder.sandboxed) { /* no system call: not even to ask who we are */
		lane_place(&lane, recorder.header->lanes_owned);
	} else {
		self->tid = (uint32_t)sys_gettid();
		lane_place(&lane, lane_choose(self->tid));
	}
	const bool open = lane_open(&lane);
	if (open) {
		if (!lane.shared)
			sys_prctl(PR_GET_NAME, (unsigned long)lane.control->thread_name);
		self->lane = lane;
		/* The handler of a signal sees either no lane or a whole one. */
		__atomic_signal_fence(__ATOMIC_RELEASE);
		self->generation = generation;
	} else if (!lane.shared) {
		__atomic_store_n(&lane.control->owner_tid, 0, __ATOMIC_RELEASE);
	}
	self->taking = NULL;
	return open;
}

/* Writing -------------------------------------------------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) uint64_t *unit_at(const struct lane *lane, uint32_t mask, uint64_t position)
{
	return (uint64_t *)(void *)(lane->units + (position & mask) * LANE_UNIT_BYTES);
}

enum claim { CLAIMED, CLAIM_HOLE, CLAIM_LAPPED };

/* Takes one unit from an older lap. BUSY there: somebody stalled (hole). A newer lap there: we have (lapped). */
static inline __attribute__((always_inline)) enum claim unit_claim(uint64_t *unit, uint64_t position, bool shared)
{
	const uint64_t busy = unit_stamp(position, UNIT_BUSY);
	uint64_t old = __atomic_load_n(unit, __ATOMIC_RELAXED);
	for (;;) {
		if (__builtin_expect(old >= unit_stamp(position, UNIT_NONE), 0))
			return CLAIM_LAPPED;
		if (__builtin_expect((old & 3) == UNIT_BUSY, 0))
			return CLAIM_HOLE;
		if (__builtin_expect(word_swap(unit, old, busy, shared), 1))
			break;
		old = __atomic_load_n(unit, __ATOMIC_RELAXED);
	}
	/* The stamp is BUSY before the data changes: a reader that copied new data sees that on its second look. Nothing to do on x86. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	return CLAIMED;
}

/* Release: the data is there before the stamp says so. */
static inline __attribute__((always_inline)) void unit_commit(uint64_t *unit, uint64_t position, enum unit_state state)
{
	__atomic_store_n(unit, unit_stamp(position, state), __ATOMIC_RELEASE);
}

/* How the payload lies in memory. A constant at each use. */
enum layout { BYTES, WORDS };

/* Loads of the size of the stores just before: wider ones would have to wait until those have left the store buffer. */
static inline void copy_words(uint64_t *to, const uint64_t *from)
{
	uint64_t a = from[0], b = from[1], c = from[2];
	__asm__("" : "+r"(a), "+r"(b), "+r"(c)); /* keeps the compiler from joining them */
	to[0] = a;
	to[1] = b;
	to[2] = c;
}

static inline __attribute__((always_inline)) enum claim write_body(const struct lane *lane, uint32_t mask, uint64_t position,
								   const unsigned char *payload, uint32_t bytes, enum layout layout,
								   bool shared)
{
	for (uint32_t done = 0; done < bytes; done += LANE_BODY_BYTES, position++) {
		uint64_t *unit = unit_at(lane, mask, position);
		const enum claim claim = unit_claim(unit, position, shared);
		if (__builtin_expect(claim != CLAIMED, 0))
			return claim;
		if (layout == WORDS)
			copy_words(unit + 1, (const uint64_t *)(const void *)(payload + done));
		else if (bytes - done >= LANE_BODY_BYTES)
			memcpy(unit + 1, payload + done, LANE_BODY_BYTES);
		else
			copy_short(unit + 1, payload + done, bytes - done);
		unit_commit(unit, position, UNIT_BODY);
	}
	return CLAIMED;
}

_Static_assert(offsetof(struct record_head, bytes) == offsetof(struct record_head, tid) + 4, "one word, little endian");
_Static_assert(offsetof(struct record_head, level_source) == offsetof(struct record_head, tid) + 6, "one word, little endian");
_Static_assert(offsetof(struct record_head, flags) == offsetof(struct record_head, tid) + 7, "one word, little endian");

static inline __attribute__((always_inline)) enum claim write_at(struct lane *lane, uint32_t mask, uint64_t position,
								 struct record_fields fields, const void *payload, uint32_t bytes,
								 enum layout layout, bool shared)
{
	uint64_t *head = unit_at(lane, mask, position);
	const uint64_t ticks = clock_ticks(recorder.clock_kind);
	enum claim claim = unit_claim(head, position, shared);
	if (__builtin_expect(claim != CLAIMED, 0))
		return claim;
	head[1] = ticks;
	head[2] = fields.origin;
	head[3] = thread_state.tid | (uint64_t)bytes << 32 | fields.kind << 48;
	claim = write_body(lane, mask, position + 1, payload, bytes, layout, shared);
	unit_commit(head, position, __builtin_expect(claim == CLAIMED, 1) ? UNIT_HEAD : UNIT_NONE);
	return claim;
}

static inline __attribute__((always_inline)) bool write_record(struct lane *lane, struct record_fields fields, const void *payload,
							       uint32_t bytes, enum layout layout, bool shared)
{
	struct lane_control *control = lane->control;
	const uint32_t units = record_units(bytes);
	for (int attempt = 0; attempt < CLAIM_ATTEMPTS; attempt++) {
		const uint64_t position = word_add(&control->head, units, shared);
		uint64_t geometry = __atomic_load_n(geometry_word(control), __ATOMIC_ACQUIRE);
		if (__builtin_expect(position + units > geometry_units(geometry) && !geometry_settled(geometry), 0))
			geometry = lane_grow(lane, position + units);
		const enum claim claim = write_at(lane, geometry_units(geometry) - 1, position, fields, payload, bytes, layout,
						  shared);
		if (__builtin_expect(claim == CLAIMED, 1)) {
			word_add(&control->recorded, 1, shared);
			return true;
		}
		if (claim == CLAIM_LAPPED)
			break;
	}
	word_add(&control->dropped, 1, shared);
	return false;
}

static __attribute__((noinline)) bool write_shared(struct lane *lane, struct record_fields fields, const void *payload,
						   uint32_t bytes)
{
	return write_record(lane, fields, payload, bytes, BYTES, true);
}

static __attribute__((noinline)) bool lane_ensure(uint32_t generation)
{
	if (generation && lane_take(generation))
		return true;
	if (generation)
		__atomic_fetch_add(&recorder.header->dropped_early, 1, __ATOMIC_RELAXED);
	return false;
}

static inline __attribute__((always_inline)) bool write_own(struct record_fields fields, const void *payload, uint32_t bytes,
							    enum layout layout)
{
	struct thread_state *self = &thread_state;
	const uint32_t generation = recorder_get();
	if (__builtin_expect(self->generation != generation || !generation, 0) && !lane_ensure(generation))
		return false;
	if (__builtin_expect(self->lane.shared, 0))
		return write_shared(&self->lane, fields, payload, bytes);
	return write_record(&self->lane, fields, payload, bytes, layout, false);
}

bool lane_write(struct record_fields fields, const void *payload, uint32_t bytes)
{
	return write_own(fields, payload, bytes, BYTES);
}

bool lane_write_words(struct record_fields fields, const uint64_t *payload, uint32_t bytes)
{
	return write_own(fields, payload, bytes, WORDS);
}

void lane_prepare(void)
{
	const uint32_t generation = recorder_get();
	struct lane shared;
	if (thread_state.generation != generation && !lane_ensure(generation))
		return;
	lane_place(&shared, recorder.header->lanes_owned);
	lane_open(&shared);
}

void lane_count_truncated(void)
{
	struct thread_state *self = &thread_state;
	if (self->generation && self->generation == recorder_get())
		word_add(&self->lane.control->truncated, 1, self->lane.shared);
}
