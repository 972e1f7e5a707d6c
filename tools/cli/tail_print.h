/*
 * tail_print.h - the lines of `ttlog tail`: events and notices, as text or JSON, on standard output.
 */
#ifndef TTLOG_CLI_TAIL_PRINT_H
#define TTLOG_CLI_TAIL_PRINT_H

#include "snapshot.h"

#include <stdbool.h>

struct tail_print {
	bool json, utc;
};

/* `snapshot` says of which process. */
void tail_print_event(const struct tail_print *print, const struct snapshot *snapshot, const struct snapshot_event *event);

/* What happened to the process, or to us: kind is one word for programs, count its number (0: none), text for people. */
void tail_print_notice(const struct tail_print *print, const struct snapshot *snapshot, const char *kind, uint64_t count,
		       const char *text);

#endif
