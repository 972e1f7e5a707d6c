/*
 * document.h - what is open: a snapshot file, or the recorder of a process that is followed while it lives.
 *
 * Begin with all zero. Single-threaded.
 */
#ifndef TTLOG_TUI_DOCUMENT_H
#define TTLOG_TUI_DOCUMENT_H

#include "store.h"
#include "symbols.h"
#include "tail_source.h"
#include "target.h"

#include <stdbool.h>

struct document {
	bool open;
	struct target target; /* its snapshot: all but the events */
	struct store store;
	struct spans *spans;          /* as the events that were read leave them; NULL: out of memory */
	struct symbols *symbols;      /* NULL: names are not to be had */
	struct snapshot_error damage; /* no text: the file is sound */
	bool stopped;                 /* by the user, in the middle of its events */
	bool live;                    /* more comes */
	struct tail_sources sources;
	uint64_t missed; /* events that were written over before they were read */
	char ended[256]; /* how the process that was followed ended; "" */
};

/* Asked every some ten thousand events; true ends the reading there. */
typedef bool document_progress(void *context, size_t events);

/* A file, or a process as its number. False: it cannot be read, and standard error says why. */
bool document_open(struct document *document, const char *name, document_progress *progress, void *context);
void document_close(struct document *document);

/* Takes what a living process has said since the last call. True: something is new. */
bool document_follow(struct document *document);

#endif
