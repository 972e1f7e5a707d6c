/*
 * listener.h - the table of listeners, and one listener's turn.
 *
 * | operation                                    | who                                                   |
 * | listener_add, listener_leave                 | any thread                                            |
 * | listener_turn, listener_end                  | the listener's taker (turn_taker.h)                   |
 * | listener_free                                | the listener thread                                   |
 * | listener_is_there, listener_is_done          | any thread                                            |
 *
 * A slot passes from hand to hand by its state: the adder's while FILLING, from NEW on his who changes that first (the taker, that starts it,
 * or the adder, who could have no taker), the listener thread's when it has ENDED.
 * Fields that others look at meanwhile are marked "anybody's". Nothing is locked, so fork leaves nothing locked: a child forgets the table,
 * of which no function is called there.
 */
#ifndef TTLOG_LISTEN_LISTENER_H
#define TTLOG_LISTEN_LISTENER_H

#include "decode.h"
#include "tap.h"
#include "ttlog_listener.h"

#define LISTENERS_MAX 16

enum listener_state {
	LISTENER_FREE = 0,
	LISTENER_FILLING = 1,
	LISTENER_NEW = 2,      /* to be started */
	LISTENER_STARTING = 3, /* its taker's: whoever added it cannot withdraw it any more */
	LISTENER_RUNNING = 4,
	LISTENER_FAILED = 5, /* to be started again at retry_ns */
	LISTENER_ENDED = 6,  /* none of its functions will be called any more */
};

enum listener_taker { TAKER_LISTENER = 0, TAKER_PROGRAM = 1, TAKER_OWN = 2, TAKERS = TAKER_OWN + LISTENERS_MAX };

struct listener {
	uint32_t state;      /* enum listener_state; futex. Anybody's */
	int leaving;         /* id of the one that somebody wants removed: the slot may have another by now. Anybody's */
	uint32_t reopen;     /* its file is to be opened anew. Anybody's */
	uint32_t called;     /* tid of the thread that is in one of its functions; 0: none is. Anybody's */
	int id;              /* Anybody's */
	uint32_t taker;      /* enum listener_taker. Anybody's */
	bool tapped;         /* the tap is open, and stays so until the slot is free. Anybody's */
	bool dirty;          /* something was handed out since the last flush */
	const void *object;  /* whose own faults end the listener and nothing else (containment.h); NULL: they are deaths */
	const char *fell_of; /* why it has ended; and where in the object, 0: not to be known */
	uintptr_t fell_at;
	struct ttlog_listener calls;
	char name[64];
	struct tap tap;
	uint64_t retry_ns, flushed_ns; /* CLOCK_MONOTONIC */
	uint64_t tried_for;            /* the flush for which it was tried before its time */
	uint32_t retry_ms;
	int error;             /* of the last failure; 0: none since */
	uint64_t last;         /* ticks of the last record that was read */
	uint64_t done_to;      /* ticks: what is older has been handed out and flushed. Anybody's */
	uint64_t handed, lost; /* events. Anybody's */
};

extern struct listener *listeners __attribute__((visibility("hidden"))); /* LISTENERS_MAX of them, after listener_open_table() */

/* 0 or -ENOMEM. Before anything else here is called. */
int listener_open_table(void) __attribute__((visibility("hidden")));

/*
 * An id of 1 or more, or -errno: -EINVAL, -EAGAIN (no room), -ENOMEM. The structure is copied. `prepare` is called while the slot is still
 * the adder's. The taker: TAKER_PROGRAM for one of the program's, which is handed what is recorded from now on; TAKER_OWN stands for
 * that of its slot.
 */
int listener_add(const struct ttlog_listener *calls, enum listener_taker taker, void (*prepare)(struct listener *))
	__attribute__((visibility("hidden")));

/* Asks for its removal: the slot, whose state becomes FREE; NULL: there is no such listener. */
struct listener *listener_leave(int id) __attribute__((visibility("hidden")));

/*
 * No thread could be had for it: as if it had not been added, none of its functions is called. `alone`: there is no listener thread. False:
 * somebody else's thread has it, or has had it, so it was added.
 */
bool listener_withdraw(int id, bool alone) __attribute__((visibility("hidden")));

/* None of them is anybody's: in a forked child. */
void listener_forget_all(void) __attribute__((visibility("hidden")));

static inline bool listener_is(const struct listener *listener, int id)
{
	return __atomic_load_n(&listener->id, __ATOMIC_ACQUIRE) == id;
}

static inline bool listener_is_leaving(const struct listener *listener)
{
	return listener_is(listener, __atomic_load_n(&listener->leaving, __ATOMIC_ACQUIRE));
}

/* What a turn is taken with. */
struct turn {
	struct decoder *decoder;
	uint64_t now_ns, ticks_per_us;
	uint64_t flush_to; /* ticks: flush all that is older; 0: nobody asked */
	bool end;          /* and be quick */
	bool events;       /* some listener had some */
};

static inline bool listener_is_there(const struct listener *listener)
{
	const uint32_t state = __atomic_load_n(&listener->state, __ATOMIC_ACQUIRE);
	return state >= LISTENER_NEW && state <= LISTENER_FAILED;
}

/* Starts it, hands out what there is (some of it, if that is much), flushes. True: there is more. */
bool listener_turn(struct listener *listener, struct turn *turn) __attribute__((visibility("hidden")));

/* Flushes if it can, and shuts it down. */
void listener_end(struct listener *listener, struct turn *turn) __attribute__((visibility("hidden")));

/* In one of its functions something happened that would have ended the process (fell_of): none is called any more. */
void listener_fall(struct listener *listener, struct turn *turn) __attribute__((visibility("hidden")));

/* The one in whose function the thread is; NULL: in none. Async-signal-safe. */
struct listener *listener_of(uint32_t tid) __attribute__((visibility("hidden")));

/* Frees the slot of one that has ended. */
void listener_free(struct listener *listener) __attribute__((visibility("hidden")));

/* It has handed out and flushed all that is older, or cannot. */
static inline bool listener_is_done(const struct listener *listener, uint64_t flush_to)
{
	const uint32_t state = __atomic_load_n(&listener->state, __ATOMIC_ACQUIRE);
	if (state < LISTENER_NEW || state > LISTENER_RUNNING)
		return true;
	return (int64_t)(__atomic_load_n(&listener->done_to, __ATOMIC_ACQUIRE) - flush_to) >= 0;
}

#endif
