/*
 * weak.h - what a processor of weak memory order may do that x86 does not, as Arm's is described (Arm ARM, B2.3; it is multi-copy atomic:
 * a store that one other processor sees, all see).
 *
 *   - A store may overtake the stores before it in its thread's buffer: not one of the same word, nor one before a fence; one that
 *     releases overtakes none.
 *   - The store of a swap or an addition waits in the buffer too, and what is stored after it may be seen first: that its load acquires says nothing
 *     of its store. (That of a swap releases.) Until it is in memory nobody else may change the word.
 *   - A load may be made before loads that come before it: so it yields any value that the word had since the last load that
 *     acquires, or fence, of its thread; not one older than the thread has seen of the same word.
 *
 * Loads are made early by one thread, the reader (machine.past.watching), whose look at memory is what others rely on. A writer's loads
 * yield what is in memory: each is followed by a swap that compares, or is of a word that none but itself writes. Stores are not made
 * before loads that come before them: in this protocol each of those either decides whether the store is made at all, or acquires.
 */
#ifndef TTLOG_MODEL_WEAK_H
#define TTLOG_MODEL_WEAK_H

#include "machine.h"

/* From now on values are kept for the running thread. */
void weak_watch(void);
void weak_stop_watching(void);

/* A word is about to lose its value. */
void weak_overwrite(const uint64_t *word);

/* How many values of the word, older than the present one, its next load may yield. */
unsigned weak_older(unsigned thread, const uint64_t *word);

/* The value of the word so many before the present one. */
uint64_t weak_load(const uint64_t *word, unsigned older, bool acquires);

/* What has been loaded is at most as old as what will be. */
void weak_fence_gets(void);

/* Whether the store may reach memory now: number `index` of the thread's buffer. */
bool weak_may_flush(unsigned thread, unsigned index);

/* Whether somebody's swap of the word, or addition to it, has not reached memory. */
bool weak_is_held(const uint64_t *word);

#endif
