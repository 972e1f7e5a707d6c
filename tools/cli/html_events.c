#include "html.h"
#include "memory_stream.h"
#include "spans.h"
#include "stream.h"
#include "tid_set.h"
#include "writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A column is the text of its JSON, as it grows. */
struct column {
	FILE *stream;
	char *text;
	size_t bytes;
};

enum { TIME, LEVEL, SOURCE, TID, TEXT, PLACE, STRINGS, VALUES, SPANS, THREADS, COLUMNS };

static const char *const names[COLUMNS] = {"time", "level", "source", "tid", "text", "place", "strings", "kv", "spans", "threads"};

/* A text that was met: its bytes are told from others' by two hashes, so that it need not be kept. */
struct met {
	uint64_t hash, check; /* both 0: free */
	uint32_t index;
};

struct html_events {
	struct column columns[COLUMNS];
	uint64_t count;
	struct met *met;
	size_t met_room; /* a power of two */
	uint32_t strings;
	struct tid_set tids; /* whose name was told */
};

struct html_events *html_events_create(void)
{
	struct html_events *events = arena_need(calloc(1, sizeof(*events)), sizeof(*events));

	for (int i = 0; i < COLUMNS; i++)
		events->columns[i].stream = memory_stream_open(&events->columns[i].text, &events->columns[i].bytes);
	return events;
}

void html_events_destroy(struct html_events *events)
{
	for (int i = 0; i < COLUMNS; i++) {
		if (events->columns[i].stream)
			fclose(events->columns[i].stream);
		free(events->columns[i].text);
	}
	free(events->met);
	tid_set_fini(&events->tids);
	free(events);
}

/* Texts ---------------------------------------------------------------------------------------------------------------------- */

static uint64_t hash(const char *data, size_t bytes, uint64_t sum)
{
	for (size_t i = 0; i < bytes; i++)
		sum = (sum ^ (unsigned char)data[i]) * 0x100000001b3u;
	return (sum ^ sum >> 29) | 1;
}

static struct met *slot_of(struct met *met, size_t room, uint64_t wanted, uint64_t check)
{
	size_t at = (size_t)wanted & (room - 1);

	while (met[at].hash && !(met[at].hash == wanted && met[at].check == check))
		at = (at + 1) & (room - 1);
	return &met[at];
}

/* Half full at most. Without memory every text is a new one. */
static bool make_room(struct html_events *events)
{
	const size_t room = events->met_room ? 2 * events->met_room : 4096;
	struct met *met;

	if (2 * ((size_t)events->strings + 1) < events->met_room)
		return true;
	met = calloc(room, sizeof(*met));
	if (!met)
		return false;
	for (size_t i = 0; i < events->met_room; i++) {
		if (events->met[i].hash)
			*slot_of(met, room, events->met[i].hash, events->met[i].check) = events->met[i];
	}
	free(events->met);
	events->met = met;
	events->met_room = room;
	return true;
}

static uint32_t add_string(struct html_events *events, const char *data, size_t bytes)
{
	FILE *out = events->columns[STRINGS].stream;

	fputs(events->strings ? ",\n" : "", out);
	snapshot_print_json_text(out, data, bytes);
	return events->strings++;
}

static uint32_t string_index(struct html_events *events, const char *data, size_t bytes)
{
	const uint64_t wanted = hash(data, bytes, 0xcbf29ce484222325u), check = hash(data, bytes, 0x9e3779b97f4a7c15u);
	struct met *slot;

	if (!make_room(events))
		return add_string(events, data, bytes);
	slot = slot_of(events->met, events->met_room, wanted, check);
	if (!slot->hash)
		*slot = (struct met){wanted, check, add_string(events, data, bytes)};
	return slot->index;
}

static uint32_t place_index(struct html_events *events, const struct snapshot_event *event)
{
	char place[4200];
	int length = event->file ? snprintf(place, sizeof(place), "%s:%u", event->file, event->line) : 0;

	return string_index(events, place, length < (int)sizeof(place) ? (size_t)length : sizeof(place) - 1);
}

/* Without the line's end. */
static struct snapshot_text message_of(const struct snapshot_event *event)
{
	struct snapshot_text message = event->message.data ? event->message : (struct snapshot_text){"", 0};

	while (message.bytes && (message.data[message.bytes - 1] == '\n' || message.data[message.bytes - 1] == '\r'))
		message.bytes--;
	return message;
}

