/*
 * scarce.h - what scarce.so counts: a file that the judge makes, all of it 0, and maps as those do whose calls are counted.
 *
 * A place is where a call for memory stands and who has called it, SCARCE_FRAMES functions up. Each has the number of the first call that
 * was made there; they are found by a run in which no call fails.
 */
#ifndef TTLOG_TESTS_SCARCE_H
#define TTLOG_TESTS_SCARCE_H

#include <stdatomic.h>
#include <stdint.h>

enum { SCARCE_FRAMES = 16, SCARCE_PLACES = 1 << 14 };

struct scarce_place {
	_Atomic uint64_t way; /* 0: no place */
	uint64_t first;       /* from 1 */
};

struct scarce_calls {
	_Atomic uint64_t count;
	struct scarce_place places[SCARCE_PLACES]; /* by their way's last bits, or the next that was free */
};

/* 0: calls of the program and most libraries; 1: of and for libraries that do not look whether they got their memory. */
struct scarce {
	struct scarce_calls calls[2];
};

#endif
