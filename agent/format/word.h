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
 * | word_swap, word_add| atomic among threads; a swap comes before what is put after it    |
 *
 * | reader             | makes sure                                                        |
 * | word_get           | no order                                                          |
 * | word_seen          | what is read after it is at least as new as the word              |
 * | word_fence_gets    | what is read after it is at least as new as all that was read     |
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
