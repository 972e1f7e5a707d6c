/*
 * view.h - the text view of a snapshot, in parts: what happened, stacks, events.
 *
 * Text that comes from the snapshot is printed through terminal.h only.
 */
#ifndef TTLOG_CLI_VIEW_H
#define TTLOG_CLI_VIEW_H

#include "snapshot.h"

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>

struct view_options {
	bool json, all_threads, no_color;
	bool filtered; /* one of the filters below was given */
	size_t last;   /* events shown; 0: all */
	size_t pieces; /* events before view_join() */
	bool has_last, has_level, has_grep, has_source, has_tid;
	unsigned level, source;
	uint32_t tid;
	regex_t grep;
	const struct snapshot_event **last_said; /* of each thread, by its place; NULL: nothing */
};

/* Notes options->last_said, before a filter takes events away. Single-threaded; it lives in the snapshot's arena. */
void view_note_last(struct snapshot *snapshot, struct view_options *options);

/*
 * Joins what one thread wrote to one stream in pieces (bash: "text", then "\n") into lines, so that one line of the view is
 * one line of the program. An event becomes part of the one it continues; time and place are those of the beginning.
 */
void view_join(struct snapshot *snapshot);

/* Takes out of the snapshot the events that the filters refuse, then all but the last ones. */
void view_filter(struct snapshot *snapshot, const struct view_options *options);

/* All parts. `events` is the number of events before view_filter(). */
void view_text(FILE *out, struct snapshot *snapshot, const char *path, size_t events, const struct view_options *options);

struct symbols;
/* Stack of the crashed thread, then the others. Lines are looked up where the snapshot has none. */
void view_threads(FILE *out, struct snapshot *snapshot, struct symbols *symbols, const struct view_options *options);
void view_events(FILE *out, struct snapshot *snapshot, struct symbols *symbols, size_t events, const struct view_options *options);

/* Of one event: its level, " INFO "; and the rest of its line, from its source on, whose further lines begin at column `indent`. */
void view_event_level(FILE *out, unsigned level);
void view_event_text(FILE *out, const struct snapshot_event *event, unsigned indent);

/* One stack; `source`: with the source of the innermost frame that has one; `all`: every frame, no recursion folded. */
void view_stack(FILE *out, const struct snapshot *snapshot, const struct snapshot_thread *thread, bool source, bool all);

/* "main+0x15", or the address where no symbol covers it; the name alone, `plain` without leading underscores. Return columns. */
size_t view_function(FILE *out, const struct snapshot_frame *frame, size_t most);
size_t view_name(FILE *out, const struct snapshot_frame *frame, size_t most, bool plain);
/* One line: what this thread said last. Nothing where it said nothing. */
void view_last_said(FILE *out, struct snapshot *snapshot, struct symbols *symbols, const struct view_options *options,
		    const struct snapshot_thread *thread);

/* The line with two around it, marked; prints nothing and is false where the file cannot be read. */
bool view_source(FILE *out, const char *file, uint32_t line);

/* A path for people: relative where it lies below `base` (may be NULL). */
const char *view_path(const char *path, const char *base);

#endif
