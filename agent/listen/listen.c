#include "listen.h"

#include "blocking.h"
#include "clock.h"
#include "config.h"
#include "lane.h"
#include "libc_ways.h"
#include "listener.h"
#include "own_thread.h"
#include "room.h"
#include "sinks.h"
#include "syscalls.h"
#include "thread.h"
#include "turn_taker.h"
#include "writer.h"

#include <errno.h>
#include <string.h>

enum { LAST_WORDS_MS = 100, MOMENT_MS = 50 };

static const char *list = ""; /* config.set.listeners, once they have been looked at */

static bool is_of_this_process(void)
{
	return __atomic_load_n(&asked.pid, __ATOMIC_RELAXED) == sys_getpid();
}

static bool has_list(void)
{
	return __atomic_load_n(&list, __ATOMIC_ACQUIRE)[0] != 0;
}

static struct recorder_live *live(void)
{
	return &recorder_live_page.live;
}

/* fork ---------------------------------------------------------------------------------------------------------------------------- */

static void forget(void)
{
	memset(&asked, 0, sizeof(asked));
	blocking_forget();
	takers_forget();
	listener_forget_all();
	asked.pid = sys_getpid();
	asked.unopened = has_list();
}

/* Of this process: what a parent left here is forgotten; at the first time there is nothing. */
static void begin_process(void)
{
	const int32_t pid = sys_getpid();
	int32_t whose = 0;
	if (!__atomic_compare_exchange_n(&asked.pid, &whose, pid, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) && whose != pid)
		forget();
}

/* `body` is the thread's, where there is none yet. */
static int begin(void (*body)(uint32_t *))
{
	begin_process();
	if (has_list() && !listen_is_running())
		blocking_expect(); /* until it is known what they want, nothing of theirs is written over */
	const int error = own_thread_begin(&(struct own_thread){"ttlog-listen", body, &live()->listener});
	if (error)
		room_leave();
	room_wake_reader();
	return error;
}

/* The thread is let finish what it loads, and begins nothing before the fork is over. A thread of ours that forks waits for nobody. */
static void before_fork(void)
{
	__atomic_fetch_add(&loading.forking, 1, __ATOMIC_SEQ_CST);
	if (!thread_state.never_waits && __atomic_load_n(&loading.opening, __ATOMIC_SEQ_CST))
		own_thread_await(&loading.opening, 1, clock_monotonic_ns() + LISTEN_END_MS * 1000000ull);
}

static void after_fork(void)
{
	__atomic_fetch_sub(&loading.forking, 1, __ATOMIC_SEQ_CST);
}

static void forked(void)
{
	loading.forking = loading.opening = 0;
	if (__atomic_load_n(&asked.pid, __ATOMIC_RELAXED) == 0 || recorder.sandboxed)
		return;
	forget();
	if (has_list())
		begin(thread_run_apart);
}

static int prepare(void)
{
	const int error = blocking_open();
	return error ? error : listener_open_table();
}

/* Until then the thread sleeps. */
static void recorder_is_there(void)
{
	listen_hand_over_failure();
	room_wake_reader();
}

static void meet_forks(void)
{
	static uint32_t met;
	if (__atomic_exchange_n(&met, 1, __ATOMIC_ACQ_REL))
		return;
	recorder.published = recorder_is_there;
	writer_meet_signals();
	libc_at_fork(before_fork, after_fork, forked);
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
	return has_list() ? taker_begin(TAKER_PROGRAM) : 0;
}

/* There is no thread for it. Another thread's listener may have got one meanwhile, that has it already: then it was added. */
static bool take_back(int id)
{
	const bool alone = own_thread_keep_away(&live()->listener);
	const bool taken_back = listener_withdraw(id, alone);
	if (alone)
		own_thread_end(&live()->listener);
	return taken_back;
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
	begin_process();
	error = begin_for_program();
	if (error)
		return error;
	const int id = listener_add(calls, TAKER_PROGRAM, blocking_begin);
	if (id < 0)
		return id;
	error = begin(thread_run);
	if (error && !take_back(id))
		error = 0;
	if (!error && (error = begin_for_program()) != 0 &&
	    !listener_withdraw(id, false)) /* a list may have been opened meanwhile */
		error = 0;
	return error ? error : id;
}

int listen_remove(int id, uint32_t timeout_ms)
{
	const int error = may_ask();
	struct listener *listener = error || !is_of_this_process() ? NULL : listener_leave(id);
	if (!listener)
		return error ? error : -ENOENT;
	const uint64_t until = after_ms(timeout_ms);
	uint32_t state;
	room_wake_reader();
	while ((state = __atomic_load_n(&listener->state, __ATOMIC_ACQUIRE)) != LISTENER_FREE && listener_is(listener, id)) {
		if (!listen_is_running())
			return 0;
		if (!own_thread_await(&listener->state, state, until))
			return -ETIMEDOUT;
	}
	return 0;
}

/* Until *word is another, or it is time to look whether the thread is there still. False: `until` has come. */
static bool await_a_moment(uint32_t *word, uint32_t value, uint64_t until)
{
	const uint64_t now = clock_monotonic_ns(), moment = now + MOMENT_MS * 1000000ull;
	return own_thread_await(word, value, moment < until ? moment : until) || now < until;
}

/* Of the flush that has this number, or a later one. */
static int await_flush(uint32_t number, uint32_t timeout_ms)
{
	const uint64_t until = after_ms(timeout_ms);
	uint32_t flushed;
	room_wake_reader();
	while ((int32_t)((flushed = __atomic_load_n(&asked.flushed, __ATOMIC_ACQUIRE)) - number) < 0) {
		if (!listen_is_running()) /* it has ended meanwhile, and all listeners before */
			return 0;
		if (!await_a_moment(&asked.flushed, flushed, until))
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
	uint32_t before = __atomic_fetch_add(&asked.stops, 1, __ATOMIC_ACQ_REL), stopped;
	error = await_flush(number, timeout_ms);
	/* Not until there is no thread: there may be a new one already. */
	while ((int32_t)((stopped = __atomic_load_n(&asked.stopped, __ATOMIC_ACQUIRE)) - before) <= 0 && listen_is_running()) {
		if (!await_a_moment(&asked.stopped, stopped, until))
			return -ETIMEDOUT;
	}
	/* Where the thread had ended already, the next one is not meant. */
	__atomic_compare_exchange_n(&asked.stopped, &before, before + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	return error;
}

void listen_last_words_as(void)
{
	if (!listen_is_running() || live()->pid != sys_getpid())
		return;
	room_leave();
	const struct listener *dying = listener_of((uint32_t)sys_gettid());
	if (dying && recorder_now())
		memcpy(recorder.identity->listener_dying, dying->name, sizeof(dying->name));
	if (live()->listener != (uint32_t)sys_gettid())
		await_flush(__atomic_add_fetch(&asked.flushes, 1, __ATOMIC_ACQ_REL), LAST_WORDS_MS);
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
		if (!listener_is_there(listener) || !is_of_this_process())
			continue;
		counts.listeners++;
		counts.failing += __atomic_load_n(&listener->state, __ATOMIC_ACQUIRE) == LISTENER_FAILED;
		counts.handed_out += __atomic_load_n(&listener->handed, __ATOMIC_RELAXED);
		counts.lost += __atomic_load_n(&listener->lost, __ATOMIC_RELAXED);
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
	__atomic_store_n(&list, config.set.listeners, __ATOMIC_RELEASE);
	meet_forks();
	begin_process();
	__atomic_store_n(&asked.unopened, 1, __ATOMIC_RELEASE);
	return begin(thread_run_apart);
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
