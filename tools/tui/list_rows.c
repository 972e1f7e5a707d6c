/* The list as rows of the screen. */
#include "describe.h"
#include "list.h"
#include "memory_stream.h"
#include "screen.h"
#include "terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Clean, cut, and filled up. */
static void print_column(FILE *out, const char *text, size_t columns)
{
	const size_t used = terminal_string(out, text, columns);

	fprintf(out, "%*s ", used < columns ? (int)(columns - used) : 0, "");
}

static void print_painted(FILE *out, enum paint paint, const char *text, size_t columns)
{
	terminal_paint(out, paint);
	print_column(out, text, columns);
	terminal_paint(out, PAINT_NONE);
}

static enum paint paint_of(const struct list_row *row)
{
	return row->kind == LIST_LIVE ? PAINT_GREEN : row->kind == LIST_GONE ? PAINT_YELLOW : PAINT_RED;
}

static void print_row(FILE *out, const struct list_row *row)
{
	char time[64], size[32] = "";

	describe_time(row->time_ns, false, time);
	fprintf(out, " %.19s ", time);
	if (row->kind == LIST_SNAPSHOT)
		describe_bytes(row->bytes, size);
	if (!row->read) {
		fputs("...", out);
	} else if (row->bad) {
		print_painted(out, PAINT_YELLOW, "bad file", 12);
		terminal_string(out, describe_base_name(row->path), 0);
		fputs(": ", out);
		terminal_string(out, row->error, 0);
	} else {
		print_column(out, row->service, 12);
		fprintf(out, "%7" PRId64 " ", row->pid);
		print_painted(out, paint_of(row), row->reason, 10);
		print_column(out, row->function, 18);
		fprintf(out, "%8s ", size);
		terminal_string(out, describe_base_name(row->path), 0);
	}
}

static char *row_text(const struct list_row *row, size_t *bytes)
{
	char *text = NULL;
	FILE *out = memory_stream_open(&text, bytes);

	print_row(out, row);
	memory_stream_close(out, &text);
	return text;
}

static void draw_row(const struct list *list, int y, size_t at, struct message_pattern *pattern)
{
	size_t bytes = 0;
	char *text = at < list->scroll.count ? row_text(&list->rows[at], &bytes) : NULL;

	screen_draw(y, &(struct screen_line){.text = text ? text : "",
					     .bytes = text ? bytes : 0,
					     .selected = text && at == list->scroll.cursor,
					     .pattern = pattern});
	free(text);
}

void list_draw(struct list *list, int y, size_t rows, struct message_pattern *pattern)
{
	static const char *const sorts[] = {"time", "service", "reason", "size"};

	screen_print(y, false, " %-19s %-12s %7s %-10s %-18s %8s %s", "TIME (UTC)", "SERVICE", "PID", "REASON", "FUNCTION", "SIZE",
		     "FILE");
	list->scroll.rows = rows - 2;
	scroll_fit(&list->scroll);
	for (size_t i = 0; i < list->scroll.rows; i++)
		draw_row(list, y + 1 + (int)i, list->scroll.top + i, pattern);
	if (list->error)
		screen_print(y + (int)rows - 1, false, " %s: %s", list->directory, strerror(list->error));
	else if (!list->scroll.count)
		screen_print(y + (int)rows - 1, false, " %s: no snapshot in this directory, and no process is recorded",
			     list->directory);
	else
		screen_print(y + (int)rows - 1, false, " by %s%s", sorts[list->sort], list->reversed ? ", reversed" : "");
}

static bool matches(const struct list_row *row, struct message_pattern *pattern)
{
	return message_pattern_matches(pattern, row->service, strlen(row->service)) == 1 ||
	       message_pattern_matches(pattern, row->reason, strlen(row->reason)) == 1 ||
	       message_pattern_matches(pattern, row->function, strlen(row->function)) == 1 ||
	       message_pattern_matches(pattern, row->path, strlen(row->path)) == 1;
}

bool list_search(struct list *list, struct message_pattern *pattern, int step, bool here)
{
	const size_t count = list->scroll.count;
	size_t at = list->scroll.cursor;

	for (size_t i = 0; i < count; i++) {
		if (i || !here)
			at = step > 0 ? (at + 1) % count : (at + count - 1) % count;
		if (matches(&list->rows[at], pattern)) {
			scroll_to(&list->scroll, at);
			return true;
		}
	}
	return false;
}
