/*
 * said.h - what each thread of a snapshot said last, noted while its events go by.
 *
 * Single-threaded.
 */
#ifndef TTLOG_CLI_SAID_H
#define TTLOG_CLI_SAID_H

#include "held.h"

struct said {
	struct held *last; /* by the thread's place in the snapshot; count 0: nothing */
	size_t threads;
	uint32_t *places; /* hash table of places + 1 by thread id */
	size_t slots;
	const struct snapshot *snapshot;
};

/* For the threads that the snapshot has now. 0 or -ENOMEM: then nobody has said anything. */
int said_init(struct said *said, const struct snapshot *snapshot);
void said_fini(struct said *said);

void said_note(struct said *said, const struct snapshot_event *event, uint64_t number);

/* NULL: nothing. */
struct held *said_last(const struct said *said, const struct snapshot_thread *thread);

#endif
