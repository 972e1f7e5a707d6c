/*
 * calibration.h - the clocks side by side, noted while the recorder is written (recorder.h: struct recorder_pairs).
 *
 * Any thread, any signal handler; no lock: whoever finds a pair due and swaps `clock_noted` takes it. 0.3 us, some times a second.
 */
#ifndef TTLOG_RING_CALIBRATION_H
#define TTLOG_RING_CALIBRATION_H

#include "recorder_file.h"

void calibration_note(uint64_t noted) __attribute__((visibility("hidden")));

/* After a record of this time. Unsigned: a counter that fell back is due too. */
static inline void calibration_check(uint64_t ticks)
{
	const uint64_t noted = __atomic_load_n(&recorder.header->clock_noted, __ATOMIC_RELAXED);
	if (__builtin_expect(ticks - noted > CLOCK_PAIR_TICKS, 0))
		calibration_note(noted);
}

#endif
