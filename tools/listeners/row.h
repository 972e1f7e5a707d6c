/*
 * row.h - an event as a row of the table ttlog_events: its columns, in one place for every database.
 *
 * Columns have the names that events have in a snapshot. The key makes "at least once" (what a failed flush leads to) "exactly once": boot_id,
 * pid and recorder (when that was made) name the recorder for ever, lane and position the event in it.
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
	X(recorder, NUMBER, false) /* ns of CLOCK_MONOTONIC */                                                                     \
	X(lane, NUMBER, false)                                                                                                     \
	X(position, NUMBER, false)                                                                                                 \
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

#define ROW_KEY "\"boot_id\", \"pid\", \"recorder\", \"lane\", \"position\""

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
};

/* Reads which boot it is. 0, or a positive errno. */
int row_begin(struct row_writer *writer);

/* `scratch`: at least 64 KB; a text that does not fit is cut. */
struct cell row_cell(const struct row_writer *writer, const struct ttlog_event *event, enum row_column column, char *scratch,
		     size_t bytes);

/* CREATE TABLE of `name`, with the key. */
void row_schema(struct render *sql, const char *name, const struct row_types *types);

#endif
