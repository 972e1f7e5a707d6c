#include "grep_search.h"

#include "arena.h"
#include "event_text.h"
#include "held.h"
#include "line_join.h"
#include "target.h"
#include "terminal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 4u /* of the further lines of a message */

struct search {
	const struct grep_options *options;
	struct target target;
	struct line_join *join;
	bool begun;
	uint64_t lines, matched, last_printed; /* numbers of lines, from 1 */
	size_t after;                          /* lines of context still to come */
	struct held *before;                   /* a ring of options->before */
	size_t first, count;
	unsigned char *cbor;
	size_t cbor_room;
};

/* A row --------------------------------------------------------------------------------------------------------------------- */

static void print_time(const struct search *search, uint64_t ns)
{
	terminal_paint(stdout, PAINT_DIM);
	event_time_print(stdout, search->options->time, ns, search->target.snapshot.created_at, 0);
	terminal_paint(stdout, PAINT_NONE);
}

/* `mark` as in grep(1): ':' behind the name of a file for a match, '-' for its context. */
static void print_name(const struct search *search, const char *mark)
{
	terminal_paint(stdout, PAINT_CYAN);
	terminal_string(stdout, search->target.path, 0);
	terminal_paint(stdout, PAINT_NONE);
	fputs(mark, stdout);
}

static void print_json(struct search *search, const struct snapshot_event *event)
{
	struct snapshot_error error;
	size_t bytes;

	if (snapshot_encode_event(event, &search->cbor, &search->cbor_room, &bytes) != 0)
		arena_no_memory(search->cbor_room);
	fputs("{\"file\": ", stdout);
	snapshot_print_json_text(stdout, search->target.path, strlen(search->target.path));
	fputs(", \"event\": ", stdout);
	(void)snapshot_print_json_event(stdout, search->cbor, bytes, 0, &error);
	fputs("}\n", stdout);
}

static void print_row(struct search *search, const struct snapshot_event *event, const char *mark)
{
	if (search->options->names)
		print_name(search, mark);
	print_time(search, event->timestamp);
	event_level_print(stdout, event->level);
	event_text_print(stdout, event, INDENT, 0);
	putchar('\n');
}

static void print(struct search *search, const struct snapshot_event *event, uint64_t line, const char *mark)
{
	const bool has_context = search->options->before || search->options->after;

	if (search->options->show == GREP_JSON) {
		print_json(search, event);
		return;
	}
	if (has_context && search->last_printed && line != search->last_printed + 1)
		terminal_printf(stdout, PAINT_DIM, "--\n");
	search->last_printed = line;
	print_row(search, event, mark);
}

/* Context --------------------------------------------------------------------------------------------------------------------- */

static void hold(struct search *search, const struct snapshot_event *event)
{
	const size_t room = search->options->before;

	if (!search->before)
		return;
	if (search->count == room)
		search->first = (search->first + 1) % room;
	else
		search->count++;
	held_set(&search->before[(search->first + search->count - 1) % room], event, search->lines);
}

static void print_before(struct search *search)
{
	for (size_t i = 0; i < search->count; i++) {
		struct held *held = &search->before[(search->first + i) % search->options->before];
		print(search, &held->event, held->number, "- ");
	}
	search->count = 0;
}

/* Lines --------------------------------------------------------------------------------------------------------------------- */

/* Not 0: that was the last one wanted. */
static int found(struct search *search, const struct snapshot_event *event)
{
	const struct grep_options *options = search->options;

	search->matched++;
	if (options->show == GREP_NAMES || options->show == GREP_NOTHING)
		return 1;
	if (options->show != GREP_COUNT) {
		print_before(search);
		print(search, event, search->lines, ": ");
		search->after = options->after;
	}
	return search->matched == options->most && !search->after;
}

static int line(void *context, struct snapshot_event *event, uint64_t number)
{
	struct search *search = context;

	search->lines++;
	if (search->matched < search->options->most && filter_matches(search->options->filter, event, number))
		return found(search, event);
	if (!search->after) {
		hold(search, event);
		return 0;
	}
	print(search, event, search->lines, "- ");
	search->after--;
	return search->matched == search->options->most && !search->after;
}

/* Before the first event all that stands before the events is known: created_at with it. */
static int event(void *context, struct snapshot_item *item)
{
	struct search *search = context;

	if (!search->begun)
		filter_begin(search->options->filter, search->target.snapshot.created_at);
	search->begun = true;
	return line_join_put(search->join, item->event, item->number);
}

/* Files ----------------------------------------------------------------------------------------------------------------------- */

static int sum_up(struct search *search)
{
	const enum grep_show show = search->options->show;

	if (show == GREP_NAMES && search->matched) {
		print_name(search, "\n");
	} else if (show == GREP_COUNT) {
		if (search->options->names)
			print_name(search, ": ");
		printf("%" PRIu64 "\n", search->matched);
	}
	return search->matched ? COMMAND_DONE : COMMAND_NOTHING;
}

static int search_all(struct search *search)
{
	const struct snapshot_visitor visitor = {.context = search, .decode = true, .event = event};
	struct snapshot_error error;
	int result = target_read(&search->target, NULL, &visitor, &error), status;

	if (result <= 0 && line_join_flush(search->join) < 0)
		result = -1;
	status = sum_up(search);
	if (result >= 0)
		return status;
	return command_error(&command_grep, COMMAND_BAD_FILE, "%s: %s; searched is what can be read: %" PRIu64 " line%s",
			     search->target.path, error.text, search->lines, search->lines == 1 ? "" : "s");
}

static void note_given_up(const struct search *search, uint64_t before)
{
	const uint64_t count = filter_gave_up(search->options->filter) - before;

	if (count)
		command_error(&command_grep, COMMAND_DONE,
			      "%s: the pattern takes too long on %" PRIu64 " message%s, which count as no match",
			      search->target.path, count, count == 1 ? "" : "s");
}

int grep_search(const struct grep_options *options, const char *name)
{
	struct search search = {.options = options};
	const uint64_t gave_up = filter_gave_up(options->filter);
	int status = target_open(&command_grep, &search.target, name);

	if (status)
		return status;
	search.join = line_join_create(line, &search);
	search.before = options->before ? calloc(options->before, sizeof(*search.before)) : NULL;
	if (search.join && (search.before || !options->before))
		status = search_all(&search);
	else
		status = command_error(&command_grep, COMMAND_USAGE, "%s: out of memory", name);
	note_given_up(&search, gave_up);
	for (size_t i = 0; search.before && i < options->before; i++)
		held_free(&search.before[i]);
	free(search.before);
	free(search.cbor);
	line_join_destroy(search.join);
	target_close(&search.target);
	return status;
}
