#include "thread.h"

#include "blocking.h"
#include "clock.h"
#include "config.h"
#include "descriptors.h"
#include "lane.h"
#include "listen.h"
#include "listener.h"
#include "own_thread.h"
#include "room.h"
#include "sinks.h"
#include "syscalls.h"
#include "text.h"
#include "turn_taker.h"

#include <string.h>

enum { POLL_MIN_MS = 1, POLL_MAX_MS = 20 };

struct thread_asked asked;
struct thread_loading loading;

/* The listeners of the list ------------------------------------------------------------------------------------------------------ */

/* What waits for others gets a thread, where one can be had. */
static void begin_taker(struct listener *listener)
{
	if (listener->taker >= TAKER_OWN && taker_begin(listener->taker) != 0)
		listener->taker = TAKER_LISTENER;
}

static void open_item(const char *item, size_t bytes)
{
	struct ttlog_listener calls = {.version = TTLOG_LISTENER_VERSION};
	char error[120] = "", name[64];
	const int result = sinks_open(item, bytes, &calls, error, sizeof(error));
	const int id = result ? -result : listener_add(&calls, sinks_wait(item, bytes) ? TAKER_OWN : TAKER_LISTENER, begin_taker);
	struct text_writer text = text_begin(name, sizeof(name));
	for (size_t i = 0; i < bytes; i++)
		text_char(&text, item[i]);
	if (id < 0)
		listen_note_failure(name, error[0] ? 0 : -id, error[0] ? error : NULL);
	if (!result && id < 0 && calls.on_shutdown)
		calls.on_shutdown(calls.user);
}

static void open_list(void)
{
	const char *item = config.set.listeners;
	while (*item) {
		const size_t bytes = strcspn(item, ";");
		if (bytes)
			open_item(item, bytes);
		item += bytes + (item[bytes] == ';');
	}
}

/* In the middle of somebody's fork: next time. */
static void open_list_unforked(void)
{
	__atomic_store_n(&loading.opening, 1, __ATOMIC_SEQ_CST);
	const bool forking = __atomic_load_n(&loading.forking, __ATOMIC_SEQ_CST) != 0;
	if (!forking && __atomic_exchange_n(&asked.unopened, 0, __ATOMIC_ACQUIRE))
		open_list();
	__atomic_store_n(&loading.opening, 0, __ATOMIC_RELEASE);
	sys_futex_wake(&loading.opening);
}

/* The thread --------------------------------------------------------------------------------------------------------------------- */

static uint64_t ticks_per_us(const struct decoder *decoder)
{
	const double rate = decoder->scale.count ? decoder->scale.rate[decoder->scale.count - 1] : 1.0;
	const double ticks = rate > 0 ? 1000.0 / rate : 1000.0;
	return ticks >= 1 && ticks < 1e6 ? (uint64_t)ticks : 1000;
}

static bool is_nobodys(const struct listener *listener)
{
	return __atomic_load_n(&listener->state, __ATOMIC_ACQUIRE) == LISTENER_ENDED;
}

/* Of the listeners that have ended the slots are free again. */
static void free_ended(void)
{
	for (int i = 0; i < LISTENERS_MAX; i++) {
		if (is_nobodys(&listeners[i]))
			listener_free(&listeners[i]);
	}
}

static bool all_turns(struct turn *turn)
{
	const bool events = takers_go_on(turn), more = takers_take_own(turn);
	turn->events |= events;
	free_ended();
	return more;
}

static bool all_done(uint64_t flush_to, bool *failed)
{
	*failed = false;
	for (int i = 0; i < LISTENERS_MAX; i++) {
		if (!listener_is_done(&listeners[i], flush_to))
			return false;
		*failed |= __atomic_load_n(&listeners[i].state, __ATOMIC_ACQUIRE) == LISTENER_FAILED;
	}
	return true;
}

static void answer_flush(uint32_t number)
{
	if (__atomic_exchange_n(&asked.flushed, number, __ATOMIC_ACQ_REL) != number)
		sys_futex_wake(&asked.flushed);
}

/* A flush that was asked for: noted when it is seen first, answered when all have handed out what was there then. */
static void serve_flush(struct turn *turn, uint32_t *serving)
{
	const uint32_t wanted = __atomic_load_n(&asked.flushes, __ATOMIC_ACQUIRE);
	bool failed;
	if (*serving != wanted) {
		*serving = wanted;
		turn->flush_to = clock_ticks(recorder.clock_kind);
		turn->flush_to += !turn->flush_to;
	} else if (turn->flush_to && all_done(turn->flush_to, &failed)) {
		turn->flush_to = 0;
		if (failed)
			asked.failed = wanted;
		answer_flush(wanted);
	}
}

static void reopen_all(void)
{
	if (!__atomic_exchange_n(&asked.reopen, 0, __ATOMIC_ACQUIRE))
		return;
	for (int i = 0; i < LISTENERS_MAX; i++)
		__atomic_store_n(&listeners[i].reopen, 1, __ATOMIC_RELEASE);
}

