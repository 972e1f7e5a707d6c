#include "store.h"

#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The same string as before where it was kept: a table that forgets, for all that is needed is not to copy most of them. */
static const char *keep(struct store *store, const char *string)
{
	uint32_t hash = 2166136261u;
	const char **slot;

	if (!string)
		return NULL;
	for (const char *c = string; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	slot = &store->interned[hash % STORE_INTERNED];
	if (!*slot || strcmp(*slot, string) != 0)
		*slot = arena_string(&store->arena, string);
	return *slot;
}

static void keep_values(struct store *store, struct snapshot_event *event)
{
	struct snapshot_value *values = arena_alloc(&store->arena, event->value_count, sizeof(*values));

	for (size_t i = 0; i < event->value_count; i++) {
		values[i] = event->values[i];
		values[i].key = keep(store, values[i].key);
		if (values[i].value.string)
			values[i].value.string = arena_bytes(&store->arena, values[i].value.string, values[i].value.string_bytes);
	}
	event->values = values;
}

static struct stored *make_room(struct store *store)
{
	if (store->count == store->room) {
		const size_t room = store->room ? store->room * 2 : 1024;
		void *grown = reallocarray(store->events, room, sizeof(*store->events));
		if (!grown)
			arena_no_memory(room * sizeof(*store->events));
		store->events = grown;
		store->room = room;
	}
	return &store->events[store->count++];
}

bool store_add(struct store *store, const struct snapshot_event *event, uint64_t number)
{
	struct stored *stored;

	if (store->count == STORE_MAX)
		return false;
	stored = make_room(store);
	*stored = (struct stored){.event = *event, .number = number};
	stored->event.thread_name = keep(store, event->thread_name);
	stored->event.target = keep(store, event->target);
	stored->event.file = keep(store, event->file);
	stored->event.span = keep(store, event->span);
	stored->event.function = keep(store, event->function);
	if (event->message.data)
		stored->event.message.data = arena_bytes(&store->arena, event->message.data, event->message.bytes);
	if (event->value_count)
		keep_values(store, &stored->event);
	return true;
}

void store_free(struct store *store)
{
	free(store->events);
	arena_fini(&store->arena);
	*store = (struct store){.count = 0};
}
