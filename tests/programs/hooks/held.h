/*
 * held.h - another thread that holds the locks of standard output and standard error while a call begins, and gives them back when the
 * call either waits for one of them or is over: who waits, waits, and who does not wait would not have.
 *
 * held_begin() and held_end() are called by one thread of a process; in the child of a fork the other thread is made anew. No call of libc's
 * that is hooked is made in between.
 */
#ifndef TTLOG_TESTS_HELD_H
#define TTLOG_TESTS_HELD_H

#include <stdbool.h>

void held_begin(void);
/* Whether the call had to wait. */
bool held_end(void);

#endif
