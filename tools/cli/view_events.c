#include "describe.h"
#include "spans.h"
#include "symbols.h"
#include "terminal.h"
#include "value_text.h"
#include "view.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#define NUMBER_COLUMNS 8u
#define THREAD_COLUMNS 8u

/* Time ------------------------------------------------------------------------------------------------------------------------ */

/* Columns of the time, with the two blanks before it. */
static unsigned time_columns(enum view_time time)
{
	static const unsigned columns[] = {
		[VIEW_TIME_RELATIVE] = 14, [VIEW_TIME_LOCAL] = 28, [VIEW_TIME_UTC] = 29, [VIEW_TIME_UNIX] = 19};

	return columns[time];
}

/* A million rows have two million numbers: printf would take longer for them than all the rest. Returns where it begins. */
static char *put_number(char *end, uint64_t number, int digits)
{
	char *begin = end;

	while (number || end - begin < digits) {
		*--begin = (char)('0' + number % 10);
		number /= 10;
	}
	return begin;
}

/* "-12.345678" */
static char *put_seconds(char *end, uint64_t ns, char sign)
{
	char *begin = put_number(end, ns % 1000000000u / 1000u, 6);

	*--begin = '.';
	begin = put_number(begin, ns / 1000000000u, 1);
	if (sign)
		*--begin = sign;
	return begin;
}

static void print_calendar(FILE *out, uint64_t ns, bool utc)
{
	static time_t last = -1;
	static char text[32];
	const time_t seconds = (time_t)(ns / 1000000000u);
	struct tm tm;

	if (seconds != last && (utc ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm))) {
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
		last = seconds;
	}
	terminal_printf(out, PAINT_DIM, "  %s.%06u%s", text, (unsigned)(ns / 1000u % 1000000u), utc ? "Z" : "");
}

static void print_time(const struct view *view, uint64_t time)
{
	const uint64_t end = view->snapshot->created_at;
	const bool after = time > end, relative = view->options->time == VIEW_TIME_RELATIVE;
	char text[48], *begin, *const behind = text + sizeof(text);
	unsigned columns = time_columns(view->options->time);

	if (view->options->time == VIEW_TIME_LOCAL || view->options->time == VIEW_TIME_UTC) {
		print_calendar(view->out, time, view->options->time == VIEW_TIME_UTC);
		return;
	}
	if (relative)
		begin = put_seconds(behind, after ? time - end : end - time, after ? '+' : '-');
	else
		begin = put_seconds(behind, time, 0);
	while (behind - begin < (ptrdiff_t)columns)
		*--begin = ' ';
	terminal_paint(view->out, PAINT_DIM);
	fwrite(begin, 1, (size_t)(behind - begin), view->out);
	terminal_paint(view->out, PAINT_NONE);
}

/* The rest of a row ----------------------------------------------------------------------------------------------------------- */

void view_event_level(FILE *out, unsigned level)
{
	static const struct { const char *word; enum paint paint; } levels[] = {
		{"TRACE", PAINT_DIM},    {"DEBUG", PAINT_BLUE}, {"INFO ", PAINT_GREEN},
		{"WARN ", PAINT_YELLOW}, {"ERROR", PAINT_RED},  {"FATAL", PAINT_BOLD_RED},
	};

	if (level >= sizeof(levels) / sizeof(levels[0])) {
		fputs("      ", out);
		return;
	}
	putc(' ', out);
	terminal_paint(out, levels[level].paint);
	fputs(levels[level].word, out);
	terminal_paint(out, PAINT_NONE);
}

static void print_message(FILE *out, const struct snapshot_event *event, unsigned indent)
{
	size_t bytes = event->message.bytes;

	while (bytes && (event->message.data[bytes - 1] == '\n' || event->message.data[bytes - 1] == '\r'))
		bytes--;
	if (event->level >= LEVEL_ERROR)
		terminal_paint(out, PAINT_BOLD);
	terminal_text(out, event->message.data, bytes, indent);
	terminal_paint(out, PAINT_NONE);
	if (event->truncated)
		terminal_printf(out, PAINT_DIM, "… (%" PRIu64 " bytes more)", event->truncated);
}

