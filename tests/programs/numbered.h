/*
 * numbered.h - messages that prove themselves: what a writer says is known from its number and the message's.
 *
 * Two numbers in hexadecimal, then letters that follow from both. A reader makes the message again and compares, so that a byte
 * of another message shows wherever it stands. Async-signal-safe; used by the programs that write and by the tests that judge.
 */
#ifndef TTLOG_TESTS_NUMBERED_H
#define TTLOG_TESTS_NUMBERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { NUMBERED_HEAD = 16, NUMBERED_BODY_MAX = 600, NUMBERED_MAX = NUMBERED_HEAD + NUMBERED_BODY_MAX };

/* The finalizer of splitmix64: each bit of the input changes half of the output. */
static inline uint64_t numbered_hash(uint64_t seed)
{
	seed += 0x9e3779b97f4a7c15u;
	seed = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9u;
	seed = (seed ^ seed >> 27) * 0x94d049bb133111ebu;
	return seed ^ seed >> 31;
}

/* Of all lengths, more short ones than long ones, as programs speak. */
static inline uint32_t numbered_bytes(uint32_t writer, uint32_t number)
{
	const uint64_t hash = numbered_hash((uint64_t)writer << 32 | number);
	const uint32_t longest = hash >> 62 ? 100 : NUMBERED_BODY_MAX;
	return NUMBERED_HEAD + (uint32_t)(hash & 0xffffff) % longest;
}

static inline void numbered_digits(char *text, uint32_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 4)
		text[i] = "0123456789abcdef"[value & 15];
}

/* Writes the message, without NUL, into room for NUMBERED_MAX bytes; returns how many it has. */
static inline uint32_t numbered_make(char *text, uint32_t writer, uint32_t number)
{
	const uint32_t bytes = numbered_bytes(writer, number);
	uint64_t letters = 0;
	numbered_digits(text, writer);
	numbered_digits(text + 8, number);
	for (uint32_t i = NUMBERED_HEAD; i < bytes; i++, letters >>= 5) {
		if ((i - NUMBERED_HEAD) % 8 == 0)
			letters = numbered_hash((uint64_t)writer << 32 ^ (uint64_t)number << 10 ^ i);
		text[i] = (char)('A' + (letters & 31));
	}
	return bytes;
}

static inline bool numbered_value(const char *text, uint32_t *value)
{
	*value = 0;
	for (int i = 0; i < 8; i++) {
		const char *digit = text[i] ? strchr("0123456789abcdef", text[i]) : NULL;
		if (!digit)
			return false;
		*value = *value << 4 | (uint32_t)(digit - "0123456789abcdef");
	}
	return true;
}

/* True where the text is one whole message, which is then *writer's and has this *number. */
static inline bool numbered_read(const char *text, size_t bytes, uint32_t *writer, uint32_t *number)
{
	char again[NUMBERED_MAX];
	*writer = *number = 0;
	return bytes >= NUMBERED_HEAD && numbered_value(text, writer) && numbered_value(text + 8, number) &&
	       numbered_bytes(*writer, *number) == bytes && numbered_make(again, *writer, *number) == bytes &&
	       memcmp(again, text, bytes) == 0;
}

#endif
