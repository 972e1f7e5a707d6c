/*
 * arch_string.h (x86_64) - the length of a short string, without a call.
 *
 * Reads aligned blocks of 16 bytes, so never a page that the string is not in. Async-signal-safe.
 */
#ifndef TTLOG_SYS_ARCH_STRING_H
#define TTLOG_SYS_ARCH_STRING_H

#include <emmintrin.h>
#include <stdint.h>

/* At most `limit`. */
static inline uint32_t arch_string_bytes(const unsigned char *string, uint32_t limit)
{
	const __m128i zero = _mm_setzero_si128();
	const __m128i *block = (const __m128i *)((uintptr_t)string & ~(uintptr_t)15);
	uint32_t ends = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128(block), zero)) >> ((uintptr_t)string & 15);
	uint32_t bytes = 0;
	if (__builtin_expect(!ends, 0)) {
		bytes = 16 - ((uintptr_t)string & 15);
		while (bytes < limit && !(ends = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128(++block), zero))))
			bytes += 16;
	}
	if (ends)
		bytes += (uint32_t)__builtin_ctz(ends);
	return bytes < limit ? bytes : limit;
}

#endif
