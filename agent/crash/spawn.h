/*
 * spawn.h - the helper process of a dying one: its start, its end, and who sees to it that there is an end.
 *
 *   dying thread ── clone ──> watcher ── clone, exec ──> ttlog-capture
 *
 * The watcher runs in the dying process's memory (CLONE_VM) but is a process of its own without an exit signal: no wait(2) of the
 * program's finds it or the helper, and a helper that has stopped the dying thread and then hangs does not stop the watcher, which
 * ends it when the time is over. It reaps the helper, so nothing depends on a process 1 that reaps.
 *
 * One at a time; called by the thread that captures. Async-signal-safe.
 */
#ifndef TTLOG_CRASH_SPAWN_H
#define TTLOG_CRASH_SPAWN_H

#include <stdbool.h>
#include <stdint.h>

/* Where the helper stands: beside the agent, or in ../libexec/ttlog. See crash_find_helper(). */

/*
 * Starts it for recorder.crash, which has moved afterwards where no file had all of it; its capture_state is woken when the helper has
 * ended, by force at `until` (monotonic ns). 0 or the positive errno.
 */
int spawn_start_as(uint64_t until) __attribute__((visibility("hidden")));

/* It has ended. Otherwise waits for that, at most wait_ms. */
bool spawn_ended_as(uint32_t wait_ms) __attribute__((visibility("hidden")));

/* Ends helper and watcher, whatever they are doing, and leaves no child behind. After any spawn_start_as(). */
void spawn_finish_as(void) __attribute__((visibility("hidden")));

#endif
