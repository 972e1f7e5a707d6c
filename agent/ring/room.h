/*
 * room.h - writers that wait for a reader: only where a listener asked for it (TTLOG_BLOCK).
 *
 * A thread whose lane has its final size looks here each half lap, by the test that tells it to grow before: so the record path costs
 * the same whether somebody is to be waited for or not, and whoever begins to watch is noticed before anything of his is written over.
 *
 * The reader says by lane what it has done with; a record that would write over more than that waits while the reader moves on, and for
 * ROOM_WAIT_MS after its last step. Then the reader moves on without what hangs (blocking.h), and if it cannot even that in ROOM_ANSWER_MS
 * more, nobody waits again before it does: a listener that hangs costs a program one such delay, and then loses events, which are counted.
 *
 * Nobody waits inside a handler that interrupted a record, in a vfork child, in a sandbox, in the reader's own thread, or in a process
 * that is about to die. All functions are async-signal-safe.
 *
 * | who         | calls                                                    |
 * | the reader  | room_watch, room_move, room_leave; one thread at a time  |
 * | any writer  | room_limit, room_wait                                    |
 */
#ifndef TTLOG_RING_ROOM_H
#define TTLOG_RING_ROOM_H

#include "recorder_file.h"

#include <stdbool.h>
#include <stdint.h>

#define ROOM_WAIT_MS   1000u
#define ROOM_ANSWER_MS 250u

struct room {
	uint64_t *done;    /* by lane: position before which the reader needs nothing any more */
	uint32_t moved;    /* futex: counts the reader's steps */
	uint32_t waiting;  /* writers that sleep on it */
	uint32_t in_vain;  /* value of `moved` at which somebody waited in vain */
	uint32_t wake;     /* futex: the reader sleeps on it */
	uint64_t since_ns; /* CLOCK_MONOTONIC when the first one began to wait after the reader's last step; 0: none has */
};

extern struct room room __attribute__((visibility("hidden")));

static inline bool room_is_watched(void)
{
	return __builtin_expect(__atomic_load_n(&recorder_live_page.live.blocking, __ATOMIC_ACQUIRE) != 0, 0);
}

/* The position up to which the lane may be written without another look; at least `end`. */
static inline uint64_t room_limit(uint32_t lane, uint64_t units, uint64_t end)
{
	if (!room_is_watched())
		return end + units / 2;
	const uint64_t limit = __atomic_load_n(&room.done[lane], __ATOMIC_ACQUIRE) + units;
	return limit > end ? limit : end;
}

/* Until `units` more have room in the lane, or there is a reason not to wait. */
void room_wait(uint32_t lane, uint32_t units) __attribute__((visibility("hidden")));

/* The reader begins: `done` (by lane) says where, and lives on with the process. */
void room_watch(uint64_t *done) __attribute__((visibility("hidden")));
/* It has changed `done`. */
void room_move(void) __attribute__((visibility("hidden")));
/* For how long somebody has been waiting since it last did; 0: nobody. */
uint64_t room_waited_ns(uint64_t now_ns) __attribute__((visibility("hidden")));
/* Nobody is to wait any more. */
void room_leave(void) __attribute__((visibility("hidden")));

/* Has the reader look now. */
void room_wake_reader(void) __attribute__((visibility("hidden")));

#endif
