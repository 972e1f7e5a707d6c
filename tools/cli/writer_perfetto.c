/*
 * The "JSON Array/Object Format" of trace events that chrome://tracing defined and ui.perfetto.dev reads: a process for each
 * snapshot, its threads by name, an instant for each event, a bar for each span that ended (from its end, which knows how long it
 * took, also where its beginning was written over) or was open at the end, and the death as an instant of the whole process. Source and
 * level of an event are its categories.
 *
 * Times are microseconds since a midnight some weeks before, with nanoseconds behind the point: readers keep them as doubles, which
 * hold the nanoseconds of a hundred days.
 */
#include "describe.h"
#include "spans.h"
#include "writer.h"

#include <inttypes.h>
#include <string.h>

#define DAY_NS     UINT64_C(86400000000000)
#define BEFORE     (60 * DAY_NS) /* more where the process is older */
#define NAME_BYTES 120u          /* of a message, as the name of its instant; the whole is among the arguments */

static void open_trace(struct writer *writer)
{
	fputs("{\"displayTimeUnit\": \"ns\", \"traceEvents\": [", writer->out);
}

static void next(struct writer *writer)
{
	fputs(writer->any ? ",\n" : "\n", writer->out);
	writer->any = true;
}

static void print_when(struct writer *writer, uint64_t ns, int64_t tid)
{
	const bool before = ns < writer->base_ns;
	const uint64_t distance = before ? writer->base_ns - ns : ns - writer->base_ns;

	fprintf(writer->out, "\"ts\": %s%" PRIu64 ".%03u, \"pid\": %" PRId64 ", \"tid\": %" PRId64, before ? "-" : "",
		distance / 1000, (unsigned)(distance % 1000), writer->snapshot->pid, tid);
}

static void print_name(struct writer *writer, const char *what, int64_t tid, const char *name)
{
	next(writer);
	fprintf(writer->out,
		"{\"ph\": \"M\", \"name\": \"%s\", \"pid\": %" PRId64 ", \"tid\": %" PRId64 ", \"args\": {\"name\": ", what,
		writer->snapshot->pid, tid);
	writer_json_string(writer->out, name);
	fputs("}}", writer->out);
}

static uint64_t base_of(const struct snapshot *snapshot)
{
	const uint64_t before = snapshot->uptime + DAY_NS > BEFORE ? snapshot->uptime + DAY_NS : BEFORE;

	return snapshot->created_at > before + DAY_NS ? (snapshot->created_at - before) / DAY_NS * DAY_NS : 1;
}

static int begin(struct writer *writer)
{
	const struct snapshot *snapshot = writer->snapshot;

	if (!writer->base_ns)
		writer->base_ns = base_of(snapshot);
	if (snapshot->service)
		print_name(writer, "process_name", snapshot->pid, snapshot->service);
	for (size_t i = 0; i < snapshot->thread_count; i++) {
		if (snapshot->threads[i].name && tid_set_add(&writer->named, snapshot->threads[i].tid))
			print_name(writer, "thread_name", snapshot->threads[i].tid, snapshot->threads[i].name);
	}
	return 0;
}

/* Of one that was gone at the end. */
static void name_thread(struct writer *writer, const struct snapshot_event *event)
{
	if (event->thread_name && tid_set_add(&writer->named, event->tid))
		print_name(writer, "thread_name", event->tid, event->thread_name);
}

/* The first line of the message; of an event without one, its keys tell what it is. */
static void print_title(FILE *out, const struct snapshot_event *event)
{
	const char *data = event->message.data, *end;
	size_t bytes = !data ? 0 : event->message.bytes < NAME_BYTES ? event->message.bytes : NAME_BYTES;

	if (data && (end = memchr(data, '\n', bytes)))
		bytes = (size_t)(end - data);
	while (bytes && bytes == NAME_BYTES && bytes < event->message.bytes && ((unsigned char)data[bytes] & 0xc0) == 0x80)
		bytes--; /* not in the middle of a character */
	if (data && bytes)
		snapshot_print_json_text(out, data, bytes);
	else
		writer_json_string(out, event->value_count ? event->values[0].key : "(no text)");
}

