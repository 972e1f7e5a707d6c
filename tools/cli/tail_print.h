/*
 * tail_print.h - the lines of `ttlog tail`: events and notices, as text or JSON, on standard output.
 */
#ifndef TTLOG_CLI_TAIL_PRINT_H
#define TTLOG_CLI_TAIL_PRINT_H

#include "snapshot.h"

#include <stdbool.h>

struct symbols;

struct tail_print {
	bool json, utc;
	struct symbols *symbols; /* for the source lines of callers; NULL: none */
};

/* `snapshot` says of which process. */
void tail_print_event(const struct tail_print *print, const struct snapshot *snapshot, const struct snapshot_event *event);

/* What happened to the process, or to us. */
struct tail_notice {
	uint64_t time;    /* ns since 1970-01-01 UTC */
	const char *kind; /* one word, for programs: "began", "lost", "ended" */
	uint64_t count;   /* of events; 0: it is about none */
	char text[2048];  /* for people */
};
void tail_print_notice(const struct tail_print *print, const struct snapshot *snapshot, const struct tail_notice *notice);

#endif
