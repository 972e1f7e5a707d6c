/*
 * row.h - an event as a row of the table ttlog_events: its columns, in one place for every database.
 *
 * Columns have the names that events have in a snapshot. The key makes "at least once" (what a failed flush leads to) "exactly once": boot_id,
 * pid and start (of the process, in clock ticks since boot) name the process for ever, monotonic_ns and ordinal the event in it, ordinal
 * being 0 but for further events of the same nanosecond.
 *
 * Used by one thread, the listener's.
 */
#ifndef TTLOG_LISTENERS_ROW_H
#define TTLOG_LISTENERS_ROW_H

#include "render.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cell_kind { CELL_NUMBER, CELL_TEXT, CELL_JSON };

/* X(name, kind, may be null) */
#define ROW_COLUMNS(X)                                                                                                             \
	X(boot_id, TEXT, false)                                                                                                    \
	X(pid, NUMBER, false)                                                                                                      \
	X(start, NUMBER, false)                                                                                                    \
	X(monotonic_ns, NUMBER, false)                                                                                             \
	X(ordinal, NUMBER, false)                                                                                                  \
	X(timestamp, NUMBER, false) /* ns since 1970 */                                                                            \
	X(level, TEXT, false)                                                                                                      \
	X(service, TEXT, false)                                                                                                    \
	X(tid, NUMBER, false)                                                                                                      \
	X(thread_name, TEXT, true)                                                                                                 \
	X(source, TEXT, false)                                                                                                     \
	X(target, TEXT, true)                                                                                                      \
	X(message, TEXT, true)                                                                                                     \
	X(kv, JSON, true)                                                                                                          \
	X(file, TEXT, true)                                                                                                        \
	X(line, NUMBER, true)                                                                                                      \
	X(column, NUMBER, true)                                                                                                    \
	X(function, TEXT, true)                                                                                                    \
	X(caller, NUMBER, true)                                                                                                    \
	X(truncated, NUMBER, true) /* bytes */                                                                                     \
	X(lost, NUMBER, true)      /* events before this one */                                                                    \
	X(span, TEXT, true)        /* enter, exit */                                                                               \
	X(duration, NUMBER, true)  /* ns */

enum row_column {
#define ROW_COLUMN(name, kind, null) COLUMN_##name,
	ROW_COLUMNS(ROW_COLUMN)
#undef ROW_COLUMN
		COLUMN_COUNT
};

#define ROW_KEY "\"boot_id\", \"pid\", \"start\", \"monotonic_ns\", \"ordinal\""

/* What a database calls the kinds. */
struct row_types {
	const char *number, *text, *json;
};

struct cell {
	enum cell_kind kind;
	bool null;
	int64_t number;
	struct ttlog_text text; /* CELL_TEXT and CELL_JSON: UTF-8 without U+0000, in the caller's scratch */
};

struct row_writer {
	char boot_id[40];
	int64_t pid, start;
	/* Of the last event, and as they were at the last flush that succeeded. */
	uint64_t last_ns, flushed_ns;
	uint32_t ordinal, flushed_ordinal;
};

/* Reads who the process is. 0, or a positive errno. */
int row_begin(struct row_writer *writer);

/* The event is the next; before its cells are asked for. */
void row_next(struct row_writer *writer, const struct ttlog_event *event);

/* A flush succeeded, or everything since the last one comes again. */
void row_flushed(struct row_writer *writer);
void row_again(struct row_writer *writer);

/* `scratch`: at least 64 KB; a text that does not fit is cut. */
struct cell row_cell(const struct row_writer *writer, const struct ttlog_event *event, enum row_column column, char *scratch, size_t bytes);

/* CREATE TABLE of `name`, with the key. */
void row_schema(struct render *sql, const char *name, const struct row_types *types);

#endif
