/*
 * recorder_events.h - the records of a recorder that is followed, as events: those of one look become those of a snapshot.
 *
 *	recorder_events_begin(events, &snapshot);
 *	recorder_follow_look(&follow, now, recorder_events_take, events);
 *	recorder_events_end(events);
 *
 * The call sites of the recorder are kept from look to look. Single-threaded.
 */
#ifndef TTLOG_SNAPSHOT_RECORDER_EVENTS_H
#define TTLOG_SNAPSHOT_RECORDER_EVENTS_H

#include "reader.h"
#include "snapshot.h"

struct recorder_events;

/* `view` is that of the recorder, also at later looks. NULL: no memory. */
struct recorder_events *recorder_events_create(const struct recorder_view *view);
void recorder_events_destroy(struct recorder_events *events);

/* Fills in the identity and the counters, too. All that the events point to goes with the snapshot, or with `events`. */
void recorder_events_begin(struct recorder_events *events, struct snapshot *snapshot);
void recorder_events_take(void *events, const struct record *record); /* records of one lane come one behind the other */
/* The events are there, by time. 0, or -ENOMEM, -EOVERFLOW: some of them are not. */
int recorder_events_end(struct recorder_events *events);

#endif
