/*
 * view.h - the text view of a snapshot, in parts: what happened, stacks, events.
 *
 * Text that comes from the snapshot is printed through terminal.h only.
 */
#ifndef TTLOG_CLI_VIEW_H
#define TTLOG_CLI_VIEW_H

#include "event_time.h"
#include "filter.h"
#include "output.h"
#include "rows.h"
#include "said.h"
#include "snapshot.h"
#include "target.h"
#include "terminal.h"
#include "writer.h"

#include <stdbool.h>
#include <stdio.h>

extern const struct command command_view;

struct view_options {
	const struct writer_format *format; /* NULL: text */
	bool all_threads, numbers, no_fold, no_pager, full;
	enum terminal_colour colour;
	enum event_time time;
	bool has_last;
	size_t last;  /* rows, or events, shown; ROWS_ALL */
	size_t names; /* columns of a function's name where all stacks are shown; 0: any number */
	struct filter *filter;
	const char *output;
};

struct symbols;

/* The text view of one target. */
struct view {
	const struct view_options *options;
	struct target *target;
	struct snapshot *snapshot; /* the target's */
	FILE *out;
	const struct output *output;
	struct symbols *symbols; /* may be NULL */
	struct rows rows;
	struct said said;             /* with all_threads only */
	uint64_t events;              /* of the file, in pieces */
	struct spans *spans;          /* which of the file's are open at its end; NULL: not known */
	bool has_spans;               /* there are any */
	bool threads;                 /* rows tell their thread */
	struct snapshot_error damage; /* no text: the file is sound */
};

/* Both show one target that was opened; the exit status, after errors were printed, or noted for view_damage(). */
int view_text(struct target *target, const struct view_options *options, const struct output *output);
int view_format(struct target *target, const struct view_options *options, const struct output *output, struct writer *writer);

/* What can be read of a damaged file was shown: says so once the pager is gone, and is the exit status for it. */
void view_note_damage(const struct target *target, const struct snapshot_error *error, uint64_t events);
int view_damage(void);

/*
 * Through the target once, for what the parts below need; `view` has options, target, snapshot, output. 0; below it the file is damaged, and
 * `damage` says how: rows.join is NULL where nothing can be shown of it. view_fini() either way.
 */
int view_read(struct view *view);
void view_fini(struct view *view);

/* The parts of the text. */
void view_head(const struct view *view);
void view_foot(const struct view *view);
/* Stack of the crashed thread, then the others. Lines are looked up where the snapshot has none. */
void view_threads(const struct view *view);
/* Those that were kept, or, with ROWS_ALL, each as it is read. 0, or what ended the reading. */
int view_events(struct view *view);
/* One line: what this thread said last. Nothing where it said nothing. */
void view_last_said(const struct view *view, const struct snapshot_thread *thread);

struct view_stack_style {
	bool source;  /* with the source of the innermost frame of the program's own */
	bool all;     /* every frame, no recursion folded */
	size_t names; /* of all: columns of a function's name, shortened if it is longer; 0: as it is */
};
void view_stack(FILE *out, struct snapshot *snapshot, const struct snapshot_thread *thread, const struct view_stack_style *style);

/* "main+0x15", or the address where no symbol covers it; the name alone, `plain` without leading underscores. Return columns. */
size_t view_function(FILE *out, const struct snapshot_frame *frame, size_t most);
size_t view_name(FILE *out, const struct snapshot_frame *frame, size_t most, bool plain);
/* The frame's line (source.h) with two around it, marked; prints nothing and is false where it is not to be had. */
bool view_source(FILE *out, struct snapshot *snapshot, const struct snapshot_frame *frame);

/* A path for people: relative where it lies below `base` (may be NULL). */
const char *view_path(const char *path, const char *base);

#endif
