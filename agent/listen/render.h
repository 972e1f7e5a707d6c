/*
 * render.h - one event as bytes: a line of text, a line of JSON, a message of syslog, an entry of the journal.
 *
 * Pure functions over a caller's buffer, which never write behind its end: what does not fit sets `full`. No allocation, no lock, no
 * dependence on the locale. Any thread; not in signal handlers (numbers with a fraction are made by snprintf(3)).
 */
#ifndef TTLOG_LISTEN_RENDER_H
#define TTLOG_LISTEN_RENDER_H

#include "ttlog_listener.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct render {
	char *data;
	size_t used, bytes;
	bool full; /* something did not fit: what is there is not whole */
};

static inline void render_bytes(struct render *render, const void *data, size_t bytes)
{
	if (bytes > render->bytes - render->used) {
		render->full = true;
		return;
	}
	if (bytes)
		memcpy(render->data + render->used, data, bytes);
	render->used += bytes;
}

static inline void render_string(struct render *render, const char *string)
{
	render_bytes(render, string, strlen(string));
}

static inline void render_char(struct render *render, char c)
{
	render_bytes(render, &c, 1);
}

/* Parts of the formats (render.c) ------------------------------------------------------------------------------------------ */

/* `digits`: the least number of them, filled up with zeros. */
void render_number(struct render *render, uint64_t number, unsigned base, unsigned digits);
void render_signed(struct render *render, int64_t number);
/* The shortest form that gives the same double back, with a point or an exponent; nan, inf, -inf. */
void render_double(struct render *render, double number);
/* 2026-11-23T13:37:40.101234Z */
void render_time(struct render *render, uint64_t realtime_ns);
/* Harmless to a terminal, on one line (clean.h). */
void render_clean(struct render *render, const char *text, size_t bytes);
/* Valid UTF-8: each byte that belongs to no character becomes U+FFFD, and U+0000 where `nul` is false. */
void render_utf8(struct render *render, const char *text, size_t bytes, bool nul);
/* A number, truth value or pointer; a string is the caller's, whose format it depends on. */
void render_scalar(struct render *render, const struct ttlog_value *value);
/* " key=value" for each, as in a line of text. Strings in quotes where they could be taken for something else. */
void render_pairs(struct render *render, const struct ttlog_event *event, bool colour);
/* 0..7 of syslog(3) for a level. */
unsigned render_severity(uint32_t level);
const char *render_level(uint32_t level);

/* Whole events ------------------------------------------------------------------------------------------------------------- */

/* As `ttlog view` shows it, with wall time (UTC), and a line of its own before it where events were lost. `colour`: for a terminal. */
void render_text(struct render *render, const struct ttlog_event *event, bool colour);
/* NDJSON: one object, the names of the snapshot's events; beside them service, pid, and where they apply lost, span and duration (ns). */
void render_json(struct render *render, const struct ttlog_event *event);
/* The value of "kv" alone: {"key": value}; {} without values. `nul` as in render_utf8(): databases do not take it. */
void render_json_values(struct render *render, const struct ttlog_event *event, bool nul);

struct render_syslog_names {
	unsigned facility; /* 0..23 */
	char hostname[256];
};
/* RFC 5424, without framing; the message on one line. Structured data: ttlog@32473 (the number of RFC 5612), and kv@32473. */
void render_syslog(struct render *render, const struct ttlog_event *event, const struct render_syslog_names *names);
/* What syslog(3) sends to the daemon of the same machine, but for the time, which the daemon notes itself. */
void render_syslog_local(struct render *render, const struct ttlog_event *event, const struct render_syslog_names *names);
/* An entry of systemd's journal in its native protocol: binary and many-lined values by their length. Key-values are KV_NAME. */
void render_journal(struct render *render, const struct ttlog_event *event);

#endif
