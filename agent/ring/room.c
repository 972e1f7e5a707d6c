#include "room.h"

#include "clock.h"
#include "lane.h"
#include "syscalls.h"

/* SPARE_UNITS: more than the longest record has. */
enum { SLICE_MS = 50, SPARE_UNITS = 256 };

struct room room;

void room_wake_reader(void)
{
	__atomic_fetch_add(&room.wake, 1, __ATOMIC_RELEASE);
	sys_futex_wake(&room.wake);
}

void room_move(void)
{
	__atomic_store_n(&room.since_ns, 0, __ATOMIC_RELAXED);
	/* Before the step is seen, what was done is; and a writer that counts itself waiting before it looks at the step is not missed. */
	__atomic_fetch_add(&room.moved, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&room.waiting, __ATOMIC_SEQ_CST))
		sys_futex_wake(&room.moved);
}

void room_watch(uint64_t *done)
{
	__atomic_store_n(&room.done, done, __ATOMIC_RELEASE);
	__atomic_fetch_add(&room.moved, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&recorder_live_page.live.blocking, 1, __ATOMIC_RELEASE);
}

uint64_t room_waited_ns(uint64_t now_ns)
{
	const uint64_t since = __atomic_load_n(&room.since_ns, __ATOMIC_RELAXED);
	return since && since < now_ns ? now_ns - since : 0;
}

static void note_waiting(uint64_t now_ns)
{
	uint64_t none = 0;
	__atomic_compare_exchange_n(&room.since_ns, &none, now_ns, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void room_leave(void)
{
	__atomic_store_n(&recorder_live_page.live.blocking, 0, __ATOMIC_RELEASE);
	__atomic_fetch_add(&room.moved, 1, __ATOMIC_SEQ_CST);
	sys_futex_wake(&room.moved);
}

static bool has_room(uint32_t lane, uint32_t units)
{
	struct lane_control *control = &recorder.controls[lane];
	const uint64_t geometry = __atomic_load_n(lane_geometry(control), __ATOMIC_ACQUIRE);
	const uint64_t head = __atomic_load_n(&control->head, __ATOMIC_RELAXED);
	/*
	 * More than the record needs: a handler that interrupts its writer after this writes into the same lane, but leaves as much in its
	 * turn; and writers that share a lane look at the same time.
	 */
	const uint64_t ring = geometry_settled(geometry) ? geometry_units(geometry) : recorder.header->lane_units;
	const uint64_t distance = control->shared ? ring / 4 : SPARE_UNITS;
	return head + units + distance <= __atomic_load_n(&room.done[lane], __ATOMIC_ACQUIRE) + ring;
}

static bool may_wait(void)
{
	return room_is_watched() && !thread_state.never_waits && !recorder.sandboxed && recorder_live_page.live.pid == sys_getpid();
}

static void sleep_until_moved(uint32_t moved)
{
	const struct timespec slice = {0, SLICE_MS * 1000000l};
	__atomic_fetch_add(&room.waiting, 1, __ATOMIC_SEQ_CST);
	sys_futex_wait(&room.moved, moved, &slice);
	__atomic_fetch_sub(&room.waiting, 1, __ATOMIC_RELAXED);
}

/* Each step of the reader begins the time anew for which it may hang. */
void room_wait(uint32_t lane, uint32_t units)
{
	uint64_t until = 0;
	uint32_t moved = __atomic_load_n(&room.moved, __ATOMIC_SEQ_CST), before = moved - 1;
	while (!has_room(lane, units)) {
		if (__atomic_load_n(&room.in_vain, __ATOMIC_RELAXED) == moved || !may_wait())
			return;
		const uint64_t now = clock_monotonic_ns();
		if (moved != before) {
			until = now + (ROOM_WAIT_MS + ROOM_ANSWER_MS) * 1000000ull;
			room_wake_reader();
		}
		note_waiting(now);
		if (now >= until) {
			__atomic_store_n(&room.in_vain, moved, __ATOMIC_RELAXED);
			return;
		}
		sleep_until_moved(moved);
		before = moved;
		moved = __atomic_load_n(&room.moved, __ATOMIC_SEQ_CST);
	}
}