/* "target: message", as the text view has it; of a span's ends with its braces. */
static uint32_t text_index(struct html_events *events, const struct snapshot_event *event)
{
	const struct snapshot_text message = message_of(event);
	char *joined = NULL;
	size_t bytes = 0;
	uint32_t index;
	FILE *out;

	if (!event->target && !event->span)
		return string_index(events, message.data, message.bytes);
	out = memory_stream_open(&joined, &bytes);
	if (event->span)
		fputs(span_exits(event) ? "} " : "{ ", out);
	if (event->target)
		fprintf(out, "%s: ", event->target);
	fwrite(message.data, 1, message.bytes, out);
	memory_stream_close(out, &joined);
	index = string_index(events, joined, bytes);
	free(joined);
	return index;
}

/* Values --------------------------------------------------------------------------------------------------------------------- */

/* Numbers that JavaScript would round are told as text. */
static bool is_rounded(const struct event_value *value)
{
	const int64_t most = 1ll << 53;

	return (value->type == VALUE_SIGNED && (value->number.i <= -most || value->number.i >= most)) ||
	       (value->type == VALUE_UNSIGNED && value->number.u >= (uint64_t)most);
}

static void print_value(FILE *out, const struct event_value *value)
{
	const char *quote = is_rounded(value) ? "\"" : "";

	fputs(quote, out);
	writer_json_value(out, value);
	fputs(quote, out);
}

static void add_values(struct html_events *events, const struct snapshot_event *event)
{
	FILE *out = events->columns[VALUES].stream;

	if (!event->value_count)
		return;
	fprintf(out, "%s\"%" PRIu64 "\": {", ftello(out) ? ",\n" : "", events->count);
	for (size_t i = 0; i < event->value_count; i++) {
		char room[SNAPSHOT_KEY_BYTES];
		const char *key = snapshot_value_key(event->values, i, room);
		fputs(i ? ", " : "", out);
		snapshot_print_json_text(out, key, strlen(key));
		fputs(": ", out);
		print_value(out, &event->values[i].value);
	}
	putc('}', out);
}

/* By event: 1 for a beginning, depth, identity (as text: JavaScript would round it) and, of an end, nanoseconds. */
static void add_span(struct html_events *events, const struct snapshot_event *event)
{
	FILE *out = events->columns[SPANS].stream;

	if (!event->span)
		return;
	fprintf(out, "%s\"%" PRIu64 "\": [%d, %u, \"%" PRIu64 "\"", ftello(out) ? ", " : "", events->count, span_enters(event),
		event->depth, event->span_id);
	if (event->has_duration)
		fprintf(out, ", %" PRIu64, event->duration);
	putc(']', out);
}

/* Events --------------------------------------------------------------------------------------------------------------------- */

static void add_thread(struct html_events *events, const struct snapshot_event *event)
{
	FILE *out = events->columns[THREADS].stream;

	if (!event->thread_name || !tid_set_add(&events->tids, event->tid))
		return;
	fprintf(out, "%s[%u, ", ftello(out) ? ", " : "", event->tid);
	snapshot_print_json_text(out, event->thread_name, strlen(event->thread_name));
	putc(']', out);
}

void html_events_add(struct html_events *events, const struct snapshot_event *event, uint64_t end_ns)
{
	const char *comma = events->count ? "," : "";
	struct column *columns = events->columns;

	fprintf(columns[TIME].stream, "%s%" PRId64, comma, (int64_t)(event->timestamp - end_ns));
	fprintf(columns[LEVEL].stream, "%s%u", comma, event->level);
	fprintf(columns[SOURCE].stream, "%s%u", comma, event->source);
	fprintf(columns[TID].stream, "%s%u", comma, event->tid);
	fprintf(columns[TEXT].stream, "%s%u", comma, text_index(events, event));
	fprintf(columns[PLACE].stream, "%s%u", comma, place_index(events, event));
	add_values(events, event);
	add_span(events, event);
	add_thread(events, event);
	events->count++;
}

void html_events_print(struct html_events *events, FILE *out)
{
	fputs("\"sources\": [", out);
	for (unsigned source = 0; source < SOURCE_COUNT; source++)
		fprintf(out, "%s\"%s\"", source ? ", " : "", source_name(source));
	fputs(", \"?\"]", out);
	for (int i = 0; i < COLUMNS; i++) {
		struct column *column = &events->columns[i];
		const bool is_map = i == VALUES || i == SPANS;
		memory_stream_close(column->stream, &column->text);
		column->stream = NULL;
		fprintf(out, ",\n\"%s\": %c", names[i], is_map ? '{' : '[');
		fwrite(column->text, 1, column->bytes, out);
		putc(is_map ? '}' : ']', out);
	}
}
