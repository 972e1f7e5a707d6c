/*
 * overflow.h - whether a thread used up its stack. Pure; any thread.
 */
#ifndef TTLOG_GROUPS_OVERFLOW_H
#define TTLOG_GROUPS_OVERFLOW_H

#include "snapshot.h"

/* `signal` is a fault near the stack pointer of `thread` (NULL: false), where memory always is unless the stack is used up. */
bool overflow_is(const struct snapshot_thread *thread, const struct snapshot_signal *signal);

#endif
