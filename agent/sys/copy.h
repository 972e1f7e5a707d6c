/*
 * copy.h - short copies of a length known only at run time: what a record is made of.
 *
 * gcc makes `rep movs` of such a memcpy(3), 10 ns to start on the machines measured; a call into libc is 3 ns and goes through a symbol
 * that the program may have interposed. Reads and writes exactly `bytes`. Async-signal-safe.
 */
#ifndef TTLOG_SYS_COPY_H
#define TTLOG_SYS_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void copy_8(unsigned char *to, const unsigned char *from)
{
	uint64_t word;
	memcpy(&word, from, sizeof(word));
	memcpy(to, &word, sizeof(word));
}

static inline void copy_4(unsigned char *to, const unsigned char *from)
{
	uint32_t word;
	memcpy(&word, from, sizeof(word));
	memcpy(to, &word, sizeof(word));
}

/* The last word overlaps the one before it, so that no byte is left over. */
static inline void copy_short(void *to_bytes, const void *from_bytes, size_t bytes)
{
	unsigned char *to = to_bytes;
	const unsigned char *from = from_bytes;
	if (bytes >= 8) {
		for (size_t i = 0; i + 8 < bytes; i += 8) {
			copy_8(to + i, from + i);
			__asm__("" : : : "memory"); /* else gcc makes a memcpy(3) of the loop */
		}
		copy_8(to + bytes - 8, from + bytes - 8);
	} else if (bytes >= 4) {
		copy_4(to, from);
		copy_4(to + bytes - 4, from + bytes - 4);
	} else if (bytes) {
		to[0] = from[0];
		to[bytes / 2] = from[bytes / 2];
		to[bytes - 1] = from[bytes - 1];
	}
}

#endif
