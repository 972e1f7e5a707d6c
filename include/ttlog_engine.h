/*
 * ttlog_engine.h - the flight recorder as an engine in the program: options, listeners, snapshots on request, counters. Included by
 * ttlog.h.
 *
 *	struct ttlog_options options = {.size = sizeof(options), .service = "orders", .interval_s = 300};
 *	if (ttlog_init(&options) != 0)
 *		perror("ttlog_init");
 *	...
 *	ttlog_request_snapshot("queue full");
 *
 * Nothing of this is needed for recording, nor for snapshots of deaths. Nothing has to be linked; without the agent, and with one that is
 * switched off by TTLOG_DISABLE or is too old to know a function, every function here does nothing and returns 0.
 *
 * Threads: a program gets one for snapshots ("ttlog-writer") by ttlog_init(), and one for listeners ("ttlog-listen") by the first listener;
 * with neither it gets none. That one writes files; each other listener of TTLOG_LISTENERS is called in a thread of its own ("ttlog-sink"). Where
 * TTLOG_LISTENERS and the program both have listeners, the program's are called in one more ("ttlog-program"), which has the program's
 * descriptors. All block all signals; those for listeners take faults while they call one.
 *
 * fork: the child has neither the threads nor the listeners, whose functions are not called there (those of TTLOG_LISTENERS are opened
 * anew). It may call everything here again. exec and vfork children: nothing here may be called between vfork(2) and exec(2).
 *
 * | function                         | threads | in a signal handler | in a listener's functions |
 * | ttlog_init, ttlog_add_listener   | any     | no                  | yes                       |
 * | ttlog_remove_listener            | any     | no                  | EDEADLK                   |
 * | ttlog_request_snapshot           | any     | no                  | yes                       |
 * | ttlog_request_snapshot_async     | any     | yes                 | yes                       |
 * | ttlog_flush, ttlog_shutdown      | any     | no                  | EDEADLK                   |
 * | ttlog_stats                      | any     | yes                 | yes                       |
 */
#include "ttlog.h" /* of which this is a part: before the guard, so that it may be included by itself */

#ifndef TTLOG_ENGINE_H
#define TTLOG_ENGINE_H

#include "ttlog_listener.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What TTLOG_ variables say otherwise, in the same words and ranges (`ttlog env` lists them); NULL and 0 leave the default. A variable in
 * the environment goes before the option: who runs a program has the last word. Strings are copied.
 */
struct ttlog_options {
	uint32_t size;             /* sizeof(struct ttlog_options): later versions append */
	uint32_t capacity;         /* events of each thread, 256 to 1048576 */
	uint32_t lanes;            /* threads with a history of their own, 1 to 1024 */
	uint32_t channel_capacity; /* requests for snapshots that may wait, 1 to 1024 */
	int32_t interval_s;        /* seconds between periodic snapshots, up to 604800; -1: none */
	uint32_t reserved;
	const char *service, *storage, *level, *capture, *on_exit, *keep, *redact, *listeners;
};

struct ttlog_stats {
	uint32_t size;       /* set by the caller to sizeof(struct ttlog_stats); what lies beyond the agent's is left alone */
	uint32_t listeners;  /* at present */
	uint32_t failing;    /* of them: waiting to be tried again */
	uint32_t waiting;    /* requests for snapshots in the channel */
	uint64_t recorded;   /* events of this process */
	uint64_t dropped;    /* that found no place */
	uint64_t truncated;  /* whose text was cut */
	uint64_t handed_out; /* to the present listeners, one for each */
	uint64_t lost;       /* to the present listeners: written over before they were handed out, one for each */
	uint64_t snapshots;  /* written by the writer thread */
	uint64_t failed;     /* snapshots that could not be written */
	uint64_t refused;    /* requests that found the channel full */
};

#ifndef TTLOG_ABI_ONLY

/* Whether there is an agent that knows the function, and has begun. */
#define TTLOG_HAS(function) (ttlog_agent->version >= 2 && ttlog_agent->function)

