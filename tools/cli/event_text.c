#include "event_text.h"

#include "describe.h"
#include "source.h"
#include "spans.h"
#include "terminal.h"
#include "value_text.h"

#include <inttypes.h>
#include <string.h>

/* Of a message that is not shown whole. */
#define LINES_SHOWN 12u
#define BYTES_SHOWN 600u
#define INSET_MOST  16u

void event_level_print(FILE *out, unsigned level)
{
	static const struct {
		const char *word;
		enum paint paint;
	} levels[] = {
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

/* Message --------------------------------------------------------------------------------------------------------------------- */

/* Without the empty lines before it and the line feeds behind: they are blank rows of the screen. */
static struct snapshot_text trim(const struct snapshot_event *event)
{
	struct snapshot_text text = event->message;

	while (text.bytes && (text.data[text.bytes - 1] == '\n' || text.data[text.bytes - 1] == '\r'))
		text.bytes--;
	while (text.bytes && (text.data[0] == '\n' || text.data[0] == '\r')) {
		text.data++;
		text.bytes--;
	}
	return text;
}

/* The bytes of its beginning, no character of UTF-8 divided; all where little would be left. */
static size_t bytes_shown(const struct snapshot_text *text)
{
	const char *end, *at = text->data;

	if (!text->bytes) /* of no data: nothing may be added to a null pointer */
		return 0;
	end = at + (text->bytes > BYTES_SHOWN + BYTES_SHOWN / 4 ? BYTES_SHOWN : text->bytes);
	for (unsigned lines = 0; at < end && lines < LINES_SHOWN; lines++) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));
		at = feed ? feed + 1 : end;
	}
	while (at > text->data && at < text->data + text->bytes && ((unsigned char)*at & 0xc0) == 0x80)
		at--;
	return (size_t)(at - text->data) - (at > text->data && at[-1] == '\n');
}

static void print_message(FILE *out, const struct snapshot_event *event, unsigned indent, bool whole)
{
	const struct snapshot_text text = trim(event);
	const size_t shown = whole ? text.bytes : bytes_shown(&text);

	if (event->level >= LEVEL_ERROR)
		terminal_paint(out, PAINT_BOLD);
	terminal_text(out, text.data, shown, indent);
	terminal_paint(out, PAINT_NONE);
	if (shown < text.bytes)
		terminal_printf(out, PAINT_DIM, "… (%zu bytes more: --full)", text.bytes - shown);
	if (event->truncated)
		terminal_printf(out, PAINT_DIM, "… (%" PRIu64 " bytes more)", event->truncated);
}

/* Values ---------------------------------------------------------------------------------------------------------------------- */

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

/* Around them ----------------------------------------------------------------------------------------------------------------- */

/* What is inside of a span stands further in. */
static void print_inset(FILE *out, const struct snapshot_event *event)
{
	const uint32_t shown = event->depth < INSET_MOST ? event->depth : INSET_MOST;

	if (shown)
		fprintf(out, "%*s", (int)(2 * shown), "");
	if (event->span)
		terminal_printf(out, PAINT_DIM, "%s ", span_exits(event) ? "}" : "{");
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

static void print_span_time(FILE *out, const char *what, uint64_t ns)
{
	char text[64];

	if (ns < 1000)
		snprintf(text, sizeof(text), "%u ns", (unsigned)ns);
	else if (ns < 1000000)
		snprintf(text, sizeof(text), "%.1f µs", (double)ns / 1000);
	else
		describe_duration(ns, text);
	terminal_printf(out, PAINT_BOLD, "  %s%s", what, text);
}

/* The end tells the time, and what did not end says so. */
void event_span_print(FILE *out, const struct snapshot_event *event, uint64_t end_ns)
{
	if (event->has_duration)
		print_span_time(out, "", event->duration);
	else if (event->open && end_ns)
		print_span_time(out, "open for ", end_ns > event->timestamp ? end_ns - event->timestamp : 0);
}

/* The line of a library that a stream of C++ or Rust writes from tells nothing. */
void event_place_print(FILE *out, const struct snapshot_event *event)
{
	if (!event->file || source_is_system(event->file))
		return;
	terminal_paint(out, PAINT_DIM);
	fputs("  ", out);
	terminal_string(out, describe_base_name(event->file), 0);
	fprintf(out, ":%u", event->line);
	terminal_paint(out, PAINT_NONE);
}

void event_said_print(FILE *out, const struct snapshot_event *event, unsigned indent, bool whole)
{
	print_source(out, event->source);
	print_inset(out, event);
	if (event->target) {
		terminal_string(out, event->target, 32);
		fputs(": ", out);
	}
	print_message(out, event, indent, whole);
	print_values(out, event, indent);
}

void event_text_print(FILE *out, const struct snapshot_event *event, unsigned indent, uint64_t end_ns)
{
	event_said_print(out, event, indent, true);
	event_span_print(out, event, end_ns);
	event_place_print(out, event);
}
