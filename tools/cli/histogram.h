/*
 * histogram.h - how many events came when, without knowing beforehand when they begin and end.
 *
 * A fixed number of buckets whose width doubles until all fit. Begin with all zero. Single-threaded.
 */
#ifndef TTLOG_CLI_HISTOGRAM_H
#define TTLOG_CLI_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS 256u

struct histogram {
	uint64_t buckets[HISTOGRAM_BUCKETS];
	__int128 base, width; /* ns; width 0: nothing was added. Wider than any time, so that no time of a damaged file overflows */
	uint64_t first_ns, last_ns;
};

void histogram_add(struct histogram *histogram, uint64_t time_ns);

/* Into `count` rows of equal length from the first event to the last; the length in ns. */
uint64_t histogram_rows(const struct histogram *histogram, uint64_t *rows, unsigned count);

#endif
