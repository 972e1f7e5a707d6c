#include "writer.h"

#include "channel.h"
#include "clock.h"
#include "config.h"
#include "copy.h"
#include "crash.h"
#include "libc_ways.h"
#include "listen.h"
#include "own_thread.h"
#include "recorder_file.h"
#include "spawn.h"
#include "syscalls.h"
#include "text.h"

#include <linux/prctl.h>
#include <sched.h>
#include <string.h>

enum { GRACE_MS = 300, HANDLED_NS = 1000000000 /* between two snapshots of handled signals */ };

/* A child forgets it. */
static struct {
	int32_t pid;
	uint32_t wake; /* futex */
	uint32_t stop;
	uint64_t period_ns;     /* when the last one ended */
	uint64_t period_events; /* recorded by then */
	uint64_t handled_ns;    /* last snapshot of a handled signal */
	struct writer_counts counts;
} writer;

static uint32_t *thread_word(void)
{
	return &recorder_live_page.live.writer;
}

/* Snapshots ----------------------------------------------------------------------------------------------------------------------- */

static void complain(const char *reason, int error)
{
	char line[1400];
	struct text_writer text = text_begin(line, sizeof(line));
	text_string(&text, "ttlog: no snapshot for '");
	text_string(&text, reason);
	text_string(&text, "': ");
	text_string(&text, error ? "the helper could not be started, error " : "the helper could not write it");
	if (error) {
		text_number(&text, (unsigned)error, 10);
		text_string(&text, spawn_of_request->helper[0] ? " of " : "");
		text_string(&text, spawn_of_request->helper);
	}
	text_char(&text, '\n');
	sys_write(2, line, text.used);
}

/* 0 or -EIO. No copy is made every interval: nobody would remove those. The helper stops all threads, this one too; its time is over after that of a death's. */
static int write_snapshot(const char *reason, bool replace)
{
	struct spawn *spawn = spawn_of_request;
	if (!recorder_get())
		return -EIO;
	const uint32_t limit_ms = config.set.capture_timeout_ms;
	spawn->reason = reason;
	spawn->replace = replace;
	const int error = spawn_start_as(spawn, clock_monotonic_ns() + limit_ms * 1000000ull);
	const bool ended = !error && spawn_ended_as(spawn, limit_ms + GRACE_MS);
	spawn_finish_as(spawn);
	spawn_restore_ptracer();
	const bool copied = error && !replace && copy_recorder(reason) == 0;
	const bool written = copied || (ended && spawn->status == 0);
	__atomic_fetch_add(written ? &writer.counts.written : &writer.counts.failed, 1, __ATOMIC_RELAXED);
	if (!written && config.set.debug)
		complain(reason, error);
	return written ? 0 : -EIO;
}

/* The period ---------------------------------------------------------------------------------------------------------------------- */

static uint64_t events_recorded(void)
{
	uint64_t events = 0;
	if (!recorder_now())
		return 0;
	for (uint32_t lane = 0; lane < recorder.header->lanes_owned + recorder.header->lanes_shared; lane++)
		events += __atomic_load_n(&recorder.controls[lane].recorded, __ATOMIC_RELAXED);
	return events;
}

/* Time until the next one is due; UINT64_MAX: there is none, or `ttlog run` makes them, as often as its user wants. */
static uint64_t until_period(uint64_t now_ns)
{
	const uint64_t interval_ns = config.set.interval_s * 1000000000ull;
	if (!interval_ns || config.run_id[0])
		return UINT64_MAX;
	return now_ns - writer.period_ns < interval_ns ? writer.period_ns + interval_ns - now_ns : 0;
}

static void write_periodic(void)
{
	const uint64_t events = events_recorded();
	if (events != writer.period_events)
		write_snapshot("periodic", true);
	writer.period_events = events;
	writer.period_ns = clock_monotonic_ns();
}

/* The thread ---------------------------------------------------------------------------------------------------------------------- */

static void sleep_until(uint32_t wake, uint64_t ns)
{
	const struct timespec time = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
	sys_futex_wait(&writer.wake, wake, ns == UINT64_MAX ? NULL : &time);
}

static void serve(void)
{
	for (;;) {
		const uint32_t wake = __atomic_load_n(&writer.wake, __ATOMIC_ACQUIRE);
		const bool stop = __atomic_load_n(&writer.stop,
						  __ATOMIC_ACQUIRE); /* before the look: what was asked for is written */
		struct request *request = channel_take();
		const uint64_t period = until_period(clock_monotonic_ns());
		if (request)
			channel_answer(request, write_snapshot(request->reason, false));
		else if (stop)
			return;
		else if (period == 0)
			write_periodic();
		else
			sleep_until(wake, period);
		own_thread_parking(NULL);
	}
}

