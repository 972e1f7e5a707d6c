#include "view.h"

#include <string.h>

enum {
	OPEN_LINES = 64,    /* threads times streams that are in the middle of a line at once; more of them are not joined */
	LINE_BYTES = 4096,  /* of a joined line */
};

/* A line that waits for its end. */
struct open_line {
	struct snapshot_event *event;
	size_t room; /* of its message, once that is a copy of ours; 0: it is not */
};

static bool is_stream(const struct snapshot_event *event)
{
	return event->source >= SOURCE_STDOUT && event->source <= SOURCE_WRITE2;
}

static bool ends_line(const struct snapshot_event *event)
{
	return event->message.bytes && event->message.data[event->message.bytes - 1] == '\n';
}

static struct open_line *find_line(struct open_line *lines, const struct snapshot_event *event)
{
	for (size_t i = 0; i < OPEN_LINES; i++) {
		if (lines[i].event && lines[i].event->tid == event->tid && lines[i].event->source == event->source)
			return &lines[i];
	}
	return NULL;
}

static void open_line(struct open_line *lines, struct snapshot_event *event)
{
	for (size_t i = 0; i < OPEN_LINES; i++) {
		if (!lines[i].event) {
			lines[i] = (struct open_line){event, 0};
			return;
		}
	}
}

/* False where the line would become too long. */
static bool append(struct arena *arena, struct open_line *line, const struct snapshot_text *more)
{
	struct snapshot_text *text = &line->event->message;

	if (text->bytes + more->bytes > LINE_BYTES)
		return false;
	if (text->bytes + more->bytes > line->room) {
		const size_t room = 2 * (text->bytes + more->bytes);
		char *copy = arena_alloc(arena, 1, room + 1);
		memcpy(copy, text->data, text->bytes);
		text->data = copy;
		line->room = room;
	}
	memcpy((char *)(uintptr_t)text->data + text->bytes, more->data, more->bytes);
	text->bytes += more->bytes;
	return true;
}

/* True where the event has become part of an earlier one. */
static bool join(struct arena *arena, struct open_line *lines, const struct snapshot_event *event)
{
	struct open_line *line = find_line(lines, event);
	bool joined = line && !event->truncated && append(arena, line, &event->message);

	if (line && (!joined || ends_line(event)))
		line->event = NULL;
	return joined;
}

void view_join(struct snapshot *snapshot)
{
	struct open_line lines[OPEN_LINES] = {{NULL, 0}};
	size_t kept = 0;

	for (size_t i = 0; i < snapshot->event_count; i++) {
		struct snapshot_event *event = &snapshot->events[i];

		if (is_stream(event) && join(&snapshot->arena, lines, event))
			continue;
		snapshot->events[kept] = *event;
		event = &snapshot->events[kept++];
		if (is_stream(event) && event->message.bytes && !ends_line(event) && !event->truncated)
			open_line(lines, event);
	}
	snapshot->event_count = kept;
}
