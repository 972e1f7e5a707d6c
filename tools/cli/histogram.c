#include "histogram.h"

#include <string.h>

#define WIDTH_FIRST 1000 /* ns */

/* Twice as wide; what there is moves to the lower half, or to the upper one, to make room before it. */
static void widen(struct histogram *histogram, unsigned place)
{
	uint64_t half[HISTOGRAM_BUCKETS / 2];

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS / 2; i++)
		half[i] = histogram->buckets[2 * i] + histogram->buckets[2 * i + 1];
	memset(histogram->buckets, 0, sizeof(histogram->buckets));
	memcpy(histogram->buckets + place, half, sizeof(half));
	if (place)
		histogram->base -= histogram->width * HISTOGRAM_BUCKETS;
	histogram->width *= 2;
}

void histogram_add(struct histogram *histogram, uint64_t time_ns)
{
	const __int128 time = time_ns;

	if (!histogram->width) {
		histogram->base = time;
		histogram->width = WIDTH_FIRST;
		histogram->first_ns = histogram->last_ns = time_ns;
	}
	while (time < histogram->base)
		widen(histogram, HISTOGRAM_BUCKETS / 2);
	while (time >= histogram->base + histogram->width * HISTOGRAM_BUCKETS)
		widen(histogram, 0);
	histogram->buckets[(time - histogram->base) / histogram->width]++;
	if (time_ns < histogram->first_ns)
		histogram->first_ns = time_ns;
	if (time_ns > histogram->last_ns)
		histogram->last_ns = time_ns;
}

static __int128 clamp(const struct histogram *histogram, __int128 time)
{
	if (time < histogram->first_ns)
		return histogram->first_ns;
	return time > histogram->last_ns ? histogram->last_ns : time;
}

uint64_t histogram_rows(const struct histogram *histogram, uint64_t *rows, unsigned count)
{
	const uint64_t length = (histogram->last_ns - histogram->first_ns) / count + 1;

	memset(rows, 0, count * sizeof(*rows));
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		/* Of a bucket that two rows share the middle decides; those at the ends may reach beyond the events. */
		const __int128 middle = clamp(histogram, histogram->base + histogram->width * i + histogram->width / 2);
		if (histogram->buckets[i])
			rows[(middle - histogram->first_ns) / length] += histogram->buckets[i];
	}
	return length;
}
