/* Which events are shown, in which order; the search among them. */
#include "events.h"

#include "arena.h"
#include "value_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_EVENTS 32768u /* judged between two looks at the keyboard: some milliseconds */

struct stored *events_at(const struct events *events, size_t row)
{
	if (row >= events->scroll.count)
		return NULL;
	return &events->document->store.events[events->order[events->reversed ? events->scroll.count - 1 - row : row]];
}

void events_fini(struct events *events)
{
	filter_destroy(events->filter);
	free(events->order);
	*events = (struct events){.source = -1};
}

void events_show(struct events *events, struct document *document)
{
	events_fini(events);
	events->document = document;
	events->follow = document->live;
	events->time = document->live ? EVENTS_TIME_LOCAL : EVENTS_TIME_RELATIVE;
	(void)events_refilter(events);
	events->sorted = false;
	events->wanted = document->store.count - 1; /* the last one is what people come for */
}

/* Filter ---------------------------------------------------------------------------------------------------------------------- */

bool events_is_filtered(const struct events *events)
{
	return events->level || events->tid || events->source >= 0 || events->grep[0];
}

static struct filter *make_filter(struct events *events)
{
	struct filter *filter = filter_create();
	char tid[16], error[FILTER_ERROR_BYTES] = "";
	int result = 0;

	snprintf(tid, sizeof(tid), "%u", events->tid);
	if (filter && events->level)
		result |= filter_option(filter, FILTER_LEVEL, level_name(events->level), error);
	if (filter && events->tid)
		result |= filter_option(filter, FILTER_TID, tid, error);
	if (filter && events->source >= 0)
		result |= filter_option(filter, FILTER_SOURCE, source_name((unsigned)events->source), error);
	if (filter && events->grep[0])
		result |= filter_option(filter, FILTER_GREP, events->grep, error);
	if (filter && !result)
		result = filter_ready(filter, error);
	if (filter && !result)
		return filter;
	snprintf(events->note, sizeof(events->note), "%s", error);
	filter_destroy(filter);
	return NULL;
}

bool events_refilter(struct events *events)
{
	struct filter *filter = make_filter(events);
	const struct stored *at = events_at(events, events->scroll.cursor);

	if (!filter)
		return false;
	events->wanted = at ? (size_t)(at - events->document->store.events) : SIZE_MAX;
	filter_destroy(events->filter);
	events->filter = filter;
	filter_begin(filter, events->document->target.snapshot.created_at);
	events->seen = events->scroll.count = 0;
	events->sorted = events->searching = false;
	(void)events_work(events); /* keys that were typed ahead find most filters done */
	return true;
}

static void add(struct events *events, uint32_t place)
{
	if (events->scroll.count == events->room) {
		const size_t room = events->room ? events->room * 2 : 1024;
		uint32_t *grown = reallocarray(events->order, room, sizeof(*grown));
		if (!grown)
			arena_no_memory(room * sizeof(*grown));
		events->order = grown;
		events->room = room;
	}
	events->order[events->scroll.count++] = place;
}

static void judge_some(struct events *events)
{
	const struct store *store = &events->document->store;

	for (size_t i = 0; i < STEP_EVENTS && events->seen < store->count; i++, events->seen++) {
		const struct stored *stored = &store->events[events->seen];
		if (filter_matches(events->filter, &stored->event, stored->number))
			add(events, (uint32_t)events->seen);
	}
	events->sorted = events->sort == EVENTS_BY_TIME;
}

/* Order ----------------------------------------------------------------------------------------------------------------------- */

static int64_t key_of(const struct events *events, const struct snapshot_event *event)
{
	switch (events->sort) {
	case EVENTS_BY_LEVEL:
		return event->level;
	case EVENTS_BY_THREAD:
		return event->tid;
	case EVENTS_BY_SOURCE:
		return event->source;
	default:
		return 0;
	}
}

