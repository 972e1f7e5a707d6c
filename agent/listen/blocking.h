/*
 * blocking.h - what the listeners that block (TTLOG_BLOCK) need of the lanes, all together, for the writers that wait for them (room.h).
 */
#ifndef TTLOG_LISTEN_BLOCKING_H
#define TTLOG_LISTEN_BLOCKING_H

#include "listener.h"

/* Before anything else here. 0 or -ENOMEM. */
int blocking_open(void) __attribute__((visibility("hidden")));
/* In a forked child. */
void blocking_forget(void) __attribute__((visibility("hidden")));

/* Some listeners are about to be opened, and nobody knows yet whether they block. */
void blocking_expect(void) __attribute__((visibility("hidden")));

/* A listener is about to be added, in a slot that is still the adder's. */
void blocking_begin(struct listener *listener) __attribute__((visibility("hidden")));

/* Nobody waited for a while. */
void blocking_resume(void) __attribute__((visibility("hidden")));

/* By the listener thread, after each turn. `expected`: as above, still. */
void blocking_publish(uint32_t lanes, bool expected) __attribute__((visibility("hidden")));

#endif
