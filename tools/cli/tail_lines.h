/*
 * tail_lines.h - the lines that wait for their turn: events and notices of several processes, put in the order of time.
 *
 * A line that is later than `until` waits for one more round, because another process may still have something before it. What a line
 * points to has to stay that long. Single-threaded.
 */
#ifndef TTLOG_CLI_TAIL_LINES_H
#define TTLOG_CLI_TAIL_LINES_H

#include "filter.h"
#include "tail_print.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of lines of one time. */
enum tail_rank { TAIL_BEGAN, TAIL_LOST, TAIL_EVENT, TAIL_ENDED };

struct tail_line;
struct tail_lines {
	struct tail_line *lines;
	size_t count, room; /* count: of those that wait */
};

void tail_lines_close(struct tail_lines *lines);

/* Those of its events that match. False: out of memory. */
bool tail_lines_add_events(struct tail_lines *lines, struct filter *filter, const struct snapshot *snapshot);

/* For the caller to fill; its place is at `time`. NULL: out of memory. */
struct tail_notice *tail_lines_add_notice(struct tail_lines *lines, const struct snapshot *snapshot, enum tail_rank rank,
					  uint64_t time, const char *kind);

/* Prints what is not later than `until` (ns since 1970-01-01 UTC) or has waited once; of the events only the `last`. */
void tail_lines_print(struct tail_lines *lines, const struct tail_print *print, uint64_t until, size_t last);

#endif
