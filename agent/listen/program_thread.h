/*
 * program_thread.h - the turns of the program's own listeners, where the listener thread has a table of descriptors of its own.
 *
 * A function of the program's uses the program's descriptors: its log file, its socket, its standard output. They mean something else, or
 * nothing, in the listener thread of TTLOG_LISTENERS (descriptors.h). So a second thread, which the program's shares its table with, takes
 * these turns: on behalf of the listener thread, which waits meanwhile. There is still only one who calls listeners at any time, and
 * nothing that a turn touches needs more care than without the second thread.
 *
 *	ttlog_add_listener ──> program_thread_begin: made by a thread of the program's, so with its descriptors
 *	listener thread ─────> program_thread_turn, _end, _reopen ──> listener_turn, _end, _reopen over there
 */
#ifndef TTLOG_LISTEN_PROGRAM_THREAD_H
#define TTLOG_LISTEN_PROGRAM_THREAD_H

#include "listener.h"

/* By a thread of the program's. 0, also where it runs already, or -errno of pthread_create(3). Not signal-safe. */
int program_thread_begin(void) __attribute__((visibility("hidden")));

/* In a forked child, where there is none. */
void program_thread_forget(void) __attribute__((visibility("hidden")));

/* By the listener thread --------------------------------------------------------------------------------------------------------- */

/* listener_turn(), listener_end() and listener_reopen(), here or over there. Nothing, where it should be there and cannot, yet. */
bool program_thread_turn(struct listener *listener, struct turn *turn) __attribute__((visibility("hidden")));
void program_thread_end(struct listener *listener, struct turn *turn) __attribute__((visibility("hidden")));
void program_thread_reopen(struct listener *listener, struct turn *turn) __attribute__((visibility("hidden")));

/* It is not needed any more. Comes back when it has ended. */
void program_thread_dismiss(void) __attribute__((visibility("hidden")));

#endif
