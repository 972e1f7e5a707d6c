/*
 * unit.h - filling the units of a record.
 *
 * All stores are whole words, so that a reader never sees half of one, and what a payload leaves of its last unit is zero.
 * Loads never leave the payload. Async-signal-safe.
 */
#ifndef TTLOG_RING_UNIT_H
#define TTLOG_RING_UNIT_H

#include "recorder.h"
#include "word.h"

#include <stdint.h>
#include <string.h>

enum { UNIT_WORDS = LANE_UNIT_BYTES / sizeof(uint64_t), BODY_WORDS = LANE_BODY_BYTES / sizeof(uint64_t) };

_Static_assert(offsetof(struct record_head, bytes) == offsetof(struct record_head, tid) + 4, "one word, little endian");
_Static_assert(offsetof(struct record_head, level_source) == offsetof(struct record_head, tid) + 6, "one word, little endian");
_Static_assert(offsetof(struct record_head, flags) == offsetof(struct record_head, tid) + 7, "one word, little endian");

/* What stands behind a unit's stamp. */
static inline __attribute__((always_inline)) void unit_put_words(uint64_t *unit, uint64_t a, uint64_t b, uint64_t c)
{
	word_put(unit + 1, a);
	word_put(unit + 2, b);
	word_put(unit + 3, c);
}

static inline void unit_put_head(uint64_t *unit, uint64_t ticks, uint64_t origin, uint32_t tid, uint64_t bytes_kind)
{
	unit_put_words(unit, ticks, origin, tid | bytes_kind << 32);
}

static inline uint64_t load_8(const unsigned char *from)
{
	uint64_t word;
	memcpy(&word, from, sizeof(word));
	return word;
}

static inline uint64_t load_4(const unsigned char *from)
{
	uint32_t word;
	memcpy(&word, from, sizeof(word));
	return word;
}

/* 1 to 7 bytes as a word, without touching others. */
static inline uint64_t load_short(const unsigned char *from, uint32_t bytes)
{
	if (bytes >= 4)
		return load_4(from) | load_4(from + bytes - 4) << 8 * (bytes - 4);
	return from[0] | (uint64_t)from[bytes / 2] << 8 * (bytes / 2) | (uint64_t)from[bytes - 1] << 8 * (bytes - 1);
}

/* Word number `index` of `bytes` bytes, zero behind their end. */
static inline __attribute__((always_inline)) uint64_t text_word(const unsigned char *text, uint32_t bytes, uint32_t index)
{
	const uint32_t at = index * 8;
	if (at + 8 <= bytes)
		return load_8(text + at);
	if (at >= bytes)
		return 0;
	if (bytes >= 8) /* the last eight, of which some stand in the word before */
		return load_8(text + bytes - 8) >> 8 * (at + 8 - bytes);
	return load_short(text, bytes);
}

/* LANE_BODY_BYTES of a payload. */
static inline __attribute__((always_inline)) void unit_put_bytes(uint64_t *unit, const unsigned char *bytes)
{
	unit_put_words(unit, load_8(bytes), load_8(bytes + 8), load_8(bytes + 16));
}

/* The last bytes of a payload, 1 to LANE_BODY_BYTES, or the `bytes` of a string from word number `first` on. */
static inline __attribute__((always_inline)) void unit_put_text(uint64_t *unit, const unsigned char *text, uint32_t bytes,
								uint32_t first)
{
	unit_put_words(unit, text_word(text, bytes, first), text_word(text, bytes, first + 1), text_word(text, bytes, first + 2));
}

#endif
