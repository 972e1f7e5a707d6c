/*
 * event_text.h - an event in words, behind its time: level, source, target, message, values, span and place, as all commands print it.
 *
 * Text that comes from the snapshot is printed through terminal.h only. Single-threaded.
 */
#ifndef TTLOG_CLI_EVENT_TEXT_H
#define TTLOG_CLI_EVENT_TEXT_H

#include "snapshot.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Before the message, with level and source. */
#define EVENT_TEXT_COLUMNS 15u

/* " INFO " */
void event_level_print(FILE *out, unsigned level);

/*
 * Source, target, message and values. Further lines begin at column `indent`. Not `whole`: of a message of a great many lines, or of very
 * long ones, the beginning, and how much is left.
 */
void event_said_print(FILE *out, const struct snapshot_event *event, unsigned indent, bool whole);

/* Behind them: a span's time, or how long before `end_ns` one began that is open (0: nothing of that). */
void event_span_print(FILE *out, const struct snapshot_event *event, uint64_t end_ns);

/* "  orders.c:40", where it is known and the program's own. */
void event_place_print(FILE *out, const struct snapshot_event *event);

/* All of it in one line (or more: of the message); `end_ns` as above. */
void event_text_print(FILE *out, const struct snapshot_event *event, unsigned indent, uint64_t end_ns);

#endif
