#include "listener.h"

#include "clock.h"
#include "containment.h"
#include "lane.h"
#include "listen.h"
#include "own_thread.h"
#include "recorder_file.h"
#include "syscalls.h"
#include "text.h"
#include "turn_taker.h"

#include <errno.h>
#include <string.h>

enum {
	BATCH = 1024,   /* events of one turn, so that others get theirs */
	RETRY_MS = 100, /* doubled up to */
	RETRY_MS_MAX = 60000,
	FLUSH_NS = 1000000000,
	TURN_NS = 100000000, /* of a blocking listener, whose writers are to see that it moves */
	LANE_SHARE = 4, /* a blocking listener is flushed after a quarter of a lane: what is not, its writers cannot write over */
};

_Static_assert(LISTENERS_MAX <= DECODE_READERS_MAX, "each listener is a reader of its own");

struct listener *listeners;
static int last_id;

static bool is_sound(const struct ttlog_listener *calls)
{
	return calls && calls->version == TTLOG_LISTENER_VERSION && calls->on_event && calls->policy <= TTLOG_BLOCK;
}

static void set_name(struct listener *listener, const char *name)
{
	const size_t bytes = name ? strnlen(name, sizeof(listener->name) - 1) : 0;
	memset(listener->name, 0, sizeof(listener->name));
	if (bytes)
		memcpy(listener->name, name, bytes);
	listener->calls.name = listener->name;
}

static uint32_t taker_of(const struct listener *listener, enum listener_taker taker)
{
	return taker == TAKER_OWN ? TAKER_OWN + (uint32_t)(listener - listeners) : taker;
}

static int fill(struct listener *listener, const struct ttlog_listener *calls, enum listener_taker taker)
{
	__atomic_store_n(&listener->reopen, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&listener->called, 0, __ATOMIC_RELAXED);
	listener->calls = *calls;
	set_name(listener, calls->name);
	listener->dirty = false;
	listener->error = 0;
	listener->retry_ns = 0;
	listener->retry_ms = RETRY_MS;
	listener->done_to = listener->last = 0;
	listener->handed = listener->lost = 0;
	listener->flushed_ns = listener->tried_for = 0;
	__atomic_store_n(&listener->id, __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED), __ATOMIC_RELEASE);
	/* Now: what is recorded after the call is to be handed out. Where there is no recorder yet, that is all. */
	__atomic_store_n(&listener->taker, taker_of(listener, taker), __ATOMIC_RELAXED);
	listener->object = taker == TAKER_OWN ? containment_object_of((uintptr_t)calls->on_event) : NULL;
	listener->tapped = taker == TAKER_PROGRAM && recorder_now();
	return listener->tapped ? tap_open(&listener->tap, true) : 0;
}

int listener_add(const struct ttlog_listener *calls, enum listener_taker taker, void (*prepare)(struct listener *))
{
	if (!is_sound(calls))
		return -EINVAL;
	for (int i = 0; i < LISTENERS_MAX; i++) {
		struct listener *listener = &listeners[i];
		uint32_t free = LISTENER_FREE;
		if (!__atomic_compare_exchange_n(&listener->state, &free, LISTENER_FILLING, false, __ATOMIC_ACQUIRE,
						 __ATOMIC_RELAXED))
			continue;
		const int error = fill(listener, calls, taker);
		const int id = listener->id;
		if (!error)
			prepare(listener);
		/* Before it is seen whether there is a listener thread: one that is about to end sees it, or is seen. */
		__atomic_store_n(&listener->state, error ? LISTENER_FREE : LISTENER_NEW, __ATOMIC_SEQ_CST);
		return error ? error : id;
	}
	return -EAGAIN;
}

static struct listener *find(int id)
{
	for (int i = 0; i < LISTENERS_MAX; i++) {
		if (listener_is_there(&listeners[i]) && listener_is(&listeners[i], id))
			return &listeners[i];
	}
	return NULL;
}

struct listener *listener_leave(int id)
{
	struct listener *listener = find(id);
	if (listener)
		__atomic_store_n(&listener->leaving, id, __ATOMIC_RELEASE);
	return listener;
}

