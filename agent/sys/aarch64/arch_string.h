/*
 * arch_string.h (aarch64) - the length of a short string, without a call.
 *
 * Reads aligned blocks of 16 bytes, so never a page that the string is not in. Async-signal-safe.
 */
#ifndef TTLOG_SYS_ARCH_STRING_H
#define TTLOG_SYS_ARCH_STRING_H

#include <arm_neon.h>
#include <stdint.h>

/* Four bits for each byte of the block that is zero, from the lowest up. */
static inline uint64_t arch_string_zeros(const uint8_t *block)
{
	const uint16x8_t zeros = vreinterpretq_u16_u8(vceqzq_u8(vld1q_u8(block)));
	return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(zeros, 4)), 0);
}

/* At most `limit`. */
static inline uint32_t arch_string_bytes(const unsigned char *string, uint32_t limit)
{
	const uint32_t before = (uintptr_t)string & 15;
	const uint8_t *block = string - before;
	uint64_t ends = arch_string_zeros(block) >> 4 * before;
	uint32_t bytes = 0;
	if (__builtin_expect(!ends, 0)) {
		bytes = 16 - before;
		while (bytes < limit && !(ends = arch_string_zeros(block += 16)))
			bytes += 16;
	}
	if (ends)
		bytes += (uint32_t)__builtin_ctzll(ends) / 4;
	return bytes < limit ? bytes : limit;
}

#endif
