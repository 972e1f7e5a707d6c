/*
 * accepted.h - which events a sink has taken already, by their places in the recorder: after a failure the listener thread hands over again
 * what came since the last flush, and what has been taken must not be written twice. Used by one thread.
 */
#ifndef TTLOG_LISTEN_ACCEPTED_H
#define TTLOG_LISTEN_ACCEPTED_H

#include "ttlog_listener.h"

#include <stdbool.h>
#include <stdint.h>

#define ACCEPTED_LANES 1088u /* more than a recorder has; events of others count as not taken */

struct accepted {
	uint64_t next[ACCEPTED_LANES]; /* of each lane 1 + the position of the last event that was taken; 0: none */
};

static inline bool accepted_has(const struct accepted *accepted, const struct ttlog_event *event)
{
	return event->lane < ACCEPTED_LANES && event->position < accepted->next[event->lane];
}

static inline void accepted_note(struct accepted *accepted, const struct ttlog_event *event)
{
	if (event->lane < ACCEPTED_LANES)
		accepted->next[event->lane] = event->position + 1;
}

#endif
