#include "held.h"

#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The strings of an event, but for its message and values: a new one needs a row. */
static const size_t strings[] = {
	offsetof(struct snapshot_event, thread_name), offsetof(struct snapshot_event, target),
	offsetof(struct snapshot_event, file),        offsetof(struct snapshot_event, function),
	offsetof(struct snapshot_event, span),
};

#define STRINGS (sizeof(strings) / sizeof(strings[0]))

static const char **string_at(struct snapshot_event *event, size_t i)
{
	return (const char **)((char *)event + strings[i]);
}

static void *grow(void *memory, size_t *room, size_t bytes)
{
	if (bytes <= *room)
		return memory;
	*room = 2 * bytes;
	memory = realloc(memory, *room);
	if (!memory)
		arena_no_memory(*room);
	return memory;
}

static size_t bytes_of(struct snapshot_event *event)
{
	size_t bytes = event->value_count * sizeof(*event->values) + event->message.bytes + 1;

	for (size_t i = 0; i < STRINGS; i++)
		bytes += *string_at(event, i) ? strlen(*string_at(event, i)) + 1 : 0;
	for (size_t i = 0; i < event->value_count; i++)
		bytes += strlen(event->values[i].key) + 1 + event->values[i].value.string_bytes + 1;
	return bytes;
}

static const char *put(char **at, const void *data, size_t bytes)
{
	char *copy = *at;

	memcpy(copy, data, bytes);
	copy[bytes] = '\0';
	*at += bytes + 1;
	return copy;
}

static void copy_values(struct snapshot_event *event, char **at)
{
	struct snapshot_value *values = (struct snapshot_value *)(void *)*at;

	if (event->value_count)
		memcpy(values, event->values, event->value_count * sizeof(*values));
	*at += event->value_count * sizeof(*values);
	event->values = values;
	for (size_t i = 0; i < event->value_count; i++) {
		values[i].key = put(at, values[i].key, strlen(values[i].key));
		if (values[i].value.string)
			values[i].value.string = put(at, values[i].value.string, values[i].value.string_bytes);
	}
}

void held_set(struct held *held, const struct snapshot_event *event, uint64_t number)
{
	char *at;

	held->event = *event;
	held->number = number;
	held->count = 1;
	held->last_ns = event->timestamp;
	held->memory = grow(held->memory, &held->room, bytes_of(&held->event));
	at = held->memory;
	copy_values(&held->event, &at);
	for (size_t i = 0; i < STRINGS; i++) {
		const char **string = string_at(&held->event, i);
		if (*string)
			*string = put(&at, *string, strlen(*string));
	}
	if (event->message.data)
		held->event.message.data = put(&at, event->message.data, event->message.bytes);
}

void held_append(struct held *held, const struct snapshot_text *more)
{
	struct snapshot_text *message = &held->event.message;
	const bool is_own = message->data && message->data == held->message;
	const size_t before = message->data ? message->bytes : 0;

	held->message = grow(held->message, &held->message_room, before + more->bytes + 1);
	if (!is_own && before)
		memcpy(held->message, message->data, before);
	if (more->bytes)
		memcpy(held->message + before, more->data, more->bytes);
	message->bytes = before + more->bytes;
	held->message[message->bytes] = '\0';
	message->data = held->message;
}

void held_free(struct held *held)
{
	free(held->memory);
	free(held->message);
	*held = (struct held){.number = 0};
}
