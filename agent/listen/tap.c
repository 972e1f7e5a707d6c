#include "tap.h"

#include "clock.h"
#include "own_thread.h"
#include "recorder_file.h"
#include "syscalls.h"
#include "word.h"

#include <string.h>

enum { ORDER_US = 500, STALL_NS = 100 * 1000000, LOOKS = 64, COUNT_ATTEMPTS = 4, MARGIN = 8 };

static void unmap(void *memory, size_t bytes)
{
	if (memory)
		SYS2(SYS_munmap, memory, bytes);
}

int tap_open(struct tap *tap, bool from_now)
{
	const struct recorder_view *view = &tap->view;
	const char *why;
	memset(tap, 0, sizeof(*tap));
	if (recorder_view_open(&tap->view, recorder.header, recorder.header->file_bytes, &why) != 0)
		return -EINVAL;
	/* Pages of lanes that nobody uses are never touched. */
	tap->lanes = own_thread_map(view->lanes * sizeof(*tap->lanes));
	tap->records = own_thread_map(view->lanes * sizeof(*tap->records));
	if (!tap->lanes || !tap->records) {
		tap_close(tap);
		return -ENOMEM;
	}
	if (!from_now)
		return 0;
	for (uint32_t lane = 0; lane < view->lanes; lane++) {
		struct tap_lane *at = &tap->lanes[lane];
		lane_cursor_open(&at->cursor, view, lane);
		if (!at->cursor.control.units)
			continue;
		at->cursor.next = at->kept_next = at->cursor.end;
		at->opened = true;
	}
	return 0;
}

void tap_close(struct tap *tap)
{
	unmap(tap->lanes, tap->view.lanes * sizeof(*tap->lanes));
	unmap(tap->records, tap->view.lanes * sizeof(*tap->records));
	tap->lanes = NULL;
	tap->records = NULL;
}

/* Counting ----------------------------------------------------------------------------------------------------------------------- */

/*
 * All `recorded` records of the lane stand before the cursor's end, for that was read later; `unread` of them or more lie between the
 * cursor and its end. Where the tap began in the middle, and nothing has been lost yet, the same says how many were there before.
 */
static void account(struct tap_lane *lane, uint64_t unread)
{
	const uint64_t accounted = lane->seen + unread;
	if (!lane->gap) {
		if (lane->recorded > accounted && lane->recorded - accounted > lane->base)
			lane->base = lane->recorded - accounted;
		return;
	}
	if (lane->recorded > accounted + lane->base && lane->recorded - accounted - lane->base > lane->lost)
		lane->lost = lane->recorded - accounted - lane->base;
}

static void refresh(struct tap_lane *lane)
{
	lane->recorded = lane_cursor_recorded(&lane->cursor);
	word_fence_gets();
	lane_cursor_refresh(&lane->cursor);
}

/* Goes on behind what was overwritten, with some distance to the writer, who would catch up at once. */
static void skip_overwritten(struct tap_lane *lane)
{
	uint64_t unread;
	lane->gap = true;
	for (int attempt = 0; attempt < COUNT_ATTEMPTS; attempt++) {
		refresh(lane);
		const uint64_t units = lane->cursor.control.units;
		const uint64_t next = lane->cursor.end - units + units / MARGIN * (1 + (unsigned)attempt);
		if (lane->cursor.end > units && next > lane->cursor.next)
			lane->cursor.next = next;
		if (lane_cursor_count(&lane->cursor, &unread)) {
			account(lane, unread);
			return;
		}
	}
}

/* A writer who was stopped in the middle is not waited for for ever: on to what others have written behind its place. */
static void skip_stalled(struct tap_lane *lane, struct record *record)
{
	struct lane_cursor ahead = lane->cursor;
	ahead.next++;
	if (lane_cursor_next(&ahead, record) != 1)
		return;
	lane->gap = true;
	lane->cursor.next = record->position;
	lane->stalled_since = 0;
}

/* Turns -------------------------------------------------------------------------------------------------------------------------- */

