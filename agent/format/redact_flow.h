/*
 * redact_flow.h - secrets in what is said in pieces: what one thread writes to one stream is one text, cut where the program, or the size of
 * a record, cuts it.
 *
 *	"password=", "hunter2\n"			a value that comes behind its name
 *	"-----BEGIN ... PRIVATE KEY-----\n", "MII...\n"	a key that is printed line by line, also its last, short line; also where it is known only
 *							by its long lines, because its beginning has been written over
 *	"12:00 INFO -----BEGIN ...\n", "12:00 INFO MII...\n"	also behind what a log puts before each line: as many words
 *
 * Of a key whose beginning is gone and that stands behind a prefix or in JSON, the long lines go, and the last, short one stays.
 * A piece that has been handed out cannot be taken back: of a secret that it begins, its part stays. Where several pieces of a line are
 * known at once, they are given at once. One thread at a time; allocates.
 */
#ifndef TTLOG_FORMAT_REDACT_FLOW_H
#define TTLOG_FORMAT_REDACT_FLOW_H

#include "redact_rules.h"

#include <stdint.h>

struct redact_flow;

/* The rules stay the caller's, and live as long. NULL: no memory. */
struct redact_flow *redact_flow_create(const struct redact_rules *rules);
void redact_flow_destroy(struct redact_flow *flow);

/* `to` knows what `from` knows; both have the same rules. */
void redact_flow_copy(struct redact_flow *to, const struct redact_flow *from);

/* Who says it, on what (enum event_source). */
struct redact_speaker {
	uint32_t tid, source;
	bool whole; /* it is not continued by what comes later: a message of a log, a text whose end was cut off */
};

/* Whether what this source says comes in pieces. */
bool redact_flow_is_stream(uint32_t source);

/* Takes secrets out of the pieces, which follow each other and what was given before of this speaker: how many. */
size_t redact_flow_apply(struct redact_flow *flow, const struct redact_speaker *speaker, struct redact_text *pieces, size_t count,
			 redact_allocate *allocate, void *context);

#endif