/* The first one that takes it out of NEW has it. */
static bool claim(struct listener *listener, enum listener_state state)
{
	uint32_t untouched = LISTENER_NEW;
	return __atomic_compare_exchange_n(&listener->state, &untouched, (uint32_t)state, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

bool listener_withdraw(int id, bool alone)
{
	struct listener *listener = find(id);
	const bool mine = listener && claim(listener, LISTENER_ENDED);
	if (mine && alone)
		listener_free(listener);
	return mine;
}

void listener_forget_all(void)
{
	if (listeners)
		memset(listeners, 0, LISTENERS_MAX * sizeof(*listeners));
}

int listener_open_table(void)
{
	const size_t bytes = LISTENERS_MAX * sizeof(*listeners);
	struct listener *none = NULL;
	if (__atomic_load_n(&listeners, __ATOMIC_ACQUIRE))
		return 0;
	struct listener *table = own_thread_map(bytes);
	if (!table)
		return -ENOMEM;
	if (!__atomic_compare_exchange_n(&listeners, &none, table, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		SYS2(SYS_munmap, table, bytes); /* another thread's is there */
	return 0;
}

static bool is_running(const struct listener *listener)
{
	return __atomic_load_n(&listener->state, __ATOMIC_RELAXED) == LISTENER_RUNNING;
}

static unsigned reader_of(const struct listener *listener)
{
	return (unsigned)(listener - listeners);
}

/* Calls ------------------------------------------------------------------------------------------------------------------------- */

static void call(struct listener *listener)
{
	__atomic_store_n(&listener->called, thread_state.tid, __ATOMIC_RELAXED);
}

static void called(struct listener *listener)
{
	__atomic_store_n(&listener->called, 0, __ATOMIC_RELAXED);
}

/* Its own time comes again; what was handed over since the last flush is handed over again. */
static void fail(struct listener *listener, struct turn *turn, int error)
{
	if (listener->tapped)
		tap_return(&listener->tap);
	if (turn->decoder)
		decoder_return(turn->decoder, reader_of(listener));
	listener->dirty = false;
	listener->error = error;
	listener->tried_for = turn->flush_to;
	listener->retry_ns = turn->now_ns + listener->retry_ms * 1000000ull;
	listener->retry_ms = listener->retry_ms * 2 < RETRY_MS_MAX ? listener->retry_ms * 2 : RETRY_MS_MAX;
	__atomic_store_n(&listener->state, LISTENER_FAILED, __ATOMIC_RELEASE);
	listen_note_failure(listener->name, error, NULL);
}

static bool start(struct listener *listener, struct turn *turn)
{
	call(listener);
	const int error = listener->calls.on_start ? listener->calls.on_start(listener->calls.user) : 0;
	called(listener);
	if (error) {
		fail(listener, turn, error);
		return false;
	}
	listener->flushed_ns = turn->now_ns;
	__atomic_store_n(&listener->state, LISTENER_RUNNING, __ATOMIC_RELEASE);
	return true;
}

static bool flush(struct listener *listener, struct turn *turn)
{
	call(listener);
	const int error = listener->dirty && listener->calls.on_flush ? listener->calls.on_flush(listener->calls.user, turn->end)
								      : 0;
	called(listener);
	if (error) {
		fail(listener, turn, error);
		return false;
	}
	listener->dirty = false;
	listener->error = 0;
	listener->retry_ms = RETRY_MS;
	listener->flushed_ns = turn->now_ns;
	tap_keep(&listener->tap);
	if (turn->decoder)
		decoder_keep(turn->decoder, reader_of(listener));
	return true;
}

/* What the threads that call listeners say themselves is recorded, but nobody is told: that would never end. */
static bool is_wanted(const struct listener *listener, const struct turn *turn, const struct record *record)
{
	return !taker_is(record->tid) && decode_level(turn->decoder, record) >= listener->calls.level;
}

static int hand_out(struct listener *listener, struct turn *turn, const struct record *record)
{
	struct ttlog_event event;
	decoder_begin(turn->decoder, turn->now_ns);
	decode_event(turn->decoder, reader_of(listener), record, &event);
	event.lost = tap_take_lost(&listener->tap);
	call(listener);
	const int error = listener->calls.on_event(listener->calls.user, &event);
	called(listener);
	if (error)
		return error;
	listener->dirty = true;
	__atomic_store_n(&listener->handed, listener->handed + 1, __ATOMIC_RELAXED);
	return 0;
}

static uint64_t unflushed_units(const struct tap *tap, const struct record *record)
{
	return record->position - tap_position(tap, record->lane);
}

/* Turns ------------------------------------------------------------------------------------------------------------------------- */

static bool is_its_turn(struct listener *listener, const struct turn *turn)
{
	const uint32_t state = __atomic_load_n(&listener->state, __ATOMIC_ACQUIRE);
	if (state == LISTENER_FAILED)
		return turn->now_ns >= listener->retry_ns || (turn->flush_to && turn->flush_to != listener->tried_for);
	return state == LISTENER_RUNNING || claim(listener, LISTENER_STARTING);
}

static bool is_late(const struct turn *turn)
{
	return clock_monotonic_ns() - turn->now_ns >= TURN_NS;
}

/* Events, up to a batch. False: it failed. *dry: there are no more. */
static bool hand_out_some(struct listener *listener, struct turn *turn, uint32_t *count, bool *dry)
{
	const uint64_t share = listener->tap.view.header.lane_units / LANE_SHARE;
	*dry = false;
	for (*count = 0; *count < BATCH; ++*count) {
		const struct record *record = tap_next(&listener->tap, turn->now_ns);
		if (!record) {
			*dry = true;
			return true;
		}
		listener->last = record->ticks;
		const int error = is_wanted(listener, turn, record) ? hand_out(listener, turn, record) : 0;
		if (error) {
			fail(listener, turn, error);
			return false;
		}
		if (listener->calls.policy != TTLOG_BLOCK)
			continue;
		const bool late = is_late(turn);
		if ((late || unflushed_units(&listener->tap, record) > share) && !flush(listener, turn))
			return false;
		if (late) {
			++*count;
			break;
		}
	}
	return true;
}

static bool open_tap(struct listener *listener, struct turn *turn)
{
	const int error = listener->tapped ? 0 : tap_open(&listener->tap, false);
	if (error)
		fail(listener, turn, -error);
	else
		__atomic_store_n(&listener->tapped, true, __ATOMIC_RELEASE);
	return !error;
}

static void reopen(struct listener *listener, struct turn *turn)
{
	if (!__atomic_exchange_n(&listener->reopen, 0, __ATOMIC_ACQUIRE) || !listener->calls.on_reopen || !flush(listener, turn))
		return;
	call(listener);
	const int error = listener->calls.on_reopen(listener->calls.user);
	called(listener);
	if (error)
		fail(listener, turn, error);
}

bool listener_turn(struct listener *listener, struct turn *turn)
{
	uint32_t count;
	bool dry;
	if (is_running(listener))
		reopen(listener, turn);
	if (!is_its_turn(listener, turn) || !open_tap(listener, turn))
		return false;
	if (!is_running(listener) && !start(listener, turn))
		return false;
	tap_begin(&listener->tap, turn->ticks_per_us);
	const bool done = hand_out_some(listener, turn, &count, &dry);
	__atomic_store_n(&listener->lost, tap_lost(&listener->tap), __ATOMIC_RELAXED);
	if (!done)
		return false;
	/* All that is older than the last one has been handed out; where there is none, all that is older than the turn. */
	const uint64_t reached = dry && !listener->tap.stalled ? listener->tap.horizon : listener->last;
	const bool asked = turn->flush_to && (int64_t)(reached - turn->flush_to) >= 0;
	if ((dry || asked || turn->now_ns - listener->flushed_ns >= FLUSH_NS) && !flush(listener, turn))
		return false;
	if (dry || asked)
		__atomic_store_n(&listener->done_to, reached, __ATOMIC_RELEASE);
	turn->events |= count != 0;
	return !dry;
}

void listener_end(struct listener *listener, struct turn *turn)
{
	if (!claim(listener, LISTENER_STARTING) && !listener_is_there(listener))
		return; /* withdrawn */
	call(listener);
	if (is_running(listener) && listener->dirty && listener->calls.on_flush)
		listener->calls.on_flush(listener->calls.user, turn->end);
	if (listener->calls.on_shutdown)
		listener->calls.on_shutdown(listener->calls.user);
	called(listener);
	if (turn->decoder)
		decoder_leave(turn->decoder, reader_of(listener));
	__atomic_store_n(&listener->state, LISTENER_ENDED, __ATOMIC_RELEASE);
}

void listener_fall(struct listener *listener, struct turn *turn)
{
	char what[80];
	struct text_writer text = text_begin(what, sizeof(what));
	text_string(&text, listener->fell_of);
	if (listener->fell_at) {
		text_string(&text, " at +0x");
		text_number(&text, listener->fell_at, 16);
		text_string(&text, " of its object");
	}
	text_string(&text, ": it is not called any more");
	recorder.identity->listener_error[0] = 0; /* news, also where it had failed before */
	listen_note_failure(listener->name, 0, what);
	called(listener);
	if (turn->decoder)
		decoder_leave(turn->decoder, reader_of(listener));
	__atomic_store_n(&listener->state, LISTENER_ENDED, __ATOMIC_RELEASE);
}

struct listener *listener_of(uint32_t tid)
{
	for (int i = 0; listeners && i < LISTENERS_MAX; i++) {
		if (__atomic_load_n(&listeners[i].called, __ATOMIC_RELAXED) == tid)
			return &listeners[i];
	}
	return NULL;
}

void listener_free(struct listener *listener)
{
	if (listener->tapped)
		tap_close(&listener->tap);
	listener->tapped = false;
	__atomic_store_n(&listener->state, LISTENER_FREE, __ATOMIC_RELEASE);
	sys_futex_wake(&listener->state);
}