static void begin_lane(struct tap *tap, uint32_t index)
{
	struct tap_lane *lane = &tap->lanes[index];
	if (!lane->opened) {
		lane_cursor_open(&lane->cursor, &tap->view, index);
		if (!lane->cursor.control.units)
			return;
		lane->opened = true;
		lane->gap = true; /* everything here came after the tap */
		lane->cursor.next = 0;
	}
	if (index >= tap->used)
		tap->used = index + 1;
	refresh(lane);
	lane->ended = false;
	lane->stalled = false;
}

void tap_begin(struct tap *tap, uint64_t ticks_per_us)
{
	const uint64_t now = clock_ticks(recorder.clock_kind);
	tap->horizon = now - ORDER_US * ticks_per_us;
	tap->stalled = false;
	/* The time is taken before the lanes are looked at. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (uint32_t lane = 0; lane < tap->view.lanes; lane++)
		begin_lane(tap, lane);
}

static void note_stall(struct tap_lane *lane, struct record *record, uint64_t now_ns)
{
	if (!lane->stalled_since)
		lane->stalled_since = now_ns;
	lane->stalled = now_ns - lane->stalled_since < STALL_NS;
	if (!lane->stalled)
		skip_stalled(lane, record);
	lane->ended = lane->stalled || lane->stalled_since;
}

/* Until the lane's next record is held, or it has none in this turn. */
static void fill(struct tap_lane *lane, struct record *record, uint64_t now_ns)
{
	for (int looks = 0; !lane->held && !lane->ended;) {
		switch (lane_cursor_look(&lane->cursor, record)) {
		case LOOK_RECORD:
			lane->held = true;
			lane->stalled_since = 0;
			break;
		case LOOK_END:
			lane->ended = true;
			lane->stalled_since = 0;
			account(lane, 0);
			break;
		case LOOK_HOLE:
			lane->stalled_since = 0;
			break;
		case LOOK_OVERWRITTEN:
			lane->stalled_since = 0;
			skip_overwritten(lane);
			break;
		case LOOK_UNDER_WAY:
			if (++looks > LOOKS)
				note_stall(lane, record, now_ns);
			break;
		}
	}
}

/* The lane whose next record is the oldest. */
static struct tap_lane *oldest(struct tap *tap, uint64_t now_ns, uint32_t *index)
{
	struct tap_lane *found = NULL;
	for (uint32_t i = 0; i < tap->used; i++) {
		struct tap_lane *lane = &tap->lanes[i];
		if (!lane->opened)
			continue;
		fill(lane, &tap->records[i], now_ns);
		if (lane->stalled) {
			tap->stalled = true;
			return NULL;
		}
		if (lane->held && (!found || tap->records[i].ticks < tap->records[*index].ticks)) {
			found = lane;
			*index = i;
		}
	}
	return found;
}

const struct record *tap_next(struct tap *tap, uint64_t now_ns)
{
	uint32_t index = 0;
	struct tap_lane *lane = oldest(tap, now_ns, &index);
	/* Signed: a counter that began anew is not waited for. */
	if (!lane || (int64_t)(tap->records[index].ticks - tap->horizon) > 0)
		return NULL;
	lane->held = false;
	lane->seen++;
	return &tap->records[index];
}

uint64_t tap_lost(const struct tap *tap)
{
	uint64_t lost = 0;
	for (uint32_t lane = 0; lane < tap->used; lane++)
		lost += tap->lanes[lane].lost;
	return lost;
}

uint64_t tap_take_lost(struct tap *tap)
{
	const uint64_t lost = tap_lost(tap), told = tap->lost_told;
	if (lost <= told)
		return 0;
	tap->lost_told = lost;
	return lost - told;
}

/* A record that is held has been read but not handed out. */
void tap_keep(struct tap *tap)
{
	tap->kept_told = tap->lost_told;
	for (uint32_t i = 0; i < tap->used; i++) {
		struct tap_lane *lane = &tap->lanes[i];
		__atomic_store_n(&lane->kept_next, lane->held ? tap->records[i].position : lane->cursor.next, __ATOMIC_RELEASE);
		lane->kept_seen = lane->seen;
	}
}

void tap_return(struct tap *tap)
{
	tap->lost_told = tap->kept_told;
	for (uint32_t i = 0; i < tap->used; i++) {
		struct tap_lane *lane = &tap->lanes[i];
		lane->held = false;
		lane->cursor.next = lane->kept_next;
		lane->seen = lane->kept_seen;
	}
}
