#include "page.h"

#include "memory_stream.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

FILE *page_begin(struct page *page)
{
	page_forget(page);
	page->made = true;
	page->out = memory_stream_open(&page->text, &page->bytes);
	return page->out;
}

static size_t count_lines(const struct page *page)
{
	size_t count = 0;

	for (size_t i = 0; i < page->bytes; i++)
		count += page->text[i] == '\n';
	return count;
}

void page_end(struct page *page)
{
	size_t line = 0;

	memory_stream_close(page->out, &page->text);
	page->out = NULL;
	page->lines = calloc(count_lines(page) + 2, sizeof(*page->lines));
	for (size_t i = 0; page->lines && i < page->bytes; i++) {
		if (page->text[i] == '\n')
			page->lines[++line] = i + 1;
	}
	page->scroll.count = page->lines ? line : 0;
	scroll_fit(&page->scroll);
}

void page_forget(struct page *page)
{
	free(page->text);
	free(page->lines);
	*page = (struct page){.skip = 0};
}

static void draw_line(const struct page *page, int y, size_t line, struct message_pattern *pattern)
{
	const bool there = line < page->scroll.count;
	const size_t begin = there ? page->lines[line] : 0;

	screen_draw(y, &(struct screen_line){.text = there ? page->text + begin : "",
					     .bytes = there ? page->lines[line + 1] - 1 - begin : 0,
					     .skip = page->skip,
					     .pattern = pattern});
}

void page_draw(struct page *page, int y, size_t rows, struct message_pattern *pattern)
{
	page->scroll.rows = rows;
	scroll_fit(&page->scroll);
	for (size_t i = 0; i < rows; i++)
		draw_line(page, y + (int)i, page->scroll.top + i, pattern);
}

void page_by(struct page *page, ptrdiff_t lines)
{
	struct scroll *scroll = &page->scroll;
	const size_t last = scroll->count > scroll->rows ? scroll->count - scroll->rows : 0;
	const size_t back = lines < 0 ? (size_t)-lines : 0;

	scroll->top = back > scroll->top ? 0 : scroll->top + (size_t)lines;
	scroll->top = scroll->top > last ? last : scroll->top;
	scroll->cursor = scroll->top;
}

/* As the eye sees it: without its colours. */
static bool matches(const struct page *page, size_t line, struct message_pattern *pattern)
{
	char plain[4096];
	size_t used = 0;

	for (size_t at = page->lines[line]; at < page->lines[line + 1] - 1 && used < sizeof(plain); at++) {
		if (page->text[at] == '\x1b')
			at += strcspn(page->text + at, "m");
		else
			plain[used++] = page->text[at];
	}
	return message_pattern_matches(pattern, plain, used) == 1;
}

bool page_search(struct page *page, struct message_pattern *pattern, int step, bool here)
{
	const size_t count = page->scroll.count;
	size_t line = page->scroll.cursor;

	for (size_t i = 0; i < count; i++) {
		if (i || !here)
			line = step > 0 ? (line + 1) % count : (line + count - 1) % count;
		if (matches(page, line, pattern)) {
			scroll_to(&page->scroll, line);
			return true;
		}
	}
	return false;
}
