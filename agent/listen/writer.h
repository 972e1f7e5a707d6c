/*
 * writer.h - the writer thread: has snapshots of the living process written, on request, every interval, and where the program handles a
 * termination signal. One at a time, by ttlog-capture, which is spawned as at a death: no wait(2) of the program's sees it (spawn.h).
 *
 * The thread begins with ttlog_init(), or with TTLOG_INTERVAL where no `ttlog run` makes periodic snapshots from outside.
 *
 * | operation          | thread-safe | signal-safe | in a vfork child or sandbox |
 * | writer_begin       | yes         | no          | -EPERM                      |
 * | writer_request     | yes         | not to wait | -EPERM                      |
 * | writer_stop        | yes         | yes         | does nothing                |
 */
#ifndef TTLOG_LISTEN_WRITER_H
#define TTLOG_LISTEN_WRITER_H

#include <stdbool.h>
#include <stdint.h>

/* By the constructor. */
void writer_init(void) __attribute__((visibility("hidden")));

/* 0 or -errno; where it runs already, it looks at the configuration anew. */
int writer_begin(void) __attribute__((visibility("hidden")));

/* 0, -EAGAIN (channel full), -ESRCH (no writer), -EIO. `waits`: until it is written. */
int writer_request(const char *reason, bool waits) __attribute__((visibility("hidden")));

/* The end of the thread, after the snapshots that have been asked for. 0 or -ETIMEDOUT: it goes on. */
int writer_stop(uint32_t timeout_ms) __attribute__((visibility("hidden")));

/* Has the thread look. */
void writer_wake(void) __attribute__((visibility("hidden")));

/* From now on signals that go to handlers of the program are noticed. */
void writer_meet_signals(void) __attribute__((visibility("hidden")));

struct writer_counts {
	uint64_t written, failed;
};
struct writer_counts writer_count(void) __attribute__((visibility("hidden")));

#endif
