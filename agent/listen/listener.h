/*
 * listener.h - the table of listeners, and one listener's turn.
 *
 * | operation                     | who                                     |
 * | listener_add, listener_remove | any thread but the listener thread      |
 * | all others                    | the listener thread                     |
 *
 * A slot passes from hand to hand by its state: the adder's while FILLING, the listener thread's from NEW to FREE. Nothing is locked, so
 * fork leaves nothing locked: a child forgets the table, of which no function is called there.
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
	LISTENER_NEW = 2, /* to be started */
	LISTENER_RUNNING = 3,
	LISTENER_FAILED = 4, /* to be started again at retry_ns */
};

struct listener {
	uint32_t state;   /* enum listener_state; futex */
	uint32_t leaving; /* somebody wants it removed */
	int id;
	bool of_program;    /* added by the program: its functions use the program's descriptors */
	bool tapped, dirty; /* dirty: something was handed out since the last flush */
	struct ttlog_listener calls;
	char name[64];
	struct tap tap;
	uint64_t retry_ns, flushed_ns; /* CLOCK_MONOTONIC */
	uint32_t retry_ms;
	int error;             /* of the last failure; 0: none since */
	uint64_t last;         /* ticks of the last record that was read */
	uint64_t done_to;      /* ticks: what is older has been handed out and flushed */
	uint64_t handed, lost; /* events; anybody reads them, the thread writes them */
};

extern struct listener *listeners __attribute__((visibility("hidden"))); /* LISTENERS_MAX of them, after listener_open_table() */

/* 0 or -ENOMEM. Before anything else here is called. */
int listener_open_table(void) __attribute__((visibility("hidden")));

/*
 * An id of 1 or more, or -errno: -EINVAL, -EAGAIN (no room), -ENOMEM. The structure is copied. `prepare` (NULL: nothing) is called while
 * the slot is still the adder's. of_program: it is the program's own, and is handed what is recorded from now on.
 */
int listener_add(const struct ttlog_listener *calls, bool of_program, void (*prepare)(const struct listener *))
	__attribute__((visibility("hidden")));

/* Asks for its removal: the slot, whose state becomes FREE; NULL: there is no such listener. */
struct listener *listener_leave(int id) __attribute__((visibility("hidden")));

/* No thread could be had for it: as if it had not been added. */
void listener_withdraw(int id) __attribute__((visibility("hidden")));

/* None of them is anybody's: in a forked child. */
void listener_forget_all(void) __attribute__((visibility("hidden")));

/* What a turn is taken with. */
struct turn {
	struct decoder *decoder;
	uint64_t now_ns, ticks_per_us;
	uint64_t flush_to;              /* ticks: flush all that is older; 0: nobody asked */
	bool end;                       /* and be quick */
	bool events;                    /* some listener had some */
	const struct listener *running; /* whose functions are being called, for a death in one of them; NULL: nobody's */
};

/* Starts it, hands out what there is (some of it, if that is much), flushes. True: there is more. */
bool listener_turn(struct listener *listener, struct turn *turn) __attribute__((visibility("hidden")));

/* Flushes if it can, shuts it down and frees the slot. */
void listener_end(struct listener *listener, struct turn *turn) __attribute__((visibility("hidden")));

/* Its file is to be opened anew. */
void listener_reopen(struct listener *listener, struct turn *turn) __attribute__((visibility("hidden")));

/* It has handed out and flushed all that is older, or cannot. */
static inline bool listener_is_done(const struct listener *listener, uint64_t flush_to)
{
	const uint32_t state = listener->state;
	if (state == LISTENER_FREE || state == LISTENER_FILLING || state == LISTENER_FAILED)
		return true;
	return (int64_t)(listener->done_to - flush_to) >= 0;
}

#endif