static void sleep_ms(uint32_t wake, uint32_t ms)
{
	const struct timespec time = {0, (long)ms * 1000000l};
	sys_futex_wait(&room.wake, wake, ms ? &time : NULL);
}

static bool wants_stop(void)
{
	return __atomic_load_n(&asked.stops, __ATOMIC_ACQUIRE) != __atomic_load_n(&asked.stopped, __ATOMIC_RELAXED);
}

/* Listeners are opened when there is something to tell; a process that says nothing does not make their files. */
static bool await_recorder(void)
{
	for (;;) {
		const uint32_t wake = __atomic_load_n(&room.wake, __ATOMIC_ACQUIRE);
		const uint32_t flushes = __atomic_load_n(&asked.flushes, __ATOMIC_ACQUIRE);
		if (recorder_now() || wants_stop()) /* looked at after the flushes: one that came with the first event is served */
			return recorder_now();
		struct turn nothing = {.decoder = NULL};
		answer_flush(flushes);
		all_turns(&nothing); /* who leaves is let go */
		own_thread_parking(NULL);
		sleep_ms(wake, 0);
	}
}

static void note_parked(void)
{
	room_leave();
	while (!takers_rest())
		sleep_ms(__atomic_load_n(&room.wake, __ATOMIC_ACQUIRE), POLL_MIN_MS);
	listen_note_failure("of the process", 0, "none is called any more: the program restricts its system calls");
}

static void serve(struct turn *turn)
{
	uint32_t serving = __atomic_load_n(&asked.flushed, __ATOMIC_ACQUIRE), poll_ms = POLL_MIN_MS;
	while (!wants_stop() || turn->flush_to || serving != __atomic_load_n(&asked.flushes, __ATOMIC_ACQUIRE)) {
		const uint32_t wake = __atomic_load_n(&room.wake, __ATOMIC_ACQUIRE);
		turn->now_ns = clock_monotonic_ns();
		turn->end = wants_stop();
		decoder_begin(turn->decoder, turn->now_ns);
		turn->ticks_per_us = ticks_per_us(turn->decoder);
		own_thread_take_faults(true);
		if (__atomic_load_n(&asked.unopened, __ATOMIC_RELAXED))
			open_list_unforked();
		reopen_all();
		const bool more = all_turns(turn);
		own_thread_take_faults(false);
		blocking_publish(turn->decoder->view->lanes, __atomic_load_n(&asked.unopened, __ATOMIC_ACQUIRE));
		serve_flush(turn, &serving);
		poll_ms = turn->events || turn->flush_to ? POLL_MIN_MS : poll_ms * 2 < POLL_MAX_MS ? poll_ms * 2 : POLL_MAX_MS;
		if (own_thread_parking(note_parked))
			blocking_resume();
		if (!more)
			sleep_ms(wake, poll_ms);
	}
}

static bool have_ended(struct turn *turn)
{
	own_thread_take_faults(true);
	const bool ended = takers_end(turn);
	own_thread_take_faults(false);
	free_ended();
	return ended;
}

/* Those that end soon do not wait for those that do not. */
static void end_all(struct turn *turn)
{
	uint32_t wake = __atomic_load_n(&room.wake, __ATOMIC_ACQUIRE);
	for (; !have_ended(turn); wake = __atomic_load_n(&room.wake, __ATOMIC_ACQUIRE))
		sleep_ms(wake, POLL_MAX_MS);
	takers_dismiss();
	room_leave();
}

static void listen(uint32_t *tid)
{
	struct recorder_view view;
	struct decoder decoder;
	struct turn turn = {.decoder = NULL};
	const char *why;
	if (await_recorder() && recorder_view_open(&view, recorder.header, recorder.header->file_bytes, &why) == 0 &&
	    decoder_open(&decoder, &view, config.set.service, config.set.redact) == 0) {
		turn.decoder = &decoder;
		serve(&turn);
	}
	own_thread_closing(tid); /* a listener that is added from here on gets another thread */
	end_all(&turn);
	if (turn.decoder)
		decoder_close(&decoder);
}

void thread_run(uint32_t *tid)
{
	thread_state.never_waits = 1;
	thread_state.tid = (uint32_t)sys_gettid();
	takers_init(thread_state.own_descriptors);
	listen(tid);
	/* Before it is gone: what is asked from there on the next thread does, or nobody has to. */
	answer_flush(__atomic_load_n(&asked.flushes, __ATOMIC_ACQUIRE));
	__atomic_store_n(&asked.stopped, __atomic_load_n(&asked.stops, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
	sys_futex_wake(&asked.stopped);
	own_thread_end(tid);
}

/* What the listeners of the list open is no business of the program's. */
void thread_run_apart(uint32_t *tid)
{
	thread_state.own_descriptors = descriptors_own() == 0;
	thread_run(tid);
}
