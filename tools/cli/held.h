/*
 * held.h - copies of events that outlive the visit of a stream, in memory that is used again and again.
 *
 * Begin with all zero. No memory ends the tool, as in arena.h. Single-threaded.
 */
#ifndef TTLOG_CLI_HELD_H
#define TTLOG_CLI_HELD_H

#include "snapshot.h"

#include <stddef.h>
#include <stdint.h>

struct held {
	struct snapshot_event event; /* its strings are in the memory below */
	uint64_t number;
	uint64_t count; /* how often it was said in a row, and when for the last time: rows.h */
	uint64_t last_ns;
	char *memory, *message; /* message: one that grew */
	size_t room, message_room;
};

void held_set(struct held *held, const struct snapshot_event *event, uint64_t number);
/* More behind the message. */
void held_append(struct held *held, const struct snapshot_text *more);
void held_free(struct held *held);

#endif
