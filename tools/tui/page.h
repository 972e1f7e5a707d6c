/*
 * page.h - a text of lines that is printed once and scrolled: stacks, modules, the process, one event, the help.
 *
 *	FILE *out = page_begin(&page);
 *	... print ...
 *	page_end(&page);
 *
 * Begin with all zero. Single-threaded. A page whose text could not be had is empty.
 */
#ifndef TTLOG_TUI_PAGE_H
#define TTLOG_TUI_PAGE_H

#include "message_pattern.h"
#include "scroll.h"

#include <stdbool.h>
#include <stdio.h>

struct page {
	struct scroll scroll;
	char *text;
	size_t bytes;
	size_t *lines; /* where each begins; one more at the end */
	size_t skip;   /* columns to the left that are not seen */
	FILE *out;
	bool made;
};

FILE *page_begin(struct page *page); /* NULL: no memory */
void page_end(struct page *page);
void page_forget(struct page *page);

/* Into the lines y to y + rows - 1 of the screen. */
void page_draw(struct page *page, int y, size_t rows, struct message_pattern *pattern);

/* Up or down by so many lines: a page has no cursor that is seen. */
void page_by(struct page *page, ptrdiff_t lines);

/* To the next line that matches, from the cursor on; `step` 1 or -1. False: there is none. */
bool page_search(struct page *page, struct message_pattern *pattern, int step, bool here);

#endif
