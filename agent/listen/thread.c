#include "listen.h"

#include "blocking.h"
#include "clock.h"
#include "config.h"
#include "descriptors.h"
#include "lane.h"
#include "listener.h"
#include "own_thread.h"
#include "program_thread.h"
#include "room.h"
#include "sinks.h"
#include "syscalls.h"
#include "text.h"
#include "writer.h"

#include <errno.h>
#include <string.h>

enum { POLL_MIN_MS = 1, POLL_MAX_MS = 20, LAST_WORDS_MS = 100 };

/* What others ask of the thread. A child forgets it (forget()). */
static struct {
	int32_t pid;      /* whose all this is */
	uint32_t flushes; /* asked for */
	uint32_t flushed; /* done: futex */
	uint32_t failed;  /* number of the last flush that a listener spoilt */
	uint32_t stop;    /* the thread is to end */
	uint32_t reopen;
	uint32_t unopened; /* the listeners of the list have not been opened yet */
	struct turn turn;
} asked;

static const char *list = ""; /* config.set.listeners, once they have been looked at */

static struct recorder_live *live(void)
{
	return &recorder_live_page.live;
}

/* The listeners of the list ------------------------------------------------------------------------------------------------------ */

static void open_item(const char *item, size_t bytes)
{
	struct ttlog_listener calls = {.version = TTLOG_LISTENER_VERSION};
	char error[120] = "", name[64];
	const int result = sinks_open(item, bytes, &calls, error, sizeof(error));
	const int id = result ? -result : listener_add(&calls, false, NULL);
	struct text_writer text = text_begin(name, sizeof(name));
	for (size_t i = 0; i < bytes; i++)
		text_char(&text, item[i]);
	if (id < 0)
		listen_note_failure(name, -id, error[0] ? error : NULL);
	if (!result && id < 0 && calls.on_shutdown)
		calls.on_shutdown(calls.user);
}

static void open_list(void)
{
	const char *item = list;
	while (*item) {
		const size_t bytes = strcspn(item, ";");
		if (bytes)
			open_item(item, bytes);
		item += bytes + (item[bytes] == ';');
	}
}

/* The thread --------------------------------------------------------------------------------------------------------------------- */

static uint64_t ticks_per_us(const struct decoder *decoder)
{
	const double rate = decoder->scale.count ? decoder->scale.rate[decoder->scale.count - 1] : 1.0;
	const double ticks = rate > 0 ? 1000.0 / rate : 1000.0;
	return ticks >= 1 && ticks < 1e6 ? (uint64_t)ticks : 1000;
}

static bool all_turns(struct turn *turn)
{
	bool more = false;
	turn->events = false;
	for (int i = 0; i < LISTENERS_MAX; i++) {
		struct listener *listener = &listeners[i];
		if (__atomic_load_n(&listener->state, __ATOMIC_ACQUIRE) < LISTENER_NEW)
			continue;
		more |= program_thread_turn(listener, turn);
		if (__atomic_load_n(&listener->leaving, __ATOMIC_ACQUIRE))
			program_thread_end(listener, turn);
		turn->now_ns = clock_monotonic_ns();
	}
	return more;
}