/* Of equal ones by time, so that the order is always the same. */
static int compare(const void *left, const void *right, void *context)
{
	const struct events *events = context;
	const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const int64_t first = key_of(events, &events->document->store.events[a].event);
	const int64_t second = key_of(events, &events->document->store.events[b].event);

	if (first != second)
		return first < second ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* The cursor to the event it was on, or, where that is not shown any more, to the next one. */
static void find_wanted(struct events *events)
{
	size_t low = 0, high = events->scroll.count;

	if (events->wanted == SIZE_MAX)
		return;
	if (events->sort != EVENTS_BY_TIME) {
		for (low = 0; low < high && events->order[low] != events->wanted; low++)
			;
		low = low == high ? 0 : low;
	}
	while (events->sort == EVENTS_BY_TIME && low < high) {
		const size_t middle = low + (high - low) / 2;
		if (events->order[middle] < events->wanted)
			low = middle + 1;
		else
			high = middle;
	}
	events->wanted = SIZE_MAX;
	scroll_to(&events->scroll, events->reversed && low < events->scroll.count ? events->scroll.count - 1 - low : low);
}

/* What is new may stand before the event the cursor is on. */
static void stay(struct events *events)
{
	const struct stored *at = events_at(events, events->scroll.cursor);

	if (events->seen == events->finished && events->wanted == SIZE_MAX && at)
		events->wanted = (size_t)(at - events->document->store.events);
}

static void finish(struct events *events)
{
	if (!events->sorted && events->scroll.count)
		qsort_r(events->order, events->scroll.count, sizeof(*events->order), compare, events);
	events->sorted = true;
	events->finished = events->seen;
	find_wanted(events);
	if (events->follow && !events->paused && events->scroll.count)
		scroll_to(&events->scroll, events->reversed ? 0 : events->scroll.count - 1);
	scroll_fit(&events->scroll);
}

/* Search ---------------------------------------------------------------------------------------------------------------------- */

static bool value_matches(struct message_pattern *pattern, const struct snapshot_value *value)
{
	char room[VALUE_TEXT_BYTES];
	size_t bytes;
	const char *text = value_text(&value->value, room, &bytes);

	return message_pattern_matches(pattern, text, bytes) == 1 ||
	       message_pattern_matches(pattern, value->key, strlen(value->key)) == 1;
}

/* What it said, its target, its values: what a row shows behind the source. */
static bool event_matches(struct message_pattern *pattern, const struct snapshot_event *event)
{
	if (event->message.data && message_pattern_matches(pattern, event->message.data, event->message.bytes) == 1)
		return true;
	if (event->target && message_pattern_matches(pattern, event->target, strlen(event->target)) == 1)
		return true;
	for (size_t i = 0; i < event->value_count; i++) {
		if (value_matches(pattern, &event->values[i]))
			return true;
	}
	return false;
}

static void found(struct events *events)
{
	const bool around = events->step > 0 ? events->search_at < events->search_origin
					     : events->search_at > events->search_origin;

	events->searching = false;
	events->follow = false;
	scroll_to(&events->scroll, events->search_at);
	snprintf(events->note, sizeof(events->note), "%s", around ? "around the end" : "");
}

static void search_some(struct events *events)
{
	const size_t count = events->scroll.count;

	for (size_t i = 0; i < STEP_EVENTS && events->search_left; i++, events->search_left--) {
		if (event_matches(events->pattern, &events_at(events, events->search_at)->event)) {
			found(events);
			return;
		}
		events->search_at = events->step > 0 ? (events->search_at + 1) % count : (events->search_at + count - 1) % count;
	}
	if (events->search_left)
		return;
	events->searching = false;
	snprintf(events->note, sizeof(events->note), "not found");
}

void events_search(struct events *events, struct message_pattern *pattern, int step, bool here)
{
	const size_t count = events->scroll.count;

	events->pattern = pattern;
	events->searching = count > 0;
	events->step = step;
	events->search_left = count;
	events->search_origin = events->search_at = events->scroll.cursor;
	if (!here && count)
		events->search_at = step > 0 ? (events->search_at + 1) % count : (events->search_at + count - 1) % count;
	snprintf(events->note, sizeof(events->note), "%s", count ? "searching; any key stops" : "no event to search in");
	if (count)
		search_some(events); /* keys that were typed ahead find most searches done */
}

bool events_work(struct events *events)
{
	if (!events->document)
		return false;
	if (events->seen < events->document->store.count || !events->sorted) {
		stay(events);
		judge_some(events);
		if (events->seen == events->document->store.count)
			finish(events);
		return events->seen < events->document->store.count || events->searching;
	}
	if (events->searching)
		search_some(events);
	return events->searching;
}

/* Bookmarks ------------------------------------------------------------------------------------------------------------------- */

void events_bookmark(struct events *events)
{
	struct stored *stored = events_at(events, events->scroll.cursor);

	if (stored)
		stored->bookmarked = !stored->bookmarked;
}

void events_next_bookmark(struct events *events)
{
	const size_t count = events->scroll.count;

	for (size_t i = 1; i <= count; i++) {
		const size_t row = (events->scroll.cursor + i) % count;
		if (events_at(events, row)->bookmarked) {
			events->follow = false;
			scroll_to(&events->scroll, row);
			return;
		}
	}
	snprintf(events->note, sizeof(events->note), "no bookmark here; m sets one");
}
