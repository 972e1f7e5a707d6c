/*
 * event_time.h - the time of an event as all commands print it.
 *
 * Single-threaded: the calendar of the second before is kept, for a million rows ask for it.
 */
#ifndef TTLOG_CLI_EVENT_TIME_H
#define TTLOG_CLI_EVENT_TIME_H

#include <stdint.h>
#include <stdio.h>

enum event_time {
	EVENT_TIME_RELATIVE,    /* -12.345678, seconds to the end */
	EVENT_TIME_LOCAL,       /* 2026-11-23 12:35:27.123456 */
	EVENT_TIME_UTC,         /* the same with a Z */
	EVENT_TIME_UNIX,        /* 1795782927.123456 */
	EVENT_TIME_LOCAL_CLOCK, /* 12:35:27.123456 */
	EVENT_TIME_UTC_CLOCK,   /* the same: what is told is that of the reader's choice */
};

/* Columns that a row has room for, with two blanks before the time. */
unsigned event_time_columns(enum event_time kind);

/* `ns` since 1970-01-01 UTC; `end_ns` matters for RELATIVE alone. In `columns`, at the right; 0: as long as it is. */
void event_time_print(FILE *out, enum event_time kind, uint64_t ns, uint64_t end_ns, unsigned columns);

/* A number in `columns`, at the right. A million rows have two million of them: printf would take longer for them than all the rest. */
void event_number_print(FILE *out, uint64_t number, unsigned columns);

#endif
