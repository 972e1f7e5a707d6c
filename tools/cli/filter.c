#include "filter_state.h"
#include "pattern.h"
#include "value_text.h"

#include <stdlib.h>
#include <string.h>

static bool has_pattern(const char *word)
{
	return strpbrk(word, "*?[") != NULL;
}

static bool matches_name(const struct filter_words *words, const char *name)
{
	for (size_t i = 0; name && i < words->count; i++) {
		if (pattern_matches(words->words[i], strlen(words->words[i]), name))
			return true;
	}
	return false;
}

/* A name is for itself and what lies below it, as in TTLOG_LEVEL. */
static bool covers(const char *word, const char *target)
{
	const size_t bytes = strlen(word);

	return !strncmp(word, target, bytes) && (!target[bytes] || strchr(".:/-", target[bytes]));
}

static bool matches_target(const struct filter_words *words, const char *target)
{
	for (size_t i = 0; target && i < words->count; i++) {
		const char *word = words->words[i];
		if (has_pattern(word) ? pattern_matches(word, strlen(word), target) : covers(word, target))
			return true;
	}
	return false;
}

static bool matches_tid(const struct filter *filter, uint32_t tid)
{
	for (size_t i = 0; i < filter->tid_count; i++) {
		if (filter->tids[i] == tid)
			return true;
	}
	return false;
}

/* Key-values ------------------------------------------------------------------------------------------------------------------ */

/* "KEY" or "KEY=VALUE". */
static bool is_value(const char *word, const struct snapshot_value *value)
{
	const size_t key_bytes = strcspn(word, "=");
	char room[VALUE_TEXT_BYTES];
	const char *text;
	size_t bytes;

	if (strncmp(word, value->key, key_bytes) != 0 || value->key[key_bytes])
		return false;
	if (!word[key_bytes])
		return true;
	text = value_text(&value->value, room, &bytes);
	return strlen(word + key_bytes + 1) == bytes && !memcmp(word + key_bytes + 1, text, bytes);
}

static bool has_value(const struct snapshot_event *event, const char *word)
{
	for (size_t i = 0; i < event->value_count; i++) {
		if (is_value(word, &event->values[i]))
			return true;
	}
	return false;
}

static bool same_key(const char *a, const char *b)
{
	const size_t bytes = strcspn(a, "=");

	return bytes == strcspn(b, "=") && !strncmp(a, b, bytes);
}

/* Of the words with the key of words[at], one must hold. */
static bool has_one_of(const struct snapshot_event *event, const struct filter_words *kvs, size_t at)
{
	for (size_t i = 0; i < kvs->count; i++) {
		if (same_key(kvs->words[i], kvs->words[at]) && has_value(event, kvs->words[i]))
			return true;
	}
	return false;
}

static bool matches_values(const struct filter_words *kvs, const struct snapshot_event *event)
{
	for (size_t i = 0; i < kvs->count; i++) {
		if (!has_one_of(event, kvs, i))
			return false;
	}
	return true;
}

/* Message --------------------------------------------------------------------------------------------------------------------- */

/* The line feed at the end is no part of a message: ^...$ means the line. */
static size_t message_bytes(const struct snapshot_text *message)
{
	size_t bytes = message->bytes;

	while (bytes && (message->data[bytes - 1] == '\n' || message->data[bytes - 1] == '\r'))
		bytes--;
	return bytes;
}

static bool matches_message(struct filter *filter, const struct snapshot_text *message)
{
	const size_t bytes = message_bytes(message);
	bool wanted = !filter->wants;

	for (size_t i = 0; i < filter->pattern_count; i++) {
		const struct filter_pattern *pattern = &filter->patterns[i];
		int found;
		if (wanted && !pattern->refuses)
			continue;
		found = message_pattern_matches(pattern->compiled, message->data ? message->data : "", bytes);
		filter->gave_up += found < 0;
		if (found > 0 && pattern->refuses)
			return false;
		wanted |= found > 0;
	}
	return wanted;
}

/* The whole ------------------------------------------------------------------------------------------------------------------- */

static bool matches_place(const struct filter *filter, const struct snapshot_event *event, uint64_t number)
{
	if (filter->around_first && (number < filter->around_first || number > filter->around_last))
		return false;
	if (event->timestamp < filter->first_ns || event->timestamp > filter->last_ns)
		return false;
	if (event->level < filter->level || (filter->sources && !(filter->sources & 1u << event->source)))
		return false;
	return !filter->tid_count || matches_tid(filter, event->tid);
}

/* What costs least is asked first. */
bool filter_matches(struct filter *filter, const struct snapshot_event *event, uint64_t number)
{
	if (!filter->is_set)
		return true;
	if (!matches_place(filter, event, number))
		return false;
	if (filter->thread_names.count && !matches_name(&filter->thread_names, event->thread_name))
		return false;
	if (filter->targets.count && !matches_target(&filter->targets, event->target))
		return false;
	return matches_values(&filter->kvs, event) && matches_message(filter, &event->message);
}

bool filter_is_set(const struct filter *filter)
{
	return filter->is_set;
}

bool filter_is_around(const struct filter *filter)
{
	return filter->around_first != 0;
}

bool filter_needs_end(const struct filter *filter)
{
	return (filter->has_since && filter->since.kind != MOMENT_ABSOLUTE) ||
	       (filter->has_until && filter->until.kind != MOMENT_ABSOLUTE);
}

void filter_begin(struct filter *filter, uint64_t end_ns)
{
	filter->first_ns = filter->has_since ? moment_resolve(&filter->since, end_ns) : 0;
	filter->last_ns = filter->has_until ? moment_resolve(&filter->until, end_ns) : UINT64_MAX;
}

uint64_t filter_gave_up(const struct filter *filter)
{
	return filter->gave_up;
}
