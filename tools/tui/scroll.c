#include "scroll.h"

void scroll_fit(struct scroll *scroll)
{
	const size_t rows = scroll->rows ? scroll->rows : 1;

	if (scroll->cursor >= scroll->count)
		scroll->cursor = scroll->count ? scroll->count - 1 : 0;
	if (scroll->top + rows > scroll->count)
		scroll->top = scroll->count > rows ? scroll->count - rows : 0;
	if (scroll->cursor < scroll->top)
		scroll->top = scroll->cursor;
	if (scroll->cursor >= scroll->top + rows)
		scroll->top = scroll->cursor - rows + 1;
}

void scroll_to(struct scroll *scroll, size_t row)
{
	scroll->cursor = row;
	scroll_fit(scroll);
}

void scroll_by(struct scroll *scroll, ptrdiff_t rows)
{
	const size_t back = rows < 0 ? (size_t)-rows : 0;

	if (back > scroll->cursor)
		scroll->cursor = 0;
	else
		scroll->cursor += (size_t)rows;
	scroll_fit(scroll);
}
