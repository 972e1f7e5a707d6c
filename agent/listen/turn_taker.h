/*
 * turn_taker.h - threads that take turns of listeners when the listener thread says so, and beside it: what one of them waits for delays
 * no other.
 *
 *	| taker           | whose turns                                                                                         |
 *	| TAKER_LISTENER  | the listener thread itself: files, which are written without waiting for anybody                    |
 *	| TAKER_PROGRAM   | the program's listeners, where the listener thread has a table of descriptors of its own            |
 *	|                 | (descriptors.h): their numbers mean something else, or nothing, there. One thread, made by one of   |
 *	|                 | the program's threads, and so with its descriptors                                                  |
 *	| TAKER_OWN + i   | the listener in slot i, of TTLOG_LISTENERS: a socket, a pipe, a database. It shares the table of    |
 *	|                 | the listener thread, which makes it                                                                 |
 *
 * Each has one job at a time, which passes from hand to hand by its stage; a listener that has a taker is touched by nobody else while
 * the job is on, but for what listener.h marks as anybody's. All functions but taker_begin are the listener thread's.
 */
#ifndef TTLOG_LISTEN_TURN_TAKER_H
#define TTLOG_LISTEN_TURN_TAKER_H

#include "listener.h"

/* The listener thread begins. `apart`: it has descriptors of its own; otherwise it takes the turns of the program's listeners, too. */
void takers_init(bool apart) __attribute__((visibility("hidden")));

/* In a forked child, where there are none. */
void takers_forget(void) __attribute__((visibility("hidden")));

/* Makes the thread, of the program's or with the listener's slot. 0, also where it runs already, or -errno of pthread_create(3). Not signal-safe. */
int taker_begin(uint32_t taker) __attribute__((visibility("hidden")));

/* Whether what happens in the thread may be left by taker_fall(): it is at its own listener. Async-signal-safe. */
bool taker_catches(uint32_t taker, uint32_t tid) __attribute__((visibility("hidden")));
/* By the thread itself, in its listener's function: which is left, with all it has called; the listener ends. Async-signal-safe. */
void taker_fall(uint32_t taker) __attribute__((visibility("hidden"), noreturn));

/* Whether the thread calls listeners: what it says itself is told to none. Any thread, signal-safe. */
bool taker_is(uint32_t tid) __attribute__((visibility("hidden")));

/* The turns that are the listener thread's own; before there is a recorder (turn->decoder NULL) only what leaves is ended. True: there is more. */
bool takers_take_own(struct turn *turn) __attribute__((visibility("hidden")));

/* Those of all others who are idle begin, as `turn` says. True: events have been handed out since. They wake the listener thread where there is more. */
bool takers_go_on(const struct turn *turn) __attribute__((visibility("hidden")));

/* Nobody is at a turn. */
bool takers_rest(void) __attribute__((visibility("hidden")));

/* All listeners of all takers are to be ended. True: they have been; false: ask again when the listener thread is woken. */
bool takers_end(struct turn *turn) __attribute__((visibility("hidden")));

/* The threads are not needed any more: they end. They have to be idle. */
void takers_dismiss(void) __attribute__((visibility("hidden")));

#endif
