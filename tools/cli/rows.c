#include "rows.h"

#include "arena.h"
#include "value_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 32u

/* Repetition ------------------------------------------------------------------------------------------------------------------ */

static bool same_string(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_value(const struct snapshot_value *a, const struct snapshot_value *b)
{
	char room_a[VALUE_TEXT_BYTES], room_b[VALUE_TEXT_BYTES];
	size_t bytes_a, bytes_b;
	const char *text_a = value_text(&a->value, room_a, &bytes_a), *text_b = value_text(&b->value, room_b, &bytes_b);

	return same_string(a->key, b->key) && bytes_a == bytes_b && !memcmp(text_a, text_b, bytes_a);
}

/* All that a row shows, but for the time. */
static bool repeats(const struct snapshot_event *a, const struct snapshot_event *b)
{
	if (a->span || b->span || a->depth != b->depth)
		return false;
	if (a->message.bytes != b->message.bytes || a->tid != b->tid || a->level != b->level || a->source != b->source ||
	    a->value_count != b->value_count || a->truncated != b->truncated || a->caller != b->caller || a->line != b->line)
		return false;
	if (a->message.bytes && memcmp(a->message.data, b->message.data, a->message.bytes) != 0)
		return false;
	for (size_t i = 0; i < a->value_count; i++) {
		if (!same_value(&a->values[i], &b->values[i]))
			return false;
	}
	return same_string(a->target, b->target) && same_string(a->file, b->file);
}

/* Rows kept ------------------------------------------------------------------------------------------------------------------- */

struct held *rows_at(struct rows *rows, size_t i)
{
	return &rows->kept[(rows->first + i) % rows->room];
}

/* The room is there as far as it is needed: the last million may be asked of ten events. */
static void make_room(struct rows *rows)
{
	const size_t room = rows->room * 2 < rows->settings.last ? rows->room * 2 : rows->settings.last;
	struct held *kept;

	if (rows->count < rows->room || room <= rows->room)
		return;
	kept = calloc(room, sizeof(*kept));
	if (!kept)
		arena_no_memory(room * sizeof(*kept));
	for (size_t i = 0; i < rows->count; i++)
		kept[i] = *rows_at(rows, i);
	free(rows->kept);
	rows->kept = kept;
	rows->room = room;
	rows->first = 0;
}

static int let_go(struct rows *rows)
{
	struct held *row = rows_at(rows, 0);
	int result = 0;

	if (rows->settings.last == ROWS_ALL && rows->settings.out)
		result = rows->settings.out(rows->settings.context, row);
	rows->first = (rows->first + 1) % rows->room;
	rows->count--;
	return result;
}

static bool is_reported(const struct rows_report *report, const struct snapshot_event *event)
{
	return report->since && event->tid == report->tid && event->timestamp >= report->since;
}

/* There is no room for this but in the place of what was said before. */
static bool is_left_out(struct rows *rows, const struct snapshot_event *event)
{
	if (!is_reported(&rows->settings.report, event))
		return false;
	if (rows->count == rows->settings.last && rows->reported >= rows->settings.last / 2)
		return true;
	rows->reported++;
	return false;
}

static int keep(struct rows *rows, const struct snapshot_event *event, uint64_t number)
{
	int result = 0;

	if (rows->settings.last != ROWS_ALL)
		make_room(rows);
	if (rows->count && rows->count == rows->room)
		result = let_go(rows);
	held_set(rows_at(rows, rows->count), event, number);
	rows->count++;
	return result;
}

static int add(void *context, struct snapshot_event *event, uint64_t number)
{
	struct rows *rows = context;
	struct held *newest = rows->count ? rows_at(rows, rows->count - 1) : NULL;

	rows->lines++;
	if (rows->settings.line)
		rows->settings.line(rows->settings.context, event, number);
	if (!filter_matches(rows->settings.filter, event, number))
		return 0;
	rows->matched++;
	if (!rows->settings.last)
		return 0;
	if (rows->settings.fold && newest && repeats(&newest->event, event)) {
		newest->count++;
		newest->last_ns = event->timestamp;
		rows->folded++;
		return 0;
	}
	if (is_left_out(rows, event)) {
		rows->left_out++;
		return 0;
	}
	return keep(rows, event, number);
}

/* Life ------------------------------------------------------------------------------------------------------------------------ */

int rows_init(struct rows *rows, const struct rows_settings *settings)
{
	memset(rows, 0, sizeof(*rows));
	rows->settings = *settings;
	rows->room = settings->last == ROWS_ALL || !settings->last ? 1 : settings->last < ROOM_FIRST ? settings->last : ROOM_FIRST;
	rows->kept = calloc(rows->room, sizeof(*rows->kept));
	rows->join = line_join_create(add, rows);
	if (rows->kept && rows->join)
		return 0;
	rows_fini(rows);
	return -ENOMEM;
}

void rows_fini(struct rows *rows)
{
	for (size_t i = 0; rows->kept && i < rows->room; i++)
		held_free(&rows->kept[i]);
	free(rows->kept);
	line_join_destroy(rows->join);
	rows->kept = NULL;
	rows->join = NULL;
}

int rows_put(struct rows *rows, struct snapshot_event *event, uint64_t number)
{
	rows->pieces++;
	return line_join_put(rows->join, event, number);
}

int rows_flush(struct rows *rows)
{
	int result = line_join_flush(rows->join);

	while (!result && rows->settings.last == ROWS_ALL && rows->count)
		result = let_go(rows);
	return result;
}

uint64_t rows_kept_events(const struct rows *rows)
{
	uint64_t events = 0;

	for (size_t i = 0; i < rows->count; i++)
		events += rows->kept[(rows->first + i) % rows->room].count;
	return events;
}
