#include "clock.h"

#include <linux/prctl.h>
#include <string.h>

bool clock_counter_faults;
vdso_clock_function clock_function;

void clock_look(void)
{
	int mode = 0;
	__atomic_store_n(&clock_function, vdso_clock(), __ATOMIC_RELAXED);
	const int answer = sys_prctl(PR_GET_TSC, (unsigned long)&mode);
	/* The answer is the calling thread's: another may have lost the counter already, and that stays. */
	if (answer != ARCH_COUNTER_FREE && (answer != 0 || mode != PR_TSC_ENABLE))
		__atomic_store_n(&clock_counter_faults, true, __ATOMIC_RELAXED);
}

/* Where the computed ticks begin, and how fast they go. */
static struct clock_pair computed_begin;
static double ticks_per_ns;

void clock_avoid_counter(const struct clock_pair *begin)
{
	if (begin && !clock_counter_faults) {
		computed_begin = clock_pair_now(CLOCK_KIND_TSC);
		const uint64_t passed = computed_begin.monotonic_ns - begin->monotonic_ns;
		ticks_per_ns = passed ? (double)(computed_begin.ticks - begin->ticks) / (double)passed : 1.0;
	}
	__atomic_store_n(&clock_counter_faults, true, __ATOMIC_RELAXED);
}

static struct clock_pair standing;
static __thread bool stands __attribute__((tls_model("initial-exec")));

void clock_stand_still(bool still)
{
	if (still)
		standing = (struct clock_pair){0, clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_REALTIME)};
	stands = still;
}

uint64_t clock_other_ns(clockid_t clock)
{
	struct timespec now;
	if (stands)
		return clock == CLOCK_REALTIME ? standing.realtime_ns : standing.monotonic_ns;
	sys_clock(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_other_ticks(uint32_t kind)
{
	const uint64_t now = clock_monotonic_ns();
	if (kind != CLOCK_COMPUTED)
		return now;
	return computed_begin.ticks + (uint64_t)((double)(now - computed_begin.monotonic_ns) * ticks_per_ns);
}

enum clock_kind clock_choose(void)
{
	static const char wanted[] = ARCH_CLOCK_SOURCE;
	const long wanted_bytes = sizeof(wanted) - 1;
	char source[32];
	if (__atomic_load_n(&clock_counter_faults, __ATOMIC_RELAXED))
		return CLOCK_KIND_MONOTONIC;
	const int fd = sys_openat(AT_FDCWD, "/sys/devices/system/clocksource/clocksource0/current_clocksource",
				  O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return CLOCK_KIND_MONOTONIC;
	const long bytes = sys_read(fd, source, sizeof(source));
	sys_close(fd);
	return bytes >= wanted_bytes && memcmp(source, wanted, (size_t)wanted_bytes) == 0 ? CLOCK_KIND_TSC : CLOCK_KIND_MONOTONIC;
}

struct clock_pair clock_pair_now(enum clock_kind kind)
{
	struct clock_pair best = {0, 0, 0};
	uint64_t best_width = UINT64_MAX;
	for (int attempt = 0; attempt < 3; attempt++) {
		const uint64_t before = clock_ticks(kind);
		const uint64_t monotonic = clock_ns(CLOCK_MONOTONIC);
		const uint64_t realtime = clock_ns(CLOCK_REALTIME);
		const uint64_t after = clock_ticks(kind);
		if (after - before >= best_width)
			continue;
		best_width = after - before;
		best.ticks = before + best_width / 2;
		best.monotonic_ns = monotonic;
		best.realtime_ns = realtime;
	}
	return best;
}
