/*
 * tally.h - the page on which the writers of numbered messages count what they have said. It is shared memory of the judge's, so it
 * survives a writer that is killed: what was begun may be recorded, what was ended has to be.
 */
#ifndef TTLOG_TESTS_TALLY_H
#define TTLOG_TESTS_TALLY_H

#include <stdatomic.h>
#include <stdint.h>

enum { TALLY_STREAMS = 1024 };

/* Messages 0, 1, 2... of one writer: a thread, or all handlers that interrupt that thread. Its index is the writer's number. */
struct tally_stream {
	int32_t pid;
	uint32_t tid;
	uint32_t handler;    /* 1: says little beside its thread */
	atomic_uint leaving; /* 1: its process ends by itself, and takes its recorder along */
	atomic_uint began, ended;
};

struct tally {
	atomic_uint said; /* by all streams */
	atomic_uint streams;
	struct tally_stream stream[TALLY_STREAMS];
};

#endif
