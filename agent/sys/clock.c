#include "clock.h"

#include <linux/prctl.h>
#include <string.h>

enum clock_kind clock_choose(void)
{
	int mode = 0;
	char source[16];
	if (sys_prctl(PR_GET_TSC, (unsigned long)&mode) != 0 || mode != PR_TSC_ENABLE)
		return CLOCK_KIND_MONOTONIC;
	const int fd = sys_openat(AT_FDCWD, "/sys/devices/system/clocksource/clocksource0/current_clocksource",
				  O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return CLOCK_KIND_MONOTONIC;
	const long bytes = sys_read(fd, source, sizeof(source));
	sys_close(fd);
	return bytes >= 4 && memcmp(source, "tsc\n", 4) == 0 ? CLOCK_KIND_TSC : CLOCK_KIND_MONOTONIC;
}

static uint64_t timespec_ns(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec;
}

struct clock_pair clock_pair_now(enum clock_kind kind)
{
	struct clock_pair best = {0, 0, 0};
	uint64_t best_width = UINT64_MAX;
	for (int attempt = 0; attempt < 3; attempt++) {
		struct timespec monotonic, realtime;
		const uint64_t before = clock_ticks(kind);
		clock_gettime(CLOCK_MONOTONIC, &monotonic);
		clock_gettime(CLOCK_REALTIME, &realtime);
		const uint64_t after = clock_ticks(kind);
		if (after - before >= best_width)
			continue;
		best_width = after - before;
		best.ticks = before + best_width / 2;
		best.monotonic_ns = timespec_ns(&monotonic);
		best.realtime_ns = timespec_ns(&realtime);
	}
	return best;
}
