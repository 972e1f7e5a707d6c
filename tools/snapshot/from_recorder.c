/*
 * A recorder file as the events, the identity and the counters of a snapshot.
 *
 * Counters: recorded, dropped and truncated are sums over the lanes (dropped also counts events that came before there was a
 * lane). torn counts places where a record had been begun and never was completed. overwritten = recorded - events read here:
 * what a lane counted as committed and what can no longer be read has been written over. (A torn record was never counted as
 * recorded, so it does not enter the formula.)
 */
#include "clock_now.h"
#include "clock_scale.h"
#include "from_identity.h"
#include "reader.h"
#include "recorder_events.h"
#include "snapshot.h"
#include "spans.h"
#include "text_level.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The public macros take 8; more can only come from a damaged file. */
#define VALUES_MAX 32u

/* Where an event belongs in the order: time, then lane and position, so that the order is the same at every reading. */
struct order {
	uint64_t ticks, position;
	uint32_t lane, index;
	uint32_t era; /* of the counter: how often it had begun anew */
};

/* A call site whose strings were copied already. */
struct known_site {
	const char *target, *file, *function;
	struct snapshot_text message;
	const char **keys;
	uint32_t line, column, key_count, types;
	bool known;
};

struct gatherer {
	const struct recorder_view *view;
	struct arena *arena, *sites_arena;
	struct clock_scale scale;
	struct snapshot_event *events;
	struct order *order;
	size_t count, room;
	struct known_site **sites; /* by id */
	size_t site_slots;
	const char **thread_names; /* by lane: of its owner */
	uint32_t *owners;
};

/* Call sites ----------------------------------------------------------------------------------------------------------------- */

static const char *copy(struct arena *arena, const char *text, uint32_t bytes)
{
	return text ? arena_bytes(arena, text, bytes) : NULL;
}

static void resolve_keys(struct arena *arena, const struct site_view *view, struct known_site *site)
{
	site->keys = arena_alloc(arena, view->keys, sizeof(*site->keys));
	for (uint32_t i = 0; i < view->keys; i++) {
		uint32_t bytes = 0;
		const char *key = site_key(view, i, &bytes);
		if (!key)
			return;
		site->keys[i] = arena_bytes(arena, key, bytes);
		site->key_count = i + 1;
	}
}

static struct known_site *resolve_site(struct gatherer *gatherer, uint64_t id)
{
	struct known_site *site = arena_alloc(gatherer->sites_arena, 1, sizeof(*site));
	struct site_view view;

	if (recorder_view_site(gatherer->view, id, &view) != 0)
		return site;
	site->known = true;
	site->message.data = copy(gatherer->sites_arena, view.message.text, view.message.bytes);
	site->message.bytes = view.message.bytes;
	site->target = copy(gatherer->sites_arena, view.target.text, view.target.bytes);
	site->file = copy(gatherer->sites_arena, view.file.text, view.file.bytes);
	site->function = copy(gatherer->sites_arena, view.function.text, view.function.bytes);
	site->line = view.line;
	site->column = view.column;
	site->types = view.types;
	resolve_keys(gatherer->sites_arena, &view, site);
	return site;
}

/* NULL for an id outside the table: a damaged record. */
static const struct known_site *find_site(struct gatherer *gatherer, uint64_t id)
{
	if (id >= gatherer->site_slots)
		return NULL;
	if (!gatherer->sites[id])
		gatherer->sites[id] = resolve_site(gatherer, id);
	return gatherer->sites[id];
}

/* Events --------------------------------------------------------------------------------------------------------------------- */

static const char *value_key(struct arena *arena, const struct event_value *value, const struct known_site *site, uint32_t n)
{
	if (value->key)
		return arena_bytes(arena, value->key, value->key_bytes);
	if (site && n < site->key_count)
		return site->keys[n];
	return arena_format(arena, "#%u", n + 1);
}

/* Moves the strings of one out of the record. */
static void keep_value(struct gatherer *gatherer, struct snapshot_value *one)
{
	if (one->value.type == VALUE_STRING && one->value.string)
		one->value.string = arena_bytes(gatherer->arena, one->value.string, one->value.string_bytes);
	one->value.key = NULL;
}

/* The event's own. Returns their number. */
static uint32_t own_values(struct gatherer *gatherer, const struct record *record, const struct known_site *site,
			   struct snapshot_event *event, struct snapshot_value *values)
{
	uint32_t count = 0;
	struct value_cursor cursor = {.words.types = site ? site->types : 0};

