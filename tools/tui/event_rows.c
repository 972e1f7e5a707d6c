/* The events as rows of the screen, and one of them in full. */
#include "describe.h"
#include "event_text.h"
#include "event_time.h"
#include "events.h"
#include "memory_stream.h"
#include "screen.h"
#include "terminal.h"
#include "value_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void print_time(FILE *out, const struct events *events, uint64_t ns)
{
	static const enum event_time kinds[] = {[EVENTS_TIME_RELATIVE] = EVENT_TIME_RELATIVE,
						[EVENTS_TIME_LOCAL] = EVENT_TIME_LOCAL_CLOCK,
						[EVENTS_TIME_UTC] = EVENT_TIME_UTC_CLOCK};

	if (events->time != EVENTS_TIME_NONE)
		event_time_print(out, kinds[events->time], ns, events->document->target.snapshot.created_at,
				 events->time == EVENTS_TIME_RELATIVE ? 13 : 0);
}

/* Returns where the text begins that is searched. */
static size_t print_row(FILE *out, const struct events *events, const struct stored *stored)
{
	struct snapshot_event event = stored->event;
	size_t from;

	if (events->document->symbols)
		symbols_name_event(events->document->symbols, &events->document->target.snapshot, &event);
	terminal_printf(out, PAINT_YELLOW, "%s", stored->bookmarked ? "●" : " ");
	if (events->numbers)
		fprintf(out, "%8" PRIu64 " ", stored->number);
	print_time(out, events, event.timestamp);
	event_level_print(out, event.level);
	fprintf(out, "%8u", event.tid);
	from = (size_t)ftell(out);
	event_text_print(out, &event, 0, events->document->target.snapshot.created_at);
	return from;
}

/* A message of several lines is one row; the detail has them all. */
static void join_lines(char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] == '\n')
			text[i] = ' ';
	}
}

static void draw_row(const struct events *events, int y, size_t row)
{
	const struct stored *stored = events_at(events, row);
	char *text = NULL;
	size_t bytes = 0, from = 0;
	FILE *out = memory_stream_open(&text, &bytes);

	if (stored)
		from = print_row(out, events, stored);
	memory_stream_close(out, &text);
	join_lines(text, bytes);
	screen_draw(y, &(struct screen_line){.text = text,
					     .bytes = bytes,
					     .skip = events->skip,
					     .selected = stored && row == events->scroll.cursor,
					     .pattern = events->pattern,
					     .pattern_from = from});
	free(text);
}

static void draw_empty(const struct events *events, int y)
{
	if (events->seen < events->document->store.count)
		screen_print(y, false, "  ...");
	else if (events_is_filtered(events))
		screen_print(y, false, "  no event matches; c shows all");
	else
		screen_print(y, false, "  no events were recorded");
}

void events_draw(struct events *events, int y, size_t rows)
{
	events->scroll.rows = rows;
	scroll_fit(&events->scroll);
	for (size_t i = 0; i < rows; i++)
		draw_row(events, y + (int)i, events->scroll.top + i);
	if (!events->scroll.count)
		draw_empty(events, y);
}

/* Detail ---------------------------------------------------------------------------------------------------------------------- */

static void label(FILE *out, const char *name)
{
	terminal_printf(out, PAINT_DIM, "  %-10s", name);
}

static void print_values(FILE *out, const struct snapshot_event *event)
{
	for (size_t i = 0; i < event->value_count; i++) {
		char room[VALUE_TEXT_BYTES];
		size_t bytes;
		const char *text = value_text(&event->values[i].value, room, &bytes);
		fputs("  ", out);
		terminal_paint(out, PAINT_CYAN);
		terminal_string(out, event->values[i].key, 0);
		terminal_paint(out, PAINT_NONE);
		fputs(" = ", out);
		terminal_text(out, text, bytes, 4);
		putc('\n', out);
	}
}

static void print_said_where(FILE *out, const struct snapshot_event *event)
{
	if (event->file) {
		label(out, "place");
		terminal_string(out, event->file, 0);
		fprintf(out, ":%u", event->line);
		fputs(event->function ? " in " : "", out);
		terminal_string(out, event->function ? event->function : "", 0);
		putc('\n', out);
	}
	if (event->caller) {
		label(out, "caller");
		fprintf(out, "0x%" PRIx64 "\n", event->caller);
	}
}

static void print_identity(FILE *out, const struct events *events, const struct stored *stored)
{
	const struct snapshot_event *event = &stored->event;
	char time[64];

	describe_time(event->timestamp, events->time == EVENTS_TIME_LOCAL, time);
	terminal_printf(out, PAINT_BOLD, "event %" PRIu64 "\n", stored->number);
	label(out, "time");
	fprintf(out, "%s  (", time);
	event_time_print(out, EVENT_TIME_RELATIVE, event->timestamp, events->document->target.snapshot.created_at, 0);
	fputs(" s from the end)\n", out);
	label(out, "level");
	fprintf(out, "%s\n", level_name(event->level) ? level_name(event->level) : "?");
	label(out, "thread");
	fprintf(out, "%u ", event->tid);
	terminal_string(out, event->thread_name ? event->thread_name : "", 0);
	putc('\n', out);
	label(out, "source");
	fprintf(out, "%s\n", source_name(event->source) ? source_name(event->source) : "?");
	if (!event->target)
		return;
	label(out, "target");
	terminal_string(out, event->target, 0);
	putc('\n', out);
}

void events_detail(const struct events *events, struct page *page)
{
	const struct stored *stored = events_at(events, events->scroll.cursor);
	struct snapshot_event event;
	FILE *out = stored ? page_begin(page) : NULL;

	if (!out)
		return;
	event = stored->event;
	if (events->document->symbols)
		symbols_name_event(events->document->symbols, &events->document->target.snapshot, &event);
	print_identity(out, events, stored);
	print_said_where(out, &event);
	fputs("\n  ", out);
	terminal_text(out, event.message.data ? event.message.data : "", event.message.bytes, 2);
	fputs("\n\n", out);
	print_values(out, &event);
	if (event.truncated)
		terminal_printf(out, PAINT_YELLOW, "\n  %" PRIu64 " bytes more were not recorded\n", event.truncated);
	page_end(page);
}
