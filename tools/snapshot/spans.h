/*
 * spans.h - which spans are around an event, and which were still open at the end.
 *
 * Single-threaded. Whatever a file says is taken: an exit without its enter ends nothing, an exit
 * of a span also ends what was begun inside of it and never ended (left by longjmp).
 */
#ifndef TTLOG_SNAPSHOT_SPANS_H
#define TTLOG_SNAPSHOT_SPANS_H

#include "snapshot.h"

#define SPAN_ENTER "enter"
#define SPAN_EXIT  "exit"

/* Spans of a thread inside each other that are followed; deeper ones count as not there. */
#define SPANS_DEEPEST 64u

bool span_enters(const struct snapshot_event *event);
bool span_exits(const struct snapshot_event *event);

/*
 * The same while events go by: spans_follow() fills in depth of each, and span_parent of those that enter. Afterwards spans_is_open() knows
 * which did not end. At most SPANS_THREADS threads are followed; spans of others count as not there.
 */
#define SPANS_THREADS 4096u
struct spans;
struct spans *spans_create(void); /* NULL: no memory */
void spans_destroy(struct spans *spans);
void spans_follow(struct spans *spans, struct snapshot_event *event);
bool spans_is_open(const struct spans *spans, uint32_t tid, uint64_t span_id);

/* Fills in depth and open of all events, which are in the order of time, and span_parent of those that enter. */
void spans_nest(struct snapshot *snapshot);

#endif