static bool all_done(uint64_t flush_to, bool *failed)
{
	*failed = false;
	for (int i = 0; i < LISTENERS_MAX; i++) {
		if (!listener_is_done(&listeners[i], flush_to))
			return false;
		*failed |= listeners[i].state == LISTENER_FAILED;
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

static void reopen_all(struct turn *turn)
{
	if (!__atomic_exchange_n(&asked.reopen, 0, __ATOMIC_ACQUIRE))
		return;
	for (int i = 0; i < LISTENERS_MAX; i++)
		program_thread_reopen(&listeners[i], turn);
}

static void sleep_ms(uint32_t wake, uint32_t ms)
{
	const struct timespec time = {0, (long)ms * 1000000l};
	sys_futex_wait(&room.wake, wake, ms ? &time : NULL);
}

static bool wants_stop(void)
{
	return __atomic_load_n(&asked.stop, __ATOMIC_ACQUIRE);
}

/* Before there is anything to tell. */
static void drop_leaving(void)
{
	struct turn none = {.decoder = NULL};
	for (int i = 0; i < LISTENERS_MAX; i++) {
		if (__atomic_load_n(&listeners[i].state, __ATOMIC_ACQUIRE) >= LISTENER_NEW &&
		    __atomic_load_n(&listeners[i].leaving, __ATOMIC_ACQUIRE))
			program_thread_end(&listeners[i], &none);
	}
}

/* Listeners are opened when there is something to tell; a process that says nothing does not make their files. */
static bool await_recorder(void)
{
	for (;;) {
		const uint32_t wake = __atomic_load_n(&room.wake, __ATOMIC_ACQUIRE);
		const uint32_t flushes = __atomic_load_n(&asked.flushes, __ATOMIC_ACQUIRE);
		if (recorder_now() || wants_stop()) /* looked at after the flushes: one that came with the first event is served */
			return recorder_now();
		answer_flush(flushes);
		drop_leaving();
		own_thread_parking(NULL);
		sleep_ms(wake, 0);
	}
}

static void note_parked(void)
{
	room_leave();
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
		if (__atomic_exchange_n(&asked.unopened, 0, __ATOMIC_ACQUIRE))
			open_list();
		reopen_all(turn);
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

static void end_all(struct turn *turn)
{
	turn->end = true;
	own_thread_take_faults(true);
	for (int i = 0; i < LISTENERS_MAX; i++) {
		if (listeners[i].state >= LISTENER_NEW)
			program_thread_end(&listeners[i], turn);
	}
	own_thread_take_faults(false);
	room_leave();
}

static void listen(void)
{
	struct recorder_view view;
	struct decoder decoder;
	const char *why;
	if (await_recorder() && recorder_view_open(&view, recorder.header, recorder.header->file_bytes, &why) == 0 &&
	    decoder_open(&decoder, &view, config.set.service, config.set.redact) == 0) {
		asked.turn = (struct turn){.decoder = &decoder};
		serve(&asked.turn);
		end_all(&asked.turn);
		decoder_close(&decoder);
	} else {
		struct turn none = {.decoder = NULL};
		end_all(&none);
	}
}

static void run(void)
{
	thread_state.never_waits = 1;
	thread_state.tid = (uint32_t)sys_gettid();
	listen();
	program_thread_dismiss();
	__atomic_store_n(&asked.stop, 0, __ATOMIC_RELEASE);
	own_thread_end(&live()->listener);
	answer_flush(__atomic_load_n(&asked.flushes, __ATOMIC_ACQUIRE));
}

/* What the listeners of the list open is no business of the program's. */
static void run_with_own_descriptors(void)
{
	thread_state.own_descriptors = descriptors_own() == 0;
	run();
}

/* fork ---------------------------------------------------------------------------------------------------------------------------- */

static void forget(void)
{
	memset(&asked, 0, sizeof(asked));
	blocking_forget();
	program_thread_forget();
	listener_forget_all();
	asked.pid = sys_getpid();
	asked.unopened = list[0] != 0;
}

/* `body` is the thread's, where there is none yet. */
static int begin(void (*body)(void))
{
	if (asked.pid != sys_getpid())
		forget();
	if (list[0] && !listen_is_running())
		blocking_expect(); /* until it is known what they want, nothing of theirs is written over */
	const int error = own_thread_begin(&(struct own_thread){"ttlog-listen", body, &live()->listener});
	if (error)
		room_leave();
	room_wake_reader();
	return error;
}

static void forked(void)
{
	if (asked.pid == 0 || recorder.sandboxed)
		return;
	forget();
	if (list[0])
		begin(run_with_own_descriptors);
}

extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object);

static int prepare(void)
{
	const int error = blocking_open();
	return error ? error : listener_open_table();
}

static void meet_forks(void)
{
	static uint32_t met;
	if (__atomic_exchange_n(&met, 1, __ATOMIC_ACQ_REL))
		return;
	recorder.published = room_wake_reader; /* until then the thread sleeps */
	writer_meet_signals();
	__register_atfork(NULL, NULL, forked, NULL);
}

/* Others -------------------------------------------------------------------------------------------------------------------------- */

static int may_ask(void)
{
	if (!own_thread_may_be_asked())
		return -EPERM;
	return listen_is_running() && thread_state.never_waits ? -EDEADLK : 0;
}

static uint64_t after_ms(uint32_t timeout_ms)
{
	return clock_monotonic_ns() + timeout_ms * 1000000ull;
}

/* Where there is a list, the listener thread's descriptors are not the program's. */
static int begin_for_program(void)
{
	return list[0] ? program_thread_begin() : 0;
}

int listen_add(const struct ttlog_listener *calls)
{
	if (config.set.disable)
		return -ENOTSUP;
	if (!own_thread_may_be_asked())
		return -EPERM;
	int error = prepare();
	if (error)
		return error;
	meet_forks();
	if (asked.pid != sys_getpid())
		forget();
	error = begin_for_program();
	if (error)
		return error;
	const int id = listener_add(calls, true, blocking_begin);
	if (id < 0)
		return id;
	error = begin(run);
	error = error ? error : begin_for_program(); /* a list may have been opened meanwhile */
	if (error)
		listener_withdraw(id);
	return error ? error : id;
}

int listen_remove(int id, uint32_t timeout_ms)
{
	const int error = may_ask();
	struct listener *listener = error || asked.pid != sys_getpid() ? NULL : listener_leave(id);
	if (!listener)
		return error ? error : -ENOENT;
	const uint64_t until = after_ms(timeout_ms);
	uint32_t state;
	room_wake_reader();
	while ((state = __atomic_load_n(&listener->state, __ATOMIC_ACQUIRE)) != LISTENER_FREE && listener->id == id) {
		if (!listen_is_running())
			return 0;
		if (!own_thread_await(&listener->state, state, until))
			return -ETIMEDOUT;
	}
	return 0;
}

/* Of the flush that has this number, or a later one. */
static int await_flush(uint32_t number, uint32_t timeout_ms)
{
	const uint64_t until = after_ms(timeout_ms);
	uint32_t flushed;
	room_wake_reader();
	while ((int32_t)((flushed = __atomic_load_n(&asked.flushed, __ATOMIC_ACQUIRE)) - number) < 0) {
		if (!own_thread_await(&asked.flushed, flushed, until))
			return -ETIMEDOUT;
	}
	return asked.failed && (int32_t)(asked.failed - number) >= 0 ? -EIO : 0;
}

int listen_flush(uint32_t timeout_ms)
{
	if (!listen_is_running() || !recorder_now())
		return 0;
	const int error = may_ask();
	if (error)
		return error;
	return await_flush(__atomic_add_fetch(&asked.flushes, 1, __ATOMIC_ACQ_REL), timeout_ms);
}

int listen_stop(uint32_t timeout_ms)
{
	int error = listen_is_running() ? may_ask() : 0;
	if (error || !listen_is_running())
		return error;
	const uint64_t until = after_ms(timeout_ms);
	/* The flush is asked for before the end is, so that the end does not come first. */
	const uint32_t number = __atomic_add_fetch(&asked.flushes, 1, __ATOMIC_ACQ_REL);
	__atomic_store_n(&asked.stop, 1, __ATOMIC_RELEASE);
	error = await_flush(number, timeout_ms);
	for (uint32_t tid; (tid = __atomic_load_n(&live()->listener, __ATOMIC_ACQUIRE)) != 0;) {
		if (!own_thread_await(&live()->listener, tid, until))
			return -ETIMEDOUT;
	}
	return error;
}

void listen_last_words_as(void)
{
	if (!listen_is_running() || live()->pid != sys_getpid())
		return;
	room_leave();
	const struct listener *running = asked.turn.running;
	if (!thread_state.never_waits)
		await_flush(__atomic_add_fetch(&asked.flushes, 1, __ATOMIC_ACQ_REL), LAST_WORDS_MS);
	else if (running && recorder_now())
		memcpy(recorder.identity->listener_dying, running->name, sizeof(running->name));
}

static void wake_all(void)
{
	room_wake_reader();
	writer_wake();
}

void listen_before_sandbox(void)
{
	const uint32_t threads = live()->listener | live()->writer;
	if (!threads || !own_thread_may_be_asked() || thread_state.never_waits)
		return;
	listen_flush(LISTEN_END_MS);
	own_threads_park(wake_all, LISTEN_END_MS);
}

void listen_after_sandbox(void)
{
	if (!recorder.sandboxed)
		own_threads_unpark();
}

void listen_reopen_as(void)
{
	__atomic_store_n(&asked.reopen, 1, __ATOMIC_RELEASE);
}

struct listen_counts listen_count(void)
{
	struct listen_counts counts = {0, 0, 0, 0};
	for (int i = 0; listeners && i < LISTENERS_MAX; i++) {
		const struct listener *listener = &listeners[i];
		const uint32_t state = __atomic_load_n(&listener->state, __ATOMIC_ACQUIRE);
		if (state < LISTENER_NEW || asked.pid != sys_getpid())
			continue;
		counts.listeners++;
		counts.failing += state == LISTENER_FAILED;
		counts.handed_out += listener->handed;
		counts.lost += listener->lost;
	}
	return counts;
}

bool listen_understands(const char *wanted)
{
	return sinks_check(wanted);
}

int listen_open(void)
{
	if (!sinks_check(config.set.listeners))
		return -EINVAL;
	const int error = prepare();
	if (error)
		return error;
	list = config.set.listeners;
	meet_forks();
	if (asked.pid != sys_getpid())
		forget();
	__atomic_store_n(&asked.unopened, 1, __ATOMIC_RELEASE);
	return begin(run_with_own_descriptors);
}

void listen_init(void)
{
	if (!config.set.listeners[0])
		return;
	const int error = listen_open();
	if (error == -EINVAL)
		config_note_bad("LISTENERS", config.set.listeners);
	else if (error)
		listen_note_failure("of TTLOG_LISTENERS", -error, NULL);
}
