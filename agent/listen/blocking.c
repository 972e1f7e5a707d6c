#include "blocking.h"

#include "own_thread.h"
#include "recorder_file.h"
#include "room.h"

#include <errno.h>
#include <string.h>

enum { LANES_MAX = 1024 + 16 }; /* TTLOG_LANES and those that are shared */

static uint64_t *positions; /* by lane: before them no listener that blocks needs anything */

int blocking_open(void)
{
	if (!positions)
		positions = own_thread_map(LANES_MAX * sizeof(positions[0]));
	return positions ? 0 : -ENOMEM;
}

void blocking_forget(void)
{
	if (positions)
		memset(positions, 0, LANES_MAX * sizeof(positions[0]));
}

void blocking_expect(void)
{
	room_watch(positions);
}

/* From now on, and not only when the thread has seen the listener, writers wait for it. */
void blocking_begin(struct listener *listener)
{
	if (listener->calls.policy != TTLOG_BLOCK || recorder_live_page.live.blocking)
		return;
	for (uint32_t lane = 0; lane < LANES_MAX; lane++)
		positions[lane] = listener->tapped && lane < listener->tap.view.lanes ? tap_position(&listener->tap, lane) : 0;
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

/* Of all listeners that block, the least position of each lane. */
void blocking_publish(uint32_t lanes, bool expected)
{
	bool moved = false;
	lanes = lanes < LANES_MAX ? lanes : LANES_MAX;
	for (uint32_t lane = 0; lane < lanes; lane++) {
		uint64_t least = UINT64_MAX;
		for (int i = 0; i < LISTENERS_MAX; i++) {
			const struct listener *listener = &listeners[i];
			if (!listener_is_there(listener) || listener->calls.policy != TTLOG_BLOCK)
				continue;
			const bool tapped = __atomic_load_n(&listener->tapped, __ATOMIC_ACQUIRE);
			const uint64_t position = tapped ? tap_position(&listener->tap, lane) : 0;
			least = position < least ? position : least;
		}
		if (least == UINT64_MAX)
			break;
		moved |= positions[lane] != least;
		__atomic_store_n(&positions[lane], least, __ATOMIC_RELEASE);
	}
	if (recorder_live_page.live.blocking && !expected && !somebody_blocks())
		leave();
	else if (moved)
		room_move();
}

void blocking_resume(void)
{
	if (somebody_blocks())
		room_watch(positions);
}
