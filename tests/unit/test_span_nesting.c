/* Nesting of spans as files tell it: also those that are damaged or meant to harm. */
#include "spans.h"

#include <criterion/criterion.h>

TestSuite(span_nesting, .timeout = 60);

static struct snapshot_event said(uint32_t tid, const char *span, uint64_t id)
{
	return (struct snapshot_event){.tid = tid, .span = span, .span_id = id};
}

static void nest(struct snapshot *snapshot, struct snapshot_event *events, size_t count)
{
	*snapshot = (struct snapshot){.events = events, .event_count = count};
	arena_init(&snapshot->arena);
	spans_nest(snapshot);
	arena_fini(&snapshot->arena);
}

/* Two threads, mixed in time, with the same ids: each has its own spans. */
Test(span_nesting, threads_apart)
{
	struct snapshot snapshot;
	struct snapshot_event events[] = {
		said(7, "enter", 1), said(3, "enter", 1), said(7, "enter", 2), said(3, NULL, 0),
		said(7, NULL, 0),    said(3, "exit", 1),  said(7, "exit", 2),  said(7, NULL, 0),
	};
	static const uint32_t depths[] = {0, 0, 1, 1, 2, 0, 1, 1};
	nest(&snapshot, events, 8);
	for (size_t i = 0; i < 8; i++)
		cr_assert(events[i].depth == depths[i], "event %zu: %u", i, events[i].depth);
	cr_assert(events[0].open && !events[1].open && !events[2].open);
	cr_assert(events[2].span_parent == 1 && events[0].span_parent == 0 && events[1].span_parent == 0);
}

/* Ended without a beginning, by another word, and around what was never ended. */
Test(span_nesting, unpaired)
{
	struct snapshot snapshot;
	struct snapshot_event events[] = {
		said(1, "exit", 9), said(1, "neither", 5), said(1, "enter", 5), said(1, "enter", 6),
		said(1, "exit", 9), said(1, NULL, 0),      said(1, "exit", 5),  said(1, NULL, 0),
	};
	nest(&snapshot, events, 8);
	cr_assert(events[1].depth == 0 && !events[1].open && events[3].depth == 1);
	cr_assert(events[5].depth == 2, "an unknown end ends nothing");
	cr_assert(events[6].depth == 0 && events[7].depth == 0 && !events[2].open && !events[3].open,
		  "the inner one with the outer");
}

/* More spans than are followed: bounded, and what is known stays right. */
Test(span_nesting, too_deep)
{
	enum { EVENTS = 200000 };
	static struct snapshot_event events[EVENTS];
	struct snapshot snapshot;
	for (uint64_t i = 0; i < EVENTS; i++)
		events[i] = i % 2 && i > EVENTS / 2 ? said(1, "exit", UINT64_MAX) : said(1, "enter", i + 1);
	nest(&snapshot, events, EVENTS);
	for (size_t i = 0; i < EVENTS; i++) {
		cr_assert(events[i].depth == (i < SPANS_DEEPEST ? i : SPANS_DEEPEST), "%zu", i);
		cr_assert(events[i].open == (i < SPANS_DEEPEST), "%zu", i);
	}
	nest(&snapshot, NULL, 0);
}
