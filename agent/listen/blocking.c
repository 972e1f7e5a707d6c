#include "blocking.h"

#include "clock.h"
#include "own_thread.h"
#include "recorder_file.h"
#include "room.h"
#include "syscalls.h"

#include <errno.h>
#include <string.h>

enum { LANES_MAX = 1024 + 16 }; /* TTLOG_LANES and those that are shared */

static uint64_t *positions; /* by lane: before them no listener that blocks needs anything */

/* Those whom nobody waits for until they move: they hung, and others who block do not. By slot; 0: waited for. */
static uint64_t hung_at[LISTENERS_MAX];

int blocking_open(void)
{
	const size_t bytes = LANES_MAX * sizeof(positions[0]);
	uint64_t *none = NULL;
	if (__atomic_load_n(&positions, __ATOMIC_ACQUIRE))
		return 0;
	uint64_t *memory = own_thread_map(bytes);
	if (!memory)
		return -ENOMEM;
	if (!__atomic_compare_exchange_n(&positions, &none, memory, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		SYS2(SYS_munmap, memory, bytes); /* another thread's is there */
	return 0;
}

void blocking_forget(void)
{
	if (positions)
		memset(positions, 0, LANES_MAX * sizeof(positions[0]));
	memset(hung_at, 0, sizeof(hung_at));
}

void blocking_expect(void)
{
	room_watch(positions);
}

/* From now on, and not only when the thread has seen the listener, writers wait for it. */
void blocking_begin(struct listener *listener)
{
	if (listener->calls.policy != TTLOG_BLOCK || room_is_watched())
		return;
	for (uint32_t lane = 0; lane < LANES_MAX; lane++) {
		const bool tapped = listener->tapped && lane < listener->tap.view.lanes;
		__atomic_store_n(&positions[lane], tapped ? tap_position(&listener->tap, lane) : 0, __ATOMIC_RELEASE);
	}
	room_watch(positions);
}

/* Or is just about to: then the writers wait already. */
static bool somebody_blocks(void)
{
	for (int i = 0; i < LISTENERS_MAX; i++) {
		const uint32_t state = __atomic_load_n(&listeners[i].state, __ATOMIC_ACQUIRE);
		if (state == LISTENER_FILLING || (listener_is_there(&listeners[i]) && listeners[i].calls.policy == TTLOG_BLOCK))
			return true;
	}
	return false;
}

/* Who is added in this very moment is seen now at the latest. */
static void leave(void)
{
	room_leave();
	if (somebody_blocks())
		room_watch(positions);
}

/* The slots of the listeners that block. */
static unsigned find_blocking(int slots[LISTENERS_MAX])
{
	unsigned count = 0;
	for (int i = 0; i < LISTENERS_MAX; i++) {
		if (listener_is_there(&listeners[i]) && listeners[i].calls.policy == TTLOG_BLOCK)
			slots[count++] = i;
	}
	return count;
}

static uint64_t position_of(int slot, uint32_t lane)
{
	const bool tapped = __atomic_load_n(&listeners[slot].tapped, __ATOMIC_ACQUIRE);
	return tapped ? tap_position(&listeners[slot].tap, lane) : 0;
}

/* How far it has come in all lanes together; never 0. */
static uint64_t progress(int slot, uint32_t lanes)
{
	uint64_t sum = 1;
	for (uint32_t lane = 0; lane < lanes; lane++)
		sum += position_of(slot, lane);
	return sum;
}

/*
 * Writers are about to give up. A listener that is behind the one that has come furthest is the reason, and is not waited for until it moves:
 * so one that hangs takes nothing from one that does not. Where all are at the same place there is nobody to tell them apart by.
 */
static void leave_behind(const int slots[], unsigned count, uint32_t lanes)
{
	uint64_t come[LISTENERS_MAX], furthest = 0;
	for (unsigned i = 0; i < count; i++) {
		come[i] = progress(slots[i], lanes);
		furthest = come[i] > furthest ? come[i] : furthest;
	}
	for (unsigned i = 0; i < count; i++) {
		if (come[i] < furthest)
			hung_at[slots[i]] = come[i];
	}
}

static unsigned without_hung(int slots[], unsigned count, uint32_t lanes)
{
	unsigned left = 0;
	for (unsigned i = 0; i < count; i++) {
		const int slot = slots[i];
		if (hung_at[slot] && hung_at[slot] != progress(slot, lanes))
			hung_at[slot] = 0;
		if (!hung_at[slot])
			slots[left++] = slot;
	}
	return left;
}

/* Of all listeners that block, the least position of each lane. True: some lane's is another than before. */
static bool publish(const int slots[], unsigned count, uint32_t lanes)
{
	bool moved = false;
	for (uint32_t lane = 0; count && lane < lanes; lane++) {
		uint64_t least = UINT64_MAX;
		for (unsigned i = 0; i < count; i++) {
			const uint64_t position = position_of(slots[i], lane);
			least = position < least ? position : least;
		}
		moved |= positions[lane] != least;
		__atomic_store_n(&positions[lane], least, __ATOMIC_RELEASE);
	}
	return moved;
}

void blocking_publish(uint32_t lanes, bool expected)
{
	int slots[LISTENERS_MAX];
	lanes = lanes < LANES_MAX ? lanes : LANES_MAX;
	const unsigned count = find_blocking(slots);
	if (count > 1 && room_waited_ns(clock_monotonic_ns()) >= ROOM_WAIT_MS * 1000000ull)
		leave_behind(slots, count, lanes);
	const bool moved = publish(slots, without_hung(slots, count, lanes), lanes);
	if (room_is_watched() && !expected && !somebody_blocks())
		leave();
	else if (moved)
		room_move();
}

void blocking_resume(void)
{
	if (somebody_blocks())
		room_watch(positions);
}
