/*
 * open_spans.h - spans that began and have not ended so far, with their names, while events go by.
 *
 * Begin with all zero. Single-threaded.
 */
#ifndef TTLOG_CLI_OPEN_SPANS_H
#define TTLOG_CLI_OPEN_SPANS_H

#include "snapshot.h"

#include <stddef.h>
#include <stdint.h>

#define OPEN_SPANS_MOST       65536u /* more are not known; they would be those of a damaged file */
#define OPEN_SPANS_NAME_BYTES 128u

struct open_span {
	uint32_t tid;
	uint64_t id, begin_ns, number;
	size_t name_bytes;
	char name[OPEN_SPANS_NAME_BYTES];
};

struct open_spans {
	struct open_span *items; /* in the order in which they began */
	size_t count, room;
};

/* An end takes also those of its thread away that began in it: they were jumped over. Other events than of spans change nothing. */
void open_spans_follow(struct open_spans *spans, const struct snapshot_event *event, uint64_t number);
void open_spans_fini(struct open_spans *spans);

#endif
