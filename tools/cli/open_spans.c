#include "open_spans.h"

#include "spans.h"

#include <stdlib.h>
#include <string.h>

static void add(struct open_spans *spans, const struct snapshot_event *event, uint64_t number)
{
	struct open_span *span;

	if (spans->count == spans->room) {
		const size_t room = spans->room ? 2 * spans->room : 64;
		void *grown = room <= OPEN_SPANS_MOST ? reallocarray(spans->items, room, sizeof(*spans->items)) : NULL;
		if (!grown)
			return;
		spans->items = grown;
		spans->room = room;
	}
	span = &spans->items[spans->count++];
	*span = (struct open_span){.tid = event->tid, .id = event->span_id, .begin_ns = event->timestamp, .number = number};
	span->name_bytes = event->message.bytes < sizeof(span->name) ? event->message.bytes : sizeof(span->name);
	if (span->name_bytes)
		memcpy(span->name, event->message.data, span->name_bytes);
}

/* What began within it stands behind it. */
static void end(struct open_spans *spans, const struct snapshot_event *event)
{
	size_t at = spans->count, kept;

	while (at > 0 && !(spans->items[at - 1].tid == event->tid && spans->items[at - 1].id == event->span_id))
		at--;
	if (!at)
		return;
	kept = at - 1;
	for (size_t i = at; i < spans->count; i++) {
		if (spans->items[i].tid != event->tid)
			spans->items[kept++] = spans->items[i];
	}
	spans->count = kept;
}

void open_spans_follow(struct open_spans *spans, const struct snapshot_event *event, uint64_t number)
{
	if (span_enters(event))
		add(spans, event, number);
	else if (span_exits(event))
		end(spans, event);
}

void open_spans_fini(struct open_spans *spans)
{
	free(spans->items);
	*spans = (struct open_spans){.count = 0};
}
