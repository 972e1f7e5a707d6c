/*
 * line_join.h - the lines of a program out of the pieces in which it wrote them.
 *
 * Joins what one thread wrote to one stream in pieces (bash: "text", then "\n") into lines, so that one row of a view is one
 * line of the program. An event becomes part of the one it continues; time, place and number are those of the beginning. Events
 * go in and come out in order; those behind an unfinished line wait for it, up to a number of them. Single-threaded.
 */
#ifndef TTLOG_CLI_LINE_JOIN_H
#define TTLOG_CLI_LINE_JOIN_H

#include "snapshot.h"

#include <stdint.h>

struct line_join;
/* Not 0: it ends here, and that is the result of the call which led to it. The event lives until it returns. */
typedef int line_join_out(void *context, struct snapshot_event *event, uint64_t number);

struct line_join *line_join_create(line_join_out *out, void *context); /* NULL: no memory */
void line_join_destroy(struct line_join *join);

int line_join_put(struct line_join *join, struct snapshot_event *event, uint64_t number);
/* What still waits: nothing comes any more. */
int line_join_flush(struct line_join *join);

/* All events of the snapshot at once: fewer of them, in its arena. No memory: as they were. */
void line_join_snapshot(struct snapshot *snapshot);

#endif
