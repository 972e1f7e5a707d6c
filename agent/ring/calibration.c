#include "calibration.h"

#include "clock.h"

/* Ticks come last, and go first: a reader takes a pair whose ticks are there and stay the same. */
static void put_pair(struct clock_pair *place, const struct clock_pair *pair)
{
	__atomic_store_n(&place->ticks, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&place->monotonic_ns, pair->monotonic_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&place->realtime_ns, pair->realtime_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&place->ticks, pair->ticks, __ATOMIC_RELEASE);
}

void calibration_note(uint64_t noted)
{
	struct recorder_clock *clock = &recorder.header->clock;
	/* Computed ticks follow no counter any more; and a sandbox may allow no system call, which the clocks are where there is no vdso. */
	if (recorder.clock_kind != clock->kind || (recorder.sandboxed && !clock_function))
		return;
	const struct clock_pair pair = clock_pair_now((enum clock_kind)recorder.clock_kind);
	/* A record may be older than the last pair: then nothing is due. */
	if ((uint64_t)(pair.ticks - noted) <= CLOCK_PAIR_TICKS ||
	    !__atomic_compare_exchange_n(&recorder.header->clock_noted, &noted, pair.ticks, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return;
	const uint32_t n = __atomic_fetch_add(&clock->taken, 1, __ATOMIC_RELAXED);
	put_pair(&recorder.pairs->fine[n % CLOCK_PAIRS_FINE], &pair);
	if (n % CLOCK_PAIRS_FINE == 0)
		put_pair(&recorder.pairs->coarse[n / CLOCK_PAIRS_FINE % CLOCK_PAIRS_COARSE], &pair);
}
