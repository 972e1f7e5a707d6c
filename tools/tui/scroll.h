/*
 * scroll.h - which rows of many are on the screen, and which of them is chosen.
 */
#ifndef TTLOG_TUI_SCROLL_H
#define TTLOG_TUI_SCROLL_H

#include <stddef.h>

struct scroll {
	size_t count, cursor, top;
	size_t rows; /* on the screen */
};

/* Moves the cursor by so many rows, and what is seen where it must be. */
void scroll_by(struct scroll *scroll, ptrdiff_t rows);
void scroll_to(struct scroll *scroll, size_t row);
/* After count or rows changed. */
void scroll_fit(struct scroll *scroll);

#endif
