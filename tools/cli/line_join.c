#include "line_join.h"

#include "held.h"

#include <stdlib.h>

enum {
	OPEN_LINES = 64,   /* threads times streams that are in the middle of a line at once; more of them are not joined */
	WAITING = 4096,    /* events behind the oldest unfinished line, before it comes out as it is */
	LINE_BYTES = 4096, /* of a joined line */
};

/* An unfinished line: where it waits. Its place is free where the event is not. */
struct open_line {
	struct held *held;
};

struct line_join {
	line_join_out *out;
	void *context;
	struct open_line open[OPEN_LINES];
	size_t first, count; /* of the waiting */
	struct held waiting[WAITING];
};

struct line_join *line_join_create(line_join_out *out, void *context)
{
	struct line_join *join = calloc(1, sizeof(*join));

	if (join) {
		join->out = out;
		join->context = context;
	}
	return join;
}

void line_join_destroy(struct line_join *join)
{
	for (size_t i = 0; join && i < WAITING; i++)
		held_free(&join->waiting[i]);
	free(join);
}

static bool is_stream(const struct snapshot_event *event)
{
	return event->source >= SOURCE_STDOUT && event->source <= SOURCE_WRITE2;
}

static bool ends_line(const struct snapshot_event *event)
{
	return event->message.bytes && event->message.data[event->message.bytes - 1] == '\n';
}

/* Open lines ------------------------------------------------------------------------------------------------------------------ */

static struct open_line *find_line(struct line_join *join, const struct snapshot_event *event)
{
	for (size_t i = 0; i < OPEN_LINES; i++) {
		const struct held *held = join->open[i].held;
		if (held && held->event.tid == event->tid && held->event.source == event->source)
			return &join->open[i];
	}
	return NULL;
}

static struct open_line *free_line(struct line_join *join)
{
	for (size_t i = 0; i < OPEN_LINES; i++) {
		if (!join->open[i].held)
			return &join->open[i];
	}
	return NULL;
}

static bool is_open(const struct line_join *join, const struct held *held)
{
	for (size_t i = 0; i < OPEN_LINES; i++) {
		if (join->open[i].held == held)
			return true;
	}
	return false;
}

static void close_line(struct line_join *join, const struct held *held)
{
	for (size_t i = 0; i < OPEN_LINES; i++) {
		if (join->open[i].held == held)
			join->open[i].held = NULL;
	}
}

/* Waiting --------------------------------------------------------------------------------------------------------------------- */

static int let_out(struct line_join *join)
{
	struct held *held = &join->waiting[join->first];

	close_line(join, held);
	join->first = (join->first + 1) % WAITING;
	join->count--;
	return join->out(join->context, &held->event, held->number);
}

/* Those in front that wait for nothing. */
static int drain(struct line_join *join)
{
	int result = 0;

	while (!result && join->count && !is_open(join, &join->waiting[join->first]))
		result = let_out(join);
	return result;
}

static int hold(struct line_join *join, const struct snapshot_event *event, uint64_t number, struct open_line *line)
{
	const int result = join->count == WAITING ? let_out(join) : 0;
	struct held *held = &join->waiting[(join->first + join->count) % WAITING];

	held_set(held, event, number);
	join->count++;
	if (line)
		line->held = held;
	return result ? result : drain(join);
}

/* True where the event has become part of an earlier one. */
static bool continues(struct line_join *join, const struct snapshot_event *event)
{
	struct open_line *line = find_line(join, event);
	bool joined;

	if (!line)
		return false;
	joined = !event->truncated && line->held->event.message.bytes + event->message.bytes <= LINE_BYTES;
	if (joined && event->message.bytes)
		held_append(line->held, &event->message);
	if (!joined || ends_line(event))
		line->held = NULL;
	return joined;
}

int line_join_put(struct line_join *join, struct snapshot_event *event, uint64_t number)
{
	struct open_line *line = NULL;

	if (is_stream(event)) {
		if (join->count && continues(join, event))
			return drain(join);
		if (event->message.bytes && !ends_line(event) && !event->truncated)
			line = free_line(join);
	}
	if (!line && !join->count)
		return join->out(join->context, event, number);
	return hold(join, event, number, line);
}

int line_join_flush(struct line_join *join)
{
	int result = 0;

	while (!result && join->count)
		result = let_out(join);
	return result;
}

struct rejoin {
	struct snapshot *snapshot;
	size_t kept;
};

/* All but the message is as it was in the event that begins the line. What comes out is behind what went in: one array is enough. */
static int keep(void *context, struct snapshot_event *event, uint64_t number)
{
	struct rejoin *rejoin = context;
	struct snapshot *snapshot = rejoin->snapshot;
	struct snapshot_event *kept = &snapshot->events[rejoin->kept++];

	*kept = snapshot->events[number - 1];
	if (event->message.bytes != kept->message.bytes)
		kept->message = (struct snapshot_text){arena_bytes(&snapshot->arena, event->message.data, event->message.bytes),
						       event->message.bytes};
	return 0;
}

void line_join_snapshot(struct snapshot *snapshot)
{
	struct rejoin rejoin = {.snapshot = snapshot};
	struct line_join *join = line_join_create(keep, &rejoin);

	if (!join)
		return;
	for (size_t i = 0; i < snapshot->event_count; i++)
		(void)line_join_put(join, &snapshot->events[i], i + 1);
	(void)line_join_flush(join);
	line_join_destroy(join);
	snapshot->event_count = rejoin.kept;
}