	while (count < VALUES_MAX && record_value(record, &cursor, &values[count].value) == 1) {
		struct snapshot_value *one = &values[count];
		if (one->value.type >= VALUE_SPAN_ENTER) {
			event->span = one->value.type == VALUE_SPAN_ENTER ? SPAN_ENTER : SPAN_EXIT;
			event->span_id = one->value.number.u;
			continue;
		}
		one->key = value_key(gatherer->arena, &one->value, site, count);
		keep_value(gatherer, one);
		count++;
	}
	return count;
}

static bool has_key(const struct snapshot_value *values, uint32_t count, const char *key)
{
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(values[i].key, key) == 0)
			return true;
	}
	return false;
}

/* Behind them those of its thread's context, but for keys that the event has itself. Returns the number of all. */
static uint32_t context_values(struct gatherer *gatherer, const struct record *record, struct snapshot_value *values, uint32_t own)
{
	uint32_t count = own;
	size_t at = 0;

	while (count < own + CONTEXT_KEYS_MAX && record_context_value(record, &at, &values[count].value) == 1) {
		struct snapshot_value *one = &values[count];
		one->key = value_key(gatherer->arena, &one->value, NULL, count);
		keep_value(gatherer, one);
		count += !has_key(values, own, one->key);
	}
	return count;
}

static void add_values(struct gatherer *gatherer, const struct record *record, const struct known_site *site,
		       struct snapshot_event *event)
{
	struct snapshot_value values[VALUES_MAX + CONTEXT_KEYS_MAX];
	const uint32_t own = own_values(gatherer, record, site, event, values);
	const uint32_t count = context_values(gatherer, record, values, own);

	if (!count)
		return;
	event->values = arena_alloc(gatherer->arena, count, sizeof(*values));
	memcpy(event->values, values, count * sizeof(*values));
	event->value_count = count;
}

/* The text of the record where there is one (a formatted message); otherwise the literal of the call site. */
static void add_message(struct gatherer *gatherer, const struct record *record, const struct known_site *site,
			struct snapshot_event *event)
{
	if (record->text_bytes || !site || !site->message.data) {
		event->message.data = arena_bytes(gatherer->arena, record->text, record->text_bytes);
		event->message.bytes = record->text_bytes;
	} else {
		event->message = site->message;
	}
	if (record->flags & RECORD_TRUNCATED)
		event->truncated = record->full_bytes - record->text_bytes;
}

/* A name belongs to the thread that owns a lane now: older records of the lane may be another thread's. */
static const char *thread_name(const struct gatherer *gatherer, const struct record *record)
{
	if (gatherer->owners[record->lane] == record->tid)
		return gatherer->thread_names[record->lane];
	for (uint32_t lane = 0; lane < gatherer->view->header.lanes_owned; lane++) {
		if (gatherer->owners[lane] == record->tid)
			return gatherer->thread_names[lane];
	}
	return NULL;
}

static void fill_event(struct gatherer *gatherer, const struct record *record, struct snapshot_event *event)
{
	const struct known_site *site = record->flags & RECORD_HAS_SITE ? find_site(gatherer, record->origin) : NULL;

	*event = (struct snapshot_event){
		.level = record->level,
		.source = record->source,
		.tid = record->tid,
		.thread_name = thread_name(gatherer, record),
		.caller = record->flags & RECORD_HAS_SITE ? 0 : record->origin,
	};
	if (site) {
		event->target = site->target;
		event->file = site->file;
		event->line = site->line;
		event->column = site->column;
		event->function = site->function;
	}
	add_message(gatherer, record, site, event);
	event->level = text_level_of(event->source, event->level, event->message.data, event->message.bytes);
	add_values(gatherer, record, site, event);
}

static int make_room(struct gatherer *gatherer)
{
	size_t room = gatherer->room ? gatherer->room * 2 : 4096;
	struct snapshot_event *events;
	struct order *order;

	if (gatherer->count < gatherer->room)
		return 0;
	if (room > UINT32_MAX)
		return -EOVERFLOW; /* struct order counts in 32 bits */
	events = reallocarray(gatherer->events, room, sizeof(*events));
	if (!events)
		return -ENOMEM;
	gatherer->events = events;
	order = reallocarray(gatherer->order, room, sizeof(*order));
	if (!order)
		return -ENOMEM;
	gatherer->order = order;
	gatherer->room = room;
	return 0;
}