/* Quotes where the text could be taken for something else. */
static void print_string_value(FILE *out, const struct event_value *value, unsigned indent)
{
	bool quote = !value->string_bytes || memchr(value->string, ' ', value->string_bytes) ||
		     memchr(value->string, '\n', value->string_bytes) || memchr(value->string, '=', value->string_bytes);

	fputs(quote ? "\"" : "", out);
	terminal_text(out, value->string, value->string_bytes, indent);
	fputs(quote ? "\"" : "", out);
}

static void print_value(FILE *out, const struct event_value *value, unsigned indent)
{
	char room[VALUE_TEXT_BYTES];
	size_t bytes;
	const char *text;

	if (value->type == VALUE_STRING && value->string) {
		print_string_value(out, value, indent);
		return;
	}
	text = value_text(value, room, &bytes);
	fwrite(text, 1, bytes, out);
}

static void print_values(FILE *out, const struct snapshot_event *event, unsigned indent)
{
	for (size_t i = 0; i < event->value_count; i++) {
		putc(' ', out);
		terminal_paint(out, PAINT_CYAN);
		terminal_string(out, event->values[i].key, 0);
		terminal_paint(out, PAINT_NONE);
		putc('=', out);
		print_value(out, &event->values[i].value, indent);
	}
}

static void print_place(FILE *out, const struct snapshot_event *event)
{
	if (!event->file)
		return;
	terminal_paint(out, PAINT_DIM);
	fputs("  ", out);
	terminal_string(out, describe_base_name(event->file), 0);
	fprintf(out, ":%u", event->line);
	terminal_paint(out, PAINT_NONE);
}

static void print_repetition(FILE *out, const struct held *row)
{
	char time[64];

	if (row->count < 2)
		return;
	describe_duration(row->last_ns - row->event.timestamp, time);
	terminal_printf(out, PAINT_YELLOW, "  … %" PRIu64 " times in %s", row->count, time);
}

/* Number and thread; fixed width, so that messages stand below each other. */
static void print_column(FILE *out, uint64_t number, unsigned columns)
{
	char text[32], *const behind = text + sizeof(text), *begin = put_number(behind, number, 1);

	while (behind - begin < (ptrdiff_t)columns)
		*--begin = ' ';
	fwrite(begin, 1, (size_t)(behind - begin), out);
}

static void print_source(FILE *out, unsigned source)
{
	const char *name = source_name(source);
	const size_t bytes = name ? strlen(name) : 0;

	putc(' ', out);
	terminal_paint(out, PAINT_DIM);
	fputs(name ? name : "?", out);
	for (size_t i = bytes; i < 6; i++)
		putc(' ', out);
	terminal_paint(out, PAINT_NONE);
	putc(' ', out);
}

/* Source, target, message and values. */
static void print_said(FILE *out, const struct snapshot_event *event, unsigned indent)
{
	print_source(out, event->source);
	view_inset(out, event);
	if (event->target) {
		terminal_string(out, event->target, 32);
		fputs(": ", out);
	}
	print_message(out, event, indent);
	print_values(out, event, indent);
}

void view_event_text(FILE *out, const struct snapshot_event *event, unsigned indent)
{
	print_said(out, event, indent);
	view_span(out, event, 0);
	print_place(out, event);
}

static void print_row(const struct view *view, const struct held *row, bool thread)
{
	const struct snapshot_event *event = &row->event;
	const bool numbers = view->options->numbers;
	/* Before the message, for its further lines: time, level, source, and what else is shown. */
	const unsigned indent = time_columns(view->options->time) + 15 + (thread ? THREAD_COLUMNS : 0) + (numbers ? NUMBER_COLUMNS : 0);
	FILE *out = view->out;

	if (numbers)
		print_column(out, row->number, NUMBER_COLUMNS);
	print_time(view, event->timestamp);
	view_event_level(out, event->level);
	if (thread)
		print_column(out, event->tid, THREAD_COLUMNS);
	print_said(out, event, indent);
	view_span(out, event, view->snapshot->created_at);
	print_repetition(out, row);
	print_place(out, event);
	putc('\n', out);
}

void view_event(const struct view *view, struct held *row)
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

	view_event(view, row);
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
	struct snapshot_error error;
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
	return 0;
}
