#include "document.h"

#include "line_join.h"
#include "spans.h"
#include "tui.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PROGRESS_EVENTS 16384u

struct reading {
	struct document *document;
	struct line_join *join;
	document_progress *progress;
	void *context;
	size_t events;
};

enum { STOPPED = 1 };

static int take_line(void *context, struct snapshot_event *event, uint64_t number)
{
	return store_add(&((struct document *)context)->store, event, number) ? 0 : STOPPED;
}

static int take_piece(void *context, struct snapshot_item *item)
{
	struct reading *reading = context;

	if (++reading->events % PROGRESS_EVENTS == 0 && reading->progress(reading->context, reading->events))
		return STOPPED;
	if (reading->document->spans)
		spans_follow(reading->document->spans, item->event);
	return line_join_put(reading->join, item->event, item->number);
}

/* Those that are open are known when all was read. */
static void mark_open_spans(struct document *document)
{
	for (size_t i = 0; document->spans && i < document->store.count; i++) {
		struct snapshot_event *event = &document->store.events[i].event;
		event->open = span_enters(event) && spans_is_open(document->spans, event->tid, event->span_id);
	}
}

static bool read_file(struct document *document, document_progress *progress, void *context)
{
	struct reading reading = {.document = document, .progress = progress, .context = context};
	const struct snapshot_visitor visitor = {.context = &reading, .decode = true, .event = take_piece};
	int result;

	document->spans = spans_create();
	reading.join = line_join_create(take_line, document);
	if (!reading.join) {
		command_error(&command_tui, COMMAND_USAGE, "out of memory");
		return false;
	}
	result = target_read(&document->target, NULL, &visitor, &document->damage);
	(void)line_join_flush(reading.join);
	line_join_destroy(reading.join);
	mark_open_spans(document);
	document->stopped = result == STOPPED;
	if (result >= 0 || document->target.snapshot.version || document->store.count)
		return true;
	command_error(&command_tui, COMMAND_BAD_FILE, "%s: %s", document->target.path, document->damage.text);
	return false;
}

static bool is_live(const struct document *document)
{
	const struct snapshot *snapshot = &document->target.snapshot;

	return document->target.fd < 0 && snapshot->reason && !strcmp(snapshot->reason, "live");
}

/* Its events come from the recorder itself, from the first on. */
static bool start_following(struct document *document)
{
	const struct live_choice choice = {.pid = (pid_t)document->target.snapshot.pid};
	const int error = tail_sources_open(&document->sources, &choice);

	if (error) {
		command_error(&command_tui, COMMAND_BAD_FILE, "%s: %s", document->target.path, strerror(-error));
		return false;
	}
	document->live = document->sources.count > 0;
	if (!document->live)
		tail_sources_close(&document->sources); /* it has just ended: what its recorder held when it was opened is there */
	(void)document_follow(document);
	return true;
}

bool document_open(struct document *document, const char *name, document_progress *progress, void *context)
{
	bool open;

	memset(document, 0, sizeof(*document));
	if (target_open(&command_tui, &document->target, name) != COMMAND_DONE)
		return false;
	document->open = true;
	open = !is_live(document) || start_following(document);
	if (open && !document->live && !document->ended[0])
		open = read_file(document, progress, context);
	if (open)
		document->symbols = symbols_create(&(struct symbols_options){.cache = true});
	else
		document_close(document);
	return open;
}

void document_close(struct document *document)
{
	if (!document->open)
		return;
	if (document->live)
		tail_sources_close(&document->sources);
	symbols_destroy(document->symbols);
	spans_destroy(document->spans);
	store_free(&document->store);
	target_close(&document->target);
	memset(document, 0, sizeof(*document));
}

/* Following ------------------------------------------------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void look(struct document *document, struct tail_source *source)
{
	const struct snapshot *snapshot = tail_source_look(source, now_ns());

	for (size_t i = 0; snapshot && i < snapshot->event_count; i++)
		(void)store_add(&document->store, &snapshot->events[i], document->store.count + 1);
	document->missed += source->process.follow.missed - source->missed;
	source->missed = source->process.follow.missed;
	source->ended |= !snapshot;
}

/* Those that have ended go; the last of them ends the following. */
static void drop_ended(struct document *document)
{
	for (size_t i = document->sources.count; i-- > 0;) {
		if (!document->sources.sources[i]->ended)
			continue;
		tail_source_describe_end(document->sources.sources[i], document->ended, sizeof(document->ended));
		tail_source_drop(&document->sources, i);
	}
	if (document->sources.count)
		return;
	tail_sources_close(&document->sources);
	document->live = false;
}

bool document_follow(struct document *document)
{
	const size_t before = document->store.count;

	if (!document->live)
		return false;
	tail_sources_find(&document->sources);
	for (size_t i = 0; i < document->sources.count; i++)
		look(document, document->sources.sources[i]);
	drop_ended(document);
	return document->store.count != before || !document->live;
}