/* The mark of a span is the time at which it began. */
static void set_duration(const struct gatherer *gatherer, struct snapshot_event *event, const struct order *order)
{
	if (!span_exits(event) || event->span_id > order->ticks)
		return;
	const int64_t begin = clock_scale_ns(&gatherer->scale, order->era, event->span_id);
	event->has_duration = begin >= 0 && (uint64_t)begin <= event->timestamp;
	event->duration = event->has_duration ? event->timestamp - (uint64_t)begin : 0;
}

/*
 * When the events of a lane, the last of which were gathered from `first` on, happened. Within a lane the counter runs
 * forward, but for a handler's event, which was complete before that of the thread that it interrupted; where it falls back
 * further it began anew.
 */
static void set_times(struct gatherer *gatherer, size_t first)
{
	struct order *order = gatherer->order;
	uint32_t era = gatherer->count > first ? clock_scale_era(&gatherer->scale, order[gatherer->count - 1].ticks) : 0;

	for (size_t i = gatherer->count; i-- > first;) {
		if (i + 1 < gatherer->count && order[i].ticks > order[i + 1].ticks + CLOCK_PAIR_TICKS && era)
			era--;
		int64_t time = clock_scale_ns(&gatherer->scale, era, order[i].ticks);
		order[i].era = era;
		gatherer->events[order[i].index].timestamp = time > 0 ? (uint64_t)time : 0;
		set_duration(gatherer, &gatherer->events[order[i].index], &order[i]);
	}
}

static int gather_record(struct gatherer *gatherer, const struct record *record)
{
	size_t index = gatherer->count;
	int error = make_room(gatherer);

	if (error)
		return error;
	fill_event(gatherer, record, &gatherer->events[index]);
	gatherer->order[index] = (struct order){
		.ticks = record->ticks,
		.position = record->position,
		.lane = record->lane,
		.index = (uint32_t)index,
	};
	gatherer->count++;
	return 0;
}

/* The number of units that held a record which was never completed is added to *torn. */
static int gather_lane(struct gatherer *gatherer, uint32_t lane, uint64_t *torn)
{
	struct lane_cursor cursor;
	struct record record;

	const size_t first = gatherer->count;

	lane_cursor_open(&cursor, gatherer->view, lane);
	while (lane_cursor_next(&cursor, &record)) {
		int error = gather_record(gatherer, &record);
		if (error)
			return error;
	}
	set_times(gatherer, first);
	*torn += cursor.torn;
	return 0;
}

/* Order ---------------------------------------------------------------------------------------------------------------------- */

static int by_time(const void *left, const void *right)
{
	const struct order *a = left, *b = right;

	if (a->era != b->era)
		return a->era < b->era ? -1 : 1;
	if (a->ticks != b->ticks)
		return a->ticks < b->ticks ? -1 : 1;
	if (a->lane != b->lane)
		return a->lane < b->lane ? -1 : 1;
	return (a->position > b->position) - (a->position < b->position);
}

static void keep_in_order(struct snapshot *snapshot, const struct gatherer *gatherer)
{
	snapshot->event_count = gatherer->count;
	if (!gatherer->count)
		return;
	qsort(gatherer->order, gatherer->count, sizeof(*gatherer->order), by_time);
	snapshot->events = arena_alloc(&snapshot->arena, gatherer->count, sizeof(*snapshot->events));
	for (size_t i = 0; i < gatherer->count; i++)
		snapshot->events[i] = gatherer->events[gatherer->order[i].index];
}

/* Lanes ---------------------------------------------------------------------------------------------------------------------- */

static void read_controls(struct gatherer *gatherer, struct snapshot *snapshot)
{
	const struct recorder_view *view = gatherer->view;

	gatherer->owners = arena_alloc(gatherer->arena, view->lanes, sizeof(*gatherer->owners));
	gatherer->thread_names = arena_alloc(gatherer->arena, view->lanes, sizeof(*gatherer->thread_names));
	snapshot->stats.dropped = view->header.dropped_early;
	for (uint32_t lane = 0; lane < view->lanes; lane++) {
		struct lane_control control = recorder_view_lane(view, lane);
		snapshot->stats.recorded += control.recorded;
		snapshot->stats.dropped += control.dropped;
		snapshot->stats.truncated += control.truncated;
		gatherer->owners[lane] = control.owner_tid;
		if (control.owner_tid && control.thread_name[0])
			gatherer->thread_names[lane] = arena_string(gatherer->arena, control.thread_name);
	}
}

