/*
 * word.h - the words of a recorder that one thread writes while others read or write them.
 *
 * Every access of the lane protocol goes through here, so that what is ordered, and what is not, can be read in one place; so that
 * tests can put a scheduler behind each step (tests/model); and so that ThreadSanitizer sees no race. On x86 all but the two
 * read-modify-writes are plain instructions. Async-signal-safe.
 *
 * | writer             | makes sure                                                        |
 * | word_put           | the word is never seen half written; no order                     |
 * | word_publish       | what was put before it is seen by who has seen the word           |
 * | word_fence_puts    | what was put before it is seen by who has seen any word put after |
 * | word_swap, word_add| atomic among threads; what was put before a swap is seen by who has seen its word |
 *
 * | reader             | makes sure                                                        |
 * | word_get           | no order                                                          |
 * | word_seen          | what is read after it is at least as new as the word              |
 * | word_fence_gets    | what is read after it is at least as new as all that was read     |
 *
 * What is ordered in a lane, and by what on aarch64 (on x86 by nothing: no store there overtakes a store, no load a load). Without any one
 * of the first five a reader is given a mixed record (G3): tests/model takes each away, and finds one.
 *
 * | access                     | aarch64      | what for                                                              |
 * | own_lane_move: fence_puts  | dmb ish      | head moves before data change: who has copied those sees that it has  |
 * | unit_claim: fence_puts     | dmb ish      | the stamp is BUSY before data change. The swap itself does not do it: |
 * |                            |              | it acquires by its load, and its store may come late                  |
 * | a commit: publish          | stlr         | data are there before the stamp that says so                          |
 * | load_stamp: seen           | ldar         | a stamp is read before the data that it speaks of                     |
 * | copy_record: fence_gets    | dmb ishld    | data are copied before the second look at stamps and head             |
 * | lane_geometry: seen, swap  | ldar, casal  | there is memory behind a ring before its size says so                 |
 * | head, counters: add        | ldadd        | nothing: the claim behind it orders head; a counter stands alone      |
 */
#ifndef TTLOG_FORMAT_WORD_H
#define TTLOG_FORMAT_WORD_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t word_get(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline uint64_t word_seen(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void word_fence_gets(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static inline void word_put(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static inline void word_publish(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static inline void word_fence_puts(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline uint64_t word_add(uint64_t *word, uint64_t n)
{
	return __atomic_fetch_add(word, n, __ATOMIC_RELAXED);
}

static inline bool word_swap(uint64_t *word, uint64_t expected, uint64_t desired)
{
	return __atomic_compare_exchange_n(word, &expected, desired, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

#endif
