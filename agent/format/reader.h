/*
 * reader.h - reads a recorder file that lies in memory, mapped or copied, of a living or a dead process.
 *
 * Called by tools and by listener threads, never by a dying process. Nothing here allocates, calls the system or writes to
 * the recorder (G6). Every offset and length of the file is checked; a hostile file yields an error or fewer records, never
 * an access outside [base, base + bytes).
 */
#ifndef TTLOG_FORMAT_READER_H
#define TTLOG_FORMAT_READER_H

#include "event.h"
#include "recorder.h"

#include <stdbool.h>
#include <stddef.h>

/* Largest payload of a record, in bytes; longer text is cut by the writer and counted. */
#define RECORD_PAYLOAD_MAX 4096u

struct recorder_view {
	const unsigned char *base;
	size_t bytes;
	struct recorder_header header; /* a copy, checked */
	uint32_t lanes;
	uint64_t *oldest; /* by lane: position before which nothing is to be read; NULL: what the lane's head says. The caller's */
};

/* 0, or -EINVAL with *why set to a static string that says what is wrong. */
int recorder_view_open(struct recorder_view *view, const void *base, size_t bytes, const char **why);

/* NUL-terminated inside the file, or NULL where the section is damaged. Pointers live as long as base. */
const struct recorder_identity *recorder_view_identity(const struct recorder_view *view);
const struct crash_record *recorder_view_crash(const struct recorder_view *view);
/* Thread number i that saved itself, or NULL: none, not whole, or no more. */
const struct crash_thread *recorder_view_thread(const struct recorder_view *view, uint32_t i);
const struct recorder_pairs *recorder_view_pairs(const struct recorder_view *view); /* never NULL */
const char *recorder_view_maps(const struct recorder_view *view, size_t *bytes);
struct lane_control recorder_view_lane(const struct recorder_view *view, uint32_t lane); /* a copy */

struct site_view {
	struct {
		const char *text;
		uint32_t bytes;
	} message, target, file, function; /* text NULL: absent */
	uint32_t line, column, level, keys;
	uint32_t types;                   /* of values that are words: for value_cursor.words.types */
	const unsigned char *key_strings; /* for site_key() */
	const unsigned char *end;
};

/* 0, or -ENOENT for an id that is unknown or not whole. */
int recorder_view_site(const struct recorder_view *view, uint64_t id, struct site_view *site);
/* Key name number n of the site, *bytes long; NULL where there is none. */
const char *site_key(const struct site_view *site, uint32_t n, uint32_t *bytes);

/* Records ---------------------------------------------------------------------------------------------------------------- */

struct record {
	uint64_t position; /* in units since the lane began */
	uint64_t ticks;
	uint64_t origin;
	uint32_t lane, tid;
	uint8_t level, source, flags;
	uint32_t full_bytes; /* that the program gave; > text_bytes where it was cut */
	const char *text;    /* into `payload` below */
	uint32_t text_bytes;
	const unsigned char *values; /* for record_value(); NULL: none */
	uint32_t values_bytes;
	unsigned char payload[RECORD_PAYLOAD_MAX];
	struct record_context context; /* of the thread; bytes 0: none */
};

/* Goes through the values of a record; begin with all zero but words.types, which the call site knows. */
struct value_cursor {
	size_t at;
	struct value_words words;
};

/* 1: *value is the next, 0: no more, -EINVAL: the rest is damaged. A key that stands in the call site is not filled in. */
int record_value(const struct record *record, struct value_cursor *cursor, struct event_value *value);

/* The same with the values of the thread's context; begin with *at 0. */
int record_context_value(const struct record *record, size_t *at, struct event_value *value);

struct lane_cursor {
	const struct recorder_view *view;
	struct lane_control control;
	uint32_t lane;
	uint64_t next, end; /* positions */
	uint64_t torn;      /* places met where a record was begun and is not whole: in flight, or its writer died there */
	bool in_hole;       /* such a place has been counted, and goes on */
};

/* Starts at the oldest record that can still be there. */
void lane_cursor_open(struct lane_cursor *cursor, const struct recorder_view *view, uint32_t lane);
/* 1: *record is the next whole record (G3), 0: no more. */
int lane_cursor_next(struct lane_cursor *cursor, struct record *record);

/* For those who follow a lane while it is written. */
enum lane_look {
	LOOK_END,         /* nothing has been begun there */
	LOOK_RECORD,      /* *record is the one at `next`, which has moved behind it */
	LOOK_UNDER_WAY,   /* one was begun at `next` and is not whole yet */
	LOOK_HOLE,        /* nothing at `next` that will become a record: it has moved on by one unit */
	LOOK_OVERWRITTEN, /* what stood at `next` is gone */
};
/* What stands at cursor->next; nothing is passed over. */
enum lane_look lane_cursor_look(struct lane_cursor *cursor, struct record *record);

/* The lane as it is now; cursor->next stays. */
void lane_cursor_refresh(struct lane_cursor *cursor);
/* From lane_control.recorded, now. */
uint64_t lane_cursor_recorded(const struct lane_cursor *cursor);
/* Whole records between `next` and `end`. False: some of that was overwritten meanwhile. */
bool lane_cursor_count(const struct lane_cursor *cursor, uint64_t *count);

#endif