static int make_sites(struct gatherer *gatherer)
{
	gatherer->site_slots = gatherer->view->header.sites_bytes / SITE_ALIGN + 2;
	gatherer->sites = calloc(gatherer->site_slots, sizeof(struct known_site *));
	return gatherer->sites ? 0 : -ENOMEM;
}

static int gather(struct gatherer *gatherer, struct snapshot *snapshot)
{
	int error = make_sites(gatherer);

	if (error)
		return error;
	read_controls(gatherer, snapshot);
	for (uint32_t lane = 0; !error && lane < gatherer->view->lanes; lane++)
		error = gather_lane(gatherer, lane, &snapshot->stats.torn);
	if (error)
		return error;
	keep_in_order(snapshot, gatherer);
	spans_nest(snapshot);
	if (snapshot->stats.recorded > gatherer->count)
		snapshot->stats.overwritten = snapshot->stats.recorded - gatherer->count;
	return 0;
}

/* All ------------------------------------------------------------------------------------------------------------------------- */

int snapshot_add_recorder(struct snapshot *snapshot, const struct recorder_view *view)
{
	struct clock_pair now = clock_now(view->header.clock.kind);
	struct gatherer gatherer = {.view = view, .arena = &snapshot->arena, .sites_arena = &snapshot->arena};
	int error;

	clock_scale_init(&gatherer.scale, &view->header.clock, recorder_view_pairs(view), &now);
	identity_add(snapshot, view);
	identity_add_times(snapshot, &view->header.clock, &now);
	identity_add_degradations(snapshot, view->header.degradations);
	error = gather(&gatherer, snapshot);
	/* The others went on until they were stopped: no snapshot is older than what it holds. */
	if (snapshot->event_count && snapshot->events[snapshot->event_count - 1].timestamp > snapshot->created_at)
		snapshot->created_at = snapshot->events[snapshot->event_count - 1].timestamp;
	free(gatherer.events);
	free(gatherer.order);
	free(gatherer.sites);
	return error;
}

/* One by one ---------------------------------------------------------------------------------------------------------------- */

struct recorder_events {
	struct gatherer gatherer;
	struct arena sites;
	struct snapshot *snapshot; /* that is being filled */
	size_t lane_first;         /* event of the present lane */
	int error;
};

struct recorder_events *recorder_events_create(const struct recorder_view *view)
{
	struct recorder_events *events = calloc(1, sizeof(*events));

	if (!events)
		return NULL;
	arena_init(&events->sites);
	events->gatherer.view = view;
	events->gatherer.sites_arena = &events->sites;
	if (make_sites(&events->gatherer) == 0)
		return events;
	recorder_events_destroy(events);
	return NULL;
}

void recorder_events_destroy(struct recorder_events *events)
{
	free(events->gatherer.events);
	free(events->gatherer.order);
	free(events->gatherer.sites);
	arena_fini(&events->sites);
	free(events);
}

void recorder_events_begin(struct recorder_events *events, struct snapshot *snapshot)
{
	const struct recorder_view *view = events->gatherer.view;
	struct clock_pair now = clock_now(view->header.clock.kind);

	events->snapshot = snapshot;
	events->gatherer.arena = &snapshot->arena;
	events->gatherer.count = events->lane_first = 0;
	events->error = 0;
	clock_scale_init(&events->gatherer.scale, &view->header.clock, recorder_view_pairs(view), &now);
	identity_add(snapshot, view);
	read_controls(&events->gatherer, snapshot);
}

void recorder_events_take(void *context, const struct record *record)
{
	struct recorder_events *events = context;
	struct gatherer *gatherer = &events->gatherer;

	if (gatherer->count > events->lane_first && gatherer->order[gatherer->count - 1].lane != record->lane) {
		set_times(gatherer, events->lane_first);
		events->lane_first = gatherer->count;
	}
	if (!events->error)
		events->error = gather_record(gatherer, record);
}

int recorder_events_end(struct recorder_events *events)
{
	set_times(&events->gatherer, events->lane_first);
	keep_in_order(events->snapshot, &events->gatherer);
	return events->error;
}
