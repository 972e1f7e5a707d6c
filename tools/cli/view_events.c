#include "describe.h"
#include "event_text.h"
#include "spans.h"
#include "symbols.h"
#include "terminal.h"
#include "view.h"

#include <errno.h>
#include <inttypes.h>

#define NUMBER_COLUMNS 8u
#define THREAD_COLUMNS 8u

static void print_repetition(FILE *out, const struct held *row)
{
	char time[64];

	if (row->count < 2)
		return;
	describe_duration(row->last_ns - row->event.timestamp, time);
	terminal_printf(out, PAINT_YELLOW, "  … %" PRIu64 " times in %s", row->count, time);
}

static void print_row(const struct view *view, const struct held *row, bool thread)
{
	const struct snapshot_event *event = &row->event;
	const struct view_options *options = view->options;
	const unsigned time_columns = event_time_columns(options->time);
	/* Before the message, for its further lines. */
	const unsigned indent = time_columns + EVENT_TEXT_COLUMNS + (thread ? THREAD_COLUMNS : 0) +
				(options->numbers ? NUMBER_COLUMNS : 0);
	FILE *out = view->out;

	if (options->numbers)
		event_number_print(out, row->number, NUMBER_COLUMNS);
	terminal_paint(out, PAINT_DIM);
	event_time_print(out, options->time, event->timestamp, view->snapshot->created_at, time_columns);
	terminal_paint(out, PAINT_NONE);
	event_level_print(out, event->level);
	if (thread)
		event_number_print(out, event->tid, THREAD_COLUMNS);
	event_said_print(out, event, indent, options->full);
	event_span_print(out, event, view->snapshot->created_at);
	print_repetition(out, row);
	event_place_print(out, event);
	putc('\n', out);
}

static void print_event(const struct view *view, struct held *row)
{
	struct snapshot_event *event = &row->event;

	event->open = view->spans && span_enters(event) && spans_is_open(view->spans, event->tid, event->span_id);
	if (view->symbols)
		symbols_name_event(view->symbols, view->snapshot, &row->event);
	print_row(view, row, view->threads);
}

void view_last_said(const struct view *view, const struct snapshot_thread *thread)
{
	struct held *said = said_last(&view->said, thread);

	if (!said)
		return;
	if (view->symbols)
		symbols_name_event(view->symbols, view->snapshot, &said->event);
	terminal_printf(view->out, PAINT_DIM, "  said last:\n");
	print_row(view, said, false);
}

/* All of them ----------------------------------------------------------------------------------------------------------------- */

static void print_heading(const struct view *view, uint64_t shown)
{
	const struct rows *rows = &view->rows;
	FILE *out = view->out;

	if (rows->matched < rows->lines && shown < rows->matched)
		terminal_printf(out, PAINT_BOLD, "%" PRIu64 " of %" PRIu64 " matching events", shown, rows->matched);
	else if (rows->matched < rows->lines)
		terminal_printf(out, PAINT_BOLD, "%" PRIu64 " matching event%s", shown, shown == 1 ? "" : "s");
	else if (shown < rows->lines)
		terminal_printf(out, PAINT_BOLD, "%" PRIu64 " of %" PRIu64 " events", shown, rows->lines);
	else
		terminal_printf(out, PAINT_BOLD, "%" PRIu64 " event%s", shown, shown == 1 ? "" : "s");
	if (rows->matched < rows->lines)
		terminal_printf(out, PAINT_DIM, " (of %" PRIu64 ")", rows->lines);
	else if (rows->lines < rows->pieces)
		terminal_printf(out, PAINT_DIM, " (lines joined from %" PRIu64 " pieces)", rows->pieces);
	putc('\n', out);
}

static bool many_threads(struct rows *rows)
{
	for (size_t i = 1; i < rows->count; i++) {
		if (rows_at(rows, i)->event.tid != rows_at(rows, 0)->event.tid)
			return true;
	}
	return false;
}

static int print_one(void *context, struct held *row)
{
	const struct view *view = context;

	print_event(view, row);
	return output_is_over(view->output);
}

/* The second time through the file, with the spans as they are on the way. */
struct again {
	struct view *view;
	struct spans *spans; /* NULL: there are none */
};

static int put_item(void *context, struct snapshot_item *item)
{
	struct again *again = context;

	if (again->spans)
		spans_follow(again->spans, item->event);
	return rows_put(&again->view->rows, item->event, item->number);
}

/* Once more through the file, now printing. */
static int print_all(struct view *view)
{
	struct again again = {.view = view, .spans = view->has_spans ? spans_create() : NULL};
	const struct snapshot_visitor visitor = {.context = &again, .decode = true, .event = put_item};
	struct rows_settings settings = view->rows.settings;
	struct snapshot_error error = {.text = "out of memory"};
	struct snapshot unused;
	int result;

	settings.out = print_one;
	settings.context = view;
	settings.line = NULL;
	rows_fini(&view->rows);
	result = rows_init(&view->rows, &settings);
	snapshot_init(&unused);
	if (!result)
		result = target_read(view->target, &unused, &visitor, &error);
	if (result < 0 && !view->damage.text[0]) /* it could be read a moment ago */
		view->damage = error;
	if (result <= 0 && view->rows.join)
		result = rows_flush(&view->rows);
	snapshot_fini(&unused);
	spans_destroy(again.spans);
	return result;
}

int view_events(struct view *view)
{
	struct rows *rows = &view->rows;
	const bool all = rows->settings.last == ROWS_ALL;

	if (!rows->matched) {
		const char *none = view->damage.text[0] ? "no event could be read\n" : "no events were recorded\n";
		terminal_printf(view->out, PAINT_BOLD, "%s", rows->lines ? "no event matches\n" : none);
		return 0;
	}
	print_heading(view, all ? rows->matched : rows_kept_events(rows));
	view->threads = all ? view->snapshot->thread_count != 1 : many_threads(rows);
	if (all)
		return print_all(view);
	for (size_t i = 0; i < rows->count; i++) {
		if (print_one(view, rows_at(rows, i)))
			return 1;
	}
	if (rows->left_out)
		terminal_printf(view->out, PAINT_YELLOW,
				"  … %" PRIu64 " more of the program's own report of its fault: --last all\n", rows->left_out);
	return 0;
}
