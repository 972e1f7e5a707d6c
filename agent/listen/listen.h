/*
 * listen.h - the listener thread: it begins with the first listener, and only then.
 *
 *	ttlog_add_listener ──┐                                            ┌─> on_event, on_flush of each listener (listener.h)
 *	TTLOG_LISTENERS ─────┴─> table ─> thread ─> takers (turn_taker.h) ┤
 *	lanes of the recorder ───────────────────────────> tap, decode ───┘
 *
 * The thread looks for events every POLL_MIN_MS while there are some, and less and less often, down to POLL_MAX_MS, while there are none;
 * before there is a recorder it sleeps. Writers are not asked to wake it, so an event costs the same with a listener as without (but
 * for those that block: room.h).
 *
 * fork: the child of a fork(2) has no listener of the program's: their functions are not called there. The listeners of TTLOG_LISTENERS are
 * opened anew, by a thread of the child's own. That thread is made in the child's atfork handler: libc's own locks, malloc's among
 * them, are consistent there, because a process with a listener thread is one of several threads, for which fork(2) takes them. The
 * child of a raw clone(2) has no listeners. exec and daemon(3) flush before.
 *
 * | operation           | thread-safe | signal-safe | in a vfork child | in the listener thread |
 * | listen_add          | yes         | no          | -EPERM           | yes                    |
 * | listen_remove       | yes         | no          | -EPERM           | -EDEADLK               |
 * | listen_flush, _stop | yes         | yes         | -EPERM           | -EDEADLK               |
 *
 * 0 or -errno.
 */
#ifndef TTLOG_LISTEN_LISTEN_H
#define TTLOG_LISTEN_LISTEN_H

#include "recorder_file.h"
#include "ttlog_listener.h"

#include <stdbool.h>
#include <stdint.h>

#define LISTEN_END_MS 2000u /* longest wait for listeners at an end that nobody bounded otherwise: exit, exec */

/* By the constructor: listeners of TTLOG_LISTENERS, with their thread. */
void listen_init(void) __attribute__((visibility("hidden")));

/* Whether a list can be understood. */
bool listen_understands(const char *list) __attribute__((visibility("hidden")));

/* The listeners of config.set.listeners, which stay there. -EINVAL, or why the thread cannot be had. */
int listen_open(void) __attribute__((visibility("hidden")));

static inline bool listen_is_running(void)
{
	return __builtin_expect(__atomic_load_n(&recorder_live_page.live.listener, __ATOMIC_ACQUIRE) != 0, 0);
}

/* An id of 1 or more, or -errno. Events that are recorded from now on are handed out. */
int listen_add(const struct ttlog_listener *calls) __attribute__((visibility("hidden")));

/* Comes back after its on_shutdown. -ENOENT; -ETIMEDOUT: one of its functions did not come back in timeout_ms; it goes when that does. */
int listen_remove(int id, uint32_t timeout_ms) __attribute__((visibility("hidden")));

/* All that was recorded before the call is handed out and flushed. -ETIMEDOUT; -EIO: a listener fails. */
int listen_flush(uint32_t timeout_ms) __attribute__((visibility("hidden")));

/* The same, on_shutdown of all, and the end of the thread. It can be had again. */
int listen_stop(uint32_t timeout_ms) __attribute__((visibility("hidden")));

/* The process dies: nobody waits for listeners any more, and they get a moment for the last events. Statics and raw system calls only. */
void listen_last_words_as(void) __attribute__((visibility("hidden")));

/*
 * The program is about to restrict its system calls. Listeners are handed what there is, and nothing more; the writer thread stops too
 * (own_thread.h). Unless it turns out that nothing of the agent's is harmed: then they go on. Bounded: LISTEN_END_MS.
 */
void listen_before_sandbox(void) __attribute__((visibility("hidden")));
void listen_after_sandbox(void) __attribute__((visibility("hidden")));

/* Files of listeners are to be opened anew (SIGHUP). Async-signal-safe. */
void listen_reopen_as(void) __attribute__((visibility("hidden")));

/* A listener fails: for the snapshot, and for TTLOG_DEBUG. What the error number means, and before it `text`; NULL, 0: nothing. */
void listen_note_failure(const char *name, int error, const char *text) __attribute__((visibility("hidden")));
/* There is a recorder now, for what failed before. Async-signal-safe. */
void listen_hand_over_failure(void) __attribute__((visibility("hidden")));

struct listen_counts {
	uint64_t handed_out, lost;
	uint32_t listeners, failing;
};
struct listen_counts listen_count(void) __attribute__((visibility("hidden")));

#endif