/* Colours of chrome://tracing; others choose theirs. */
static const char *colour(unsigned level)
{
	return level >= LEVEL_ERROR ? "\"cname\": \"terrible\", " : level == LEVEL_WARN ? "\"cname\": \"bad\", " : "";
}

static void print_arguments(struct writer *writer, const struct snapshot_item *item)
{
	const struct snapshot_event *event = item->event;
	FILE *out = writer->out;

	fprintf(out, ", \"args\": {\"number\": %" PRIu64 ", \"level\": ", item->number);
	writer_json_string(out, level_name(event->level));
	if (event->message.data) {
		fputs(", \"message\": ", out);
		snapshot_print_json_text(out, event->message.data, event->message.bytes);
	}
	if (event->target) {
		fputs(", \"target\": ", out);
		writer_json_string(out, event->target);
	}
	if (event->value_count) {
		fputs(", \"kv\": ", out);
		writer_json_values(out, event);
	}
	if (event->file) {
		fputs(", \"file\": ", out);
		writer_json_string(out, event->file);
		fprintf(out, ", \"line\": %u", event->line);
	}
	putc('}', out);
}

static const char *or_unknown(const char *name)
{
	return name ? name : "unknown";
}

static void print_duration(FILE *out, uint64_t ns)
{
	fprintf(out, "\"dur\": %" PRIu64 ".%03u, ", ns / 1000, (unsigned)(ns % 1000));
}

static int event(struct writer *writer, struct snapshot_item *item)
{
	FILE *out = writer->out;
	const struct snapshot_event *event = item->event;
	const bool bar = span_exits(event) && event->has_duration && event->duration <= event->timestamp;

	open_spans_follow(&writer->open, event, item->number);
	name_thread(writer, event);
	next(writer);
	fputs(bar ? "{\"ph\": \"X\", \"name\": " : "{\"ph\": \"i\", \"s\": \"t\", \"name\": ", out);
	print_title(out, event);
	fprintf(out, ", %s\"cat\": \"%s,%s\", ", colour(event->level), or_unknown(source_name(event->source)),
		or_unknown(level_name(event->level)));
	if (bar)
		print_duration(out, event->duration);
	print_when(writer, bar ? event->timestamp - event->duration : event->timestamp, event->tid);
	print_arguments(writer, item);
	putc('}', out);
	return 0;
}

static void print_open(struct writer *writer, const struct open_span *span)
{
	const uint64_t end_ns = writer->snapshot->created_at;

	next(writer);
	fputs("{\"ph\": \"X\", \"name\": ", writer->out);
	snapshot_print_json_text(writer->out, span->name, span->name_bytes);
	fputs(", \"cname\": \"terrible\", \"cat\": \"macro,open\", ", writer->out);
	print_duration(writer->out, end_ns > span->begin_ns ? end_ns - span->begin_ns : 0);
	print_when(writer, span->begin_ns, span->tid);
	fprintf(writer->out, ", \"args\": {\"number\": %" PRIu64 ", \"open\": true}}", span->number);
}

static int end(struct writer *writer)
{
	const struct snapshot *snapshot = writer->snapshot;
	const struct snapshot_thread *crashed = describe_crashed(snapshot);
	char text[DESCRIBE_BYTES];

	for (size_t i = 0; i < writer->open.count; i++)
		print_open(writer, &writer->open.items[i]);
	open_spans_fini(&writer->open);
	tid_set_fini(&writer->named);
	describe_end(snapshot, text);
	next(writer);
	fputs("{\"ph\": \"i\", \"s\": \"p\", \"name\": ", writer->out);
	writer_json_string(writer->out, text);
	fputs(", \"cname\": \"terrible\", \"cat\": \"end\", ", writer->out);
	print_when(writer, snapshot->created_at, crashed ? crashed->tid : snapshot->pid);
	fputs(", \"args\": {\"reason\": ", writer->out);
	writer_json_string(writer->out, snapshot->reason);
	fputs("}}", writer->out);
	return 0;
}

static void close_trace(struct writer *writer)
{
	fputs("\n]}\n", writer->out);
}

const struct writer_format writer_perfetto = {
	.option = "perfetto",
	.wants_event = true,
	.open = open_trace,
	.begin = begin,
	.event = event,
	.end = end,
	.close = close_trace,
};
