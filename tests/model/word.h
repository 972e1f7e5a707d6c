/*
 * word.h (model) - the accesses of the lane protocol as steps of a scheduler.
 *
 * Forced into the agent's sources before everything else, it takes the place of agent/format/word.h: the same functions, but
 * each hands the machine (machine.h) what is to be done, and the machine decides when.
 */
#ifndef TTLOG_FORMAT_WORD_H
#define TTLOG_FORMAT_WORD_H

#include <stdbool.h>
#include <stdint.h>

uint64_t step_get(const uint64_t *word);
uint64_t step_seen(const uint64_t *word);
void step_put(uint64_t *word, uint64_t value);
void step_publish(uint64_t *word, uint64_t value);
uint64_t step_add(uint64_t *word, uint64_t n);
bool step_swap(uint64_t *word, uint64_t expected, uint64_t desired);
void step_fence_gets(void);
void step_fence_puts(void);

static inline uint64_t word_get(const uint64_t *word)
{
	return step_get(word);
}

static inline uint64_t word_seen(const uint64_t *word)
{
	return step_seen(word);
}

static inline void word_fence_gets(void)
{
	step_fence_gets();
}

static inline void word_put(uint64_t *word, uint64_t value)
{
	step_put(word, value);
}

static inline void word_publish(uint64_t *word, uint64_t value)
{
	step_publish(word, value);
}

static inline void word_fence_puts(void)
{
	step_fence_puts();
}

static inline uint64_t word_add(uint64_t *word, uint64_t n)
{
	return step_add(word, n);
}

static inline bool word_swap(uint64_t *word, uint64_t expected, uint64_t desired)
{
	return step_swap(word, expected, desired);
}

#endif
