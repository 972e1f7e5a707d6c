/*
 * events.h - the pane of events: which of them are shown, in which order, where the cursor is, and the search among them.
 *
 * Filtering and searching a million events takes a while, so it is done in steps between two keys: events_work() until it says
 * that nothing is left. Rows are printed when they are seen and not before. Single-threaded.
 */
#ifndef TTLOG_TUI_EVENTS_H
#define TTLOG_TUI_EVENTS_H

#include "document.h"
#include "filter.h"
#include "message_pattern.h"
#include "page.h"
#include "scroll.h"

#include <stdbool.h>
#include <stdint.h>

enum events_time { EVENTS_TIME_RELATIVE, EVENTS_TIME_LOCAL, EVENTS_TIME_UTC, EVENTS_TIME_NONE };
enum events_sort { EVENTS_BY_TIME, EVENTS_BY_LEVEL, EVENTS_BY_THREAD, EVENTS_BY_SOURCE };

struct events {
	struct document *document;
	struct scroll scroll;
	uint32_t *order; /* places in the store of those that match */
	size_t room;
	size_t seen;     /* how many of the store were judged */
	size_t finished; /* seen, when all were last judged and in order */
	size_t wanted;   /* place in the store where the cursor goes when it is there; SIZE_MAX: nowhere */
	bool sorted;

	struct filter *filter;
	unsigned level; /* and above */
	uint32_t tid;   /* 0: all */
	int source;     /* -1: all */
	char grep[256];
	enum events_sort sort;
	bool reversed, follow, paused, numbers;
	enum events_time time;
	size_t skip; /* columns to the left that are not seen */

	struct message_pattern *pattern; /* the caller's */
	bool searching;
	int step;
	size_t search_at, search_left, search_origin;
	char note[512]; /* for the foot: what came of it; "" */
};

void events_show(struct events *events, struct document *document); /* from the beginning, nothing filtered */
void events_fini(struct events *events);

/* After a change of level, tid, source, grep or sort: all are judged anew. False: `note` says what is wrong with grep. */
bool events_refilter(struct events *events);
bool events_is_filtered(const struct events *events);

/* One step of what is to be done. True: there is more. */
bool events_work(struct events *events);

/* From the cursor on (`here`: itself included), around the end. */
void events_search(struct events *events, struct message_pattern *pattern, int step, bool here);
void events_bookmark(struct events *events);
void events_next_bookmark(struct events *events);

/* NULL: there is none. */
struct stored *events_at(const struct events *events, size_t row);

void events_draw(struct events *events, int y, size_t rows);
/* All of one event. */
void events_detail(const struct events *events, struct page *page);

#endif
