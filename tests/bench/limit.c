/*
 * The two loops that every measured program has in it, as the measure of the machine at that moment.
 */
#include "rounds.h"

#include <stddef.h>
#include <stdint.h>

enum { RING_BYTES = 640 * 1024, SLOT_BYTES = 64 };

static __thread unsigned char ring[RING_BYTES] __attribute__((aligned(SLOT_BYTES)));
static __thread size_t ring_at;

void limit(long events)
{
	size_t at = ring_at;
	for (long i = 0; i < events; i++) {
		uint64_t *slot = (uint64_t *)(void *)(ring + at);
		slot[0] = __builtin_ia32_rdtsc();
		for (int k = 1; k < 8; k++)
			slot[k] = (uint64_t)i;
		at = at + SLOT_BYTES == RING_BYTES ? 0 : at + SLOT_BYTES;
		__asm__ volatile("" : : : "memory");
	}
	ring_at = at;
}

void arithmetic(long events)
{
	uint64_t a = 1, b = 2, c = 3, d = 4;
	for (long i = 0; i < events; i++) {
		/* Four chains keep the adders of one physical core busy, so that a sibling has to share them. */
		a = a * 3 + 1;
		b = b * 5 + a;
		c = c * 7 + 1;
		d = d * 9 + c;
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
	}
}