/* -errno as libc says it. */
static inline int ttlog_result(int result)
{
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

/*
 * Applies the options (NULL: all defaults) and starts the thread that writes snapshots: on request, every interval if there are new events,
 * and where the program handles SIGINT, SIGTERM, SIGQUIT or SIGHUP itself. Later calls change what they name; the first call's threads
 * stay. Below `ttlog run` the periodic ones are the run's (--interval), and the program makes none.
 *
 * 0, or -1 with errno:
 *	EINVAL	an option is out of its range or cannot be understood: nothing has changed, `ttlog env` shows the ranges
 *	EBUSY	events have been recorded, so capacity and lanes stay what they are (they are for memory that has been shared out already);
 *		all else has been done. Call it before the first event, or set TTLOG_CAPACITY
 *	EAGAIN	no thread can be had; the options hold
 *	EPERM	in a vfork child, or inside a sandbox (seccomp)
 */
static inline int ttlog_init(const struct ttlog_options *options)
{
	return TTLOG_HAS(init) ? ttlog_result(ttlog_agent->init(options)) : 0;
}

/*
 * Hands all events that are recorded from now on to a listener (ttlog_listener.h), whose functions are called by the listener thread; events of
 * that thread itself are not handed out. The structure and its name are copied; `user` has to live until on_shutdown was called, or
 * ttlog_remove_listener() or ttlog_shutdown() has returned 0. At most 16 at a time.
 *
 * An id of 1 or more, for ttlog_remove_listener() (0: there is no agent); or -1 with errno EINVAL (no on_event, another version or policy),
 * EAGAIN (too many listeners, or no thread to be had), ENOMEM, EPERM (as above): then none of its functions has been or will be called.
 */
static inline int ttlog_add_listener(const struct ttlog_listener *listener)
{
	return TTLOG_HAS(add_listener) ? ttlog_result(ttlog_agent->add_listener(listener)) : 0;
}

/*
 * After it has returned 0 the listener's on_shutdown has been called, and no function of it will be. Events that have not been handed
 * out by then are not (ttlog_flush() before). -1 with errno ENOENT (no such listener), EDEADLK (called by a listener's function), or
 * ETIMEDOUT: a function of some listener did not come back in 2 s; it is removed when that does.
 */
static inline int ttlog_remove_listener(int id)
{
	return TTLOG_HAS(remove_listener) && id ? ttlog_result(ttlog_agent->remove_listener(id)) : 0;
}

/*
 * A snapshot of the running process: all threads' stacks and the last events, as of a death. `reason` (NULL: "request") stands in it and in
 * its file's name, where all but letters, digits and ".-_" becomes "_"; up to 63 bytes. The threads are stopped for some ms; a system call that
 * a stop interrupts (signal(7): epoll_wait, ...) may return EINTR. Comes back
 * when the file is there, at the latest when the channel has been worked off, TTLOG_CAPTURE_TIMEOUT (5 s) for each request.
 *
 * 0, or -1 with errno: EAGAIN the channel is full; EIO it could not be written (TTLOG_DEBUG says why); ESRCH no writer thread (ttlog_init()
 * first); EPERM as above.
 */
static inline int ttlog_request_snapshot(const char *reason)
{
	return TTLOG_HAS(request_snapshot) ? ttlog_result(ttlog_agent->request_snapshot(reason, 1)) : 0;
}

/* The same, and comes back at once: 0 means that it will be written. Async-signal-safe. */
static inline int ttlog_request_snapshot_async(const char *reason)
{
	return TTLOG_HAS(request_snapshot) ? ttlog_result(ttlog_agent->request_snapshot(reason, 0)) : 0;
}

/*
 * Comes back when all events that were recorded before the call have been handed to all listeners, and each has flushed. 0 (also where there
 * is no listener); -1 with errno ETIMEDOUT (not in timeout_ms), EIO (a listener fails, see ttlog_listener_event), EDEADLK.
 */
static inline int ttlog_flush(uint32_t timeout_ms)
{
	return TTLOG_HAS(flush) ? ttlog_result(ttlog_agent->flush(timeout_ms)) : 0;
}

/*
 * ttlog_flush(), then on_shutdown of all listeners and the end of both threads, after the snapshots that have been asked for. Recording goes on, and
 * ttlog_init() and ttlog_add_listener() begin anew. Called at exit(3), _exit(2) and quick_exit(3), with 2 s, for each thread, by the agent itself,
 * after the program's own destructors. 0, or -1 with errno as ttlog_flush(): at ETIMEDOUT it goes on by itself.
 */
static inline int ttlog_shutdown(uint32_t timeout_ms)
{
	return TTLOG_HAS(shutdown) ? ttlog_result(ttlog_agent->shutdown(timeout_ms)) : 0;
}

/* A function and a structure of one name, as stat(2) and its own: g++ warns of the constructor that it hides. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
/* Fills *stats, up to stats->size bytes; with zeroes where nothing is known. 0, or -1 with errno EINVAL: the size is none. */
static inline int ttlog_stats(struct ttlog_stats *stats)
{
	if (TTLOG_HAS(stats))
		return ttlog_result(ttlog_agent->stats(stats));
	const uint32_t size = stats->size;
	memset(stats, 0, sizeof(*stats));
	stats->size = size;
	return 0;
}
#pragma GCC diagnostic pop

#endif /* TTLOG_ABI_ONLY */

#ifdef __cplusplus
}
#endif

#endif
