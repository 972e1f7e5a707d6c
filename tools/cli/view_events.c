#include "describe.h"
#include "spans.h"
#include "symbols.h"
#include "terminal.h"
#include "view.h"

#include <inttypes.h>
#include <string.h>

/* Columns before the message, for its further lines: two blanks, time, level, and the thread where it is shown. */
#define INDENT        29u
#define INDENT_THREAD 37u
#define INSET_MOST    16u

static void print_time(FILE *out, uint64_t time, uint64_t end)
{
	bool after = time > end;
	uint64_t distance = after ? time - end : end - time;
	char text[48];

	snprintf(text, sizeof(text), "%c%" PRIu64 ".%06" PRIu64, after ? '+' : '-', distance / 1000000000u,
		 distance % 1000000000u / 1000u);
	terminal_printf(out, PAINT_DIM, "  %12s", text);
}

static void print_level(FILE *out, unsigned level)
{
	static const struct { const char *word; enum paint paint; } levels[] = {
		{"TRACE", PAINT_DIM},    {"DEBUG", PAINT_BLUE}, {"INFO ", PAINT_GREEN},
		{"WARN ", PAINT_YELLOW}, {"ERROR", PAINT_RED},  {"FATAL", PAINT_BOLD_RED},
	};

	if (level < sizeof(levels) / sizeof(levels[0]))
		terminal_printf(out, levels[level].paint, " %s", levels[level].word);
	else
		fputs("      ", out);
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
	switch (value->type) {
	case VALUE_SIGNED:
		fprintf(out, "%" PRId64, value->number.i);
		break;
	case VALUE_UNSIGNED:
		fprintf(out, "%" PRIu64, value->number.u);
		break;
	case VALUE_DOUBLE:
		fprintf(out, "%.10g", value->number.d);
		break;
	case VALUE_BOOL:
		fputs(value->number.u ? "true" : "false", out);
		break;
	case VALUE_POINTER:
		fprintf(out, "0x%" PRIx64, value->number.u);
		break;
	default:
		if (value->string)
			print_string_value(out, value, indent);
		else
			fputs("null", out);
	}
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

/* What is inside of a span stands further in, up to some depth. */
static void print_inset(FILE *out, const struct snapshot_event *event)
{
	const uint32_t shown = event->depth < INSET_MOST ? event->depth : INSET_MOST;

	fprintf(out, "%*s", (int)(2 * shown), "");
	if (event->span)
		terminal_printf(out, PAINT_DIM, "%s ", span_exits(event) ? "}" : "{");
}

static void print_span_time(FILE *out, const char *what, uint64_t ns)
{
	char text[64];

	if (ns < 1000000)
		snprintf(text, sizeof(text), "%.1f µs", (double)ns / 1000);
	else
		describe_duration(ns, text);
	terminal_printf(out, PAINT_BOLD, "  %s%s", what, text);
}

static void print_span(FILE *out, const struct snapshot *snapshot, const struct snapshot_event *event)
{
	if (event->has_duration)
		print_span_time(out, "", event->duration);
	else if (event->open)
		print_span_time(out, "open for ",
				snapshot->created_at > event->timestamp ? snapshot->created_at - event->timestamp : 0);
}

static void print_event(FILE *out, const struct snapshot *snapshot, const struct snapshot_event *event, bool thread)
{
	unsigned indent = thread ? INDENT_THREAD : INDENT;
	const char *source = source_name(event->source);

	print_time(out, event->timestamp, snapshot->created_at);
	print_level(out, event->level);
	if (thread)
		fprintf(out, " %7u", event->tid);
	terminal_printf(out, PAINT_DIM, " %-6s ", source ? source : "?");
	print_inset(out, event);
	if (event->target) {
		terminal_string(out, event->target, 32);
		fputs(": ", out);
	}
	print_message(out, event, indent);
	print_values(out, event, indent);
	print_span(out, snapshot, event);
	print_place(out, event);
	putc('\n', out);
}

/* What each thread said last ------------------------------------------------------------------------------------------------- */

void view_note_last(struct snapshot *snapshot, struct view_options *options)
{
	struct snapshot_event *copies = arena_alloc(&snapshot->arena, snapshot->thread_count, sizeof(*copies));

	options->last_said = arena_alloc(&snapshot->arena, snapshot->thread_count, sizeof(*options->last_said));
	for (size_t i = 0; i < snapshot->thread_count; i++) {
		for (size_t at = snapshot->event_count; at-- > 0 && !options->last_said[i];) {
			if (snapshot->events[at].tid != snapshot->threads[i].tid)
				continue;
			copies[i] = snapshot->events[at];
			options->last_said[i] = &copies[i];
		}
	}
}

void view_last_said(FILE *out, struct snapshot *snapshot, struct symbols *symbols, const struct view_options *options,
		    const struct snapshot_thread *thread)
{
	const struct snapshot_event *said = options->last_said[thread - snapshot->threads];
	struct snapshot_event event;

	if (!said)
		return;
	event = *said;
	if (symbols)
		symbols_name_event(symbols, snapshot, &event);
	terminal_printf(out, PAINT_DIM, "  said last:\n");
	print_event(out, snapshot, &event, false);
}

/* All of them ----------------------------------------------------------------------------------------------------------------- */

static bool many_threads(const struct snapshot *snapshot)
{
	for (size_t i = 1; i < snapshot->event_count; i++) {
		if (snapshot->events[i].tid != snapshot->events[0].tid)
			return true;
	}
	return false;
}

static void print_heading(FILE *out, size_t shown, size_t events, size_t pieces)
{
	if (shown < events)
		terminal_printf(out, PAINT_BOLD, "%zu of %zu events", shown, events);
	else
		terminal_printf(out, PAINT_BOLD, "%zu event%s", events, events == 1 ? "" : "s");
	if (events < pieces)
		terminal_printf(out, PAINT_DIM, " (lines joined from %zu pieces)", pieces);
	putc('\n', out);
}

void view_events(FILE *out, struct snapshot *snapshot, struct symbols *symbols, size_t events, const struct view_options *options)
{
	bool thread = many_threads(snapshot);

	if (!snapshot->event_count) {
		terminal_printf(out, PAINT_BOLD, events ? "no event matches\n" : "no events were recorded\n");
		return;
	}
	print_heading(out, snapshot->event_count, events, options->pieces);
	for (size_t i = 0; i < snapshot->event_count; i++) {
		if (symbols)
			symbols_name_event(symbols, snapshot, &snapshot->events[i]);
		print_event(out, snapshot, &snapshot->events[i], thread);
	}
}
