/*
 * rows.h - the rows of a view out of a stream of events: lines joined, filtered, repetitions folded, the last ones kept.
 *
 * Single-threaded.
 */
#ifndef TTLOG_CLI_ROWS_H
#define TTLOG_CLI_ROWS_H

#include "filter.h"
#include "held.h"
#include "line_join.h"

#include <stdbool.h>

#define ROWS_ALL SIZE_MAX

/* What a program that handled its own fault said of it, often more than all that is kept: it makes nothing go that led there. */
struct rows_report {
	uint32_t tid;
	uint64_t since; /* ns, as timestamps; 0: there is none */
};

/* A row that was let go; not 0 ends the stream. */
typedef int rows_out(void *context, struct held *row);

struct rows_settings {
	struct filter *filter;     /* begun */
	size_t last;               /* rows kept; ROWS_ALL: each is given to `out` as soon as it is known not to go on */
	bool fold;                 /* rows that repeat the one before them are counted in it */
	struct rows_report report; /* of it, half of the rows at the most where there are others; what is left out is counted */
	rows_out *out;             /* for ROWS_ALL; may be NULL: rows are counted only */
	void *context;
	/* Sees each line, before the filter; may be NULL. */
	void (*line)(void *context, const struct snapshot_event *event, uint64_t number);
};

struct rows {
	struct rows_settings settings;
	struct line_join *join;
	uint64_t pieces, lines, matched,
		folded;              /* events that came; lines of them; those that match; those counted in another row */
	uint64_t reported, left_out; /* rows of the report that were kept, and that were not */
	struct held *kept;
	size_t first, count, room;
};

/* 0 or -ENOMEM. */
int rows_init(struct rows *rows, const struct rows_settings *settings);
void rows_fini(struct rows *rows);

int rows_put(struct rows *rows, struct snapshot_event *event, uint64_t number);
int rows_flush(struct rows *rows);

/* Of those that were kept, oldest first. */
struct held *rows_at(struct rows *rows, size_t i);

/* Events in the kept rows: folded ones count as many as they were. */
uint64_t rows_kept_events(const struct rows *rows);

#endif