static void thread_body(uint32_t *tid)
{
	struct request *request;
	writer.period_ns = clock_monotonic_ns();
	writer.period_events = events_recorded();
	serve();
	own_thread_end(tid);
	while ((request = channel_take()))
		channel_answer(request, -ESRCH);
}

void writer_wake(void)
{
	__atomic_fetch_add(&writer.wake, 1, __ATOMIC_RELEASE);
	sys_futex_wake(&writer.wake);
}

/* In a child the spawn of its parent is nobody's. */
static void forget(void)
{
	memset(&writer, 0, sizeof(writer));
	channel_forget();
	if (spawn_of_request)
		spawn_of_request->watcher = 0;
	writer.pid = sys_getpid();
}

/* Others -------------------------------------------------------------------------------------------------------------------------- */

int writer_request(const char *reason, bool waits)
{
	struct request *request;
	if (!own_thread_may_be_asked())
		return -EPERM;
	if (!__atomic_load_n(thread_word(), __ATOMIC_ACQUIRE) || writer.pid != sys_getpid())
		return -ESRCH;
	const int error = channel_put_as(reason && *reason ? reason : "request", waits, config.set.channel_capacity, &request);
	if (error)
		return error;
	writer_wake();
	return waits ? channel_await(request, thread_word()) : 0;
}

/*
 * INT, TERM, QUIT or HUP on its way to a handler of the program, which may take long, or end the process: what came before is worth a
 * snapshot. HUP also says that files have been renamed.
 */
static void handled_as(int signal)
{
	char reason[32];
	if (signal != SIGINT && signal != SIGTERM && signal != SIGQUIT && signal != SIGHUP)
		return;
	if (signal == SIGHUP && listen_is_running())
		listen_reopen_as();
	if (!__atomic_load_n(thread_word(), __ATOMIC_ACQUIRE))
		return;
	const uint64_t now = clock_monotonic_ns();
	uint64_t last = __atomic_load_n(&writer.handled_ns, __ATOMIC_RELAXED);
	if ((last && now - last < HANDLED_NS) ||
	    !__atomic_compare_exchange_n(&writer.handled_ns, &last, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	struct text_writer text = text_begin(reason, sizeof(reason));
	text_string(&text, "handled-");
	text_string(&text, variables_signal_name(signal));
	writer_request(reason, false);
}

void writer_meet_signals(void)
{
	crash_handled_as = handled_as;
}

static bool is_asked_for(void)
{
	return config_is_given("INTERVAL") && config.set.interval_s && !config.run_id[0];
}

static void forked(void)
{
	if (writer.pid == 0 || recorder.sandboxed)
		return;
	forget();
	if (is_asked_for())
		writer_begin();
}

int writer_begin(void)
{
	static const struct own_thread thread = {"ttlog-writer", thread_body, &recorder_live_page.live.writer};
	static uint32_t met;
	if (!own_thread_may_be_asked())
		return -EPERM;
	if (!__atomic_exchange_n(&met, 1, __ATOMIC_ACQ_REL)) {
		libc_at_fork(NULL, NULL, forked);
		writer_meet_signals();
	}
	if (writer.pid != sys_getpid())
		forget();
	int error = channel_open();
	if (!spawn_of_request)
		spawn_of_request = own_thread_map(sizeof(*spawn_of_request));
	if (!error)
		error = spawn_of_request ? own_thread_begin(&thread) : -ENOMEM;
	writer_wake();
	return error;
}

int writer_stop(uint32_t timeout_ms)
{
	const uint64_t until = clock_monotonic_ns() + timeout_ms * 1000000ull;
	uint32_t tid;
	if (!own_thread_may_be_asked() || !__atomic_load_n(thread_word(), __ATOMIC_ACQUIRE) || writer.pid != sys_getpid())
		return 0;
	__atomic_store_n(&writer.stop, 1, __ATOMIC_RELEASE);
	writer_wake();
	while ((tid = __atomic_load_n(thread_word(), __ATOMIC_ACQUIRE)) != 0) {
		if (!own_thread_await(thread_word(), tid, until))
			return -ETIMEDOUT;
	}
	__atomic_store_n(&writer.stop, 0, __ATOMIC_RELEASE);
	return 0;
}

struct writer_counts writer_count(void)
{
	return (struct writer_counts){__atomic_load_n(&writer.counts.written, __ATOMIC_RELAXED),
				      __atomic_load_n(&writer.counts.failed, __ATOMIC_RELAXED)};
}

void writer_init(void)
{
	if (is_asked_for())
		writer_begin();
}
