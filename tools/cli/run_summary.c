/*
 * What died in a run, at its end, where the lines that named each death have long scrolled away between those of a thousand tests:
 * deaths of one kind once, the worst kind first, each with the place in the program's own code, and its last words.
 */
#include "death_place.h"
#include "describe.h"
#include "event_text.h"
#include "filter.h"
#include "rows.h"
#include "run.h"
#include "run_deaths.h"
#include "spans.h"
#include "stream.h"
#include "terminal.h"
#include "value_text.h"
#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUPS_SHOWN = 10, OTHERS_NAMED = 3, LAST_WORDS = 3, WORDS_COLUMNS = 160, NAME_COLUMNS = 96, COMMAND_COLUMNS = 64 };

struct group {
	const struct run_death *first;
	size_t count;
};

/* Groups ----------------------------------------------------------------------------------------------------------------------- */

static int by_key(const void *left, const void *right)
{
	const struct run_death *const *a = left, *const *b = right;
	const int order = strcmp((*a)->key, (*b)->key);

	return order ? order : (*a < *b ? -1 : *a > *b);
}

/* A run's first death is often the cause of the others. */
static int worst_first(const void *left, const void *right)
{
	const struct group *a = left, *b = right;

	if (a->first->rank != b->first->rank)
		return a->first->rank < b->first->rank ? -1 : 1;
	return a->first < b->first ? -1 : 1;
}

/* malloc'ed; NULL: none, or no memory. */
static struct group *group(const struct run_deaths *deaths, size_t *count)
{
	const struct run_death **sorted = calloc(deaths->count + 1, sizeof(*sorted));
	struct group *groups = calloc(deaths->count + 1, sizeof(*groups));
	size_t dead = 0;

	*count = 0;
	for (size_t i = 0; sorted && i < deaths->count; i++) {
		if (deaths->items[i].rank != DEATH_NONE)
			sorted[dead++] = &deaths->items[i];
	}
	if (dead)
		qsort(sorted, dead, sizeof(*sorted), by_key);
	for (size_t i = 0; groups && i < dead; i++) {
		if (!i || strcmp(sorted[i]->key, sorted[i - 1]->key) != 0)
			groups[(*count)++] = (struct group){sorted[i], 0};
		groups[*count - 1].count++;
	}
	if (groups && *count)
		qsort(groups, *count, sizeof(*groups), worst_first);
	free(sorted);
	return groups;
}

/* As it can be typed. */
static const char *from_here(const char *path)
{
	static char here[PATH_MAX];

	return view_path(path, getcwd(here, sizeof(here)));
}

/* One group -------------------------------------------------------------------------------------------------------------------- */

/* The fault behind an abort. */
static void print_first(const struct snapshot *snapshot)
{
	char text[DESCRIBE_BYTES];

	if (!snapshot->first_signal.present || snapshot->first_signal.number == snapshot->signal.number)
		return;
	describe_signal(&snapshot->first_signal, text);
	fputs("ttlog:     it began with ", stderr);
	terminal_string(stderr, text, 0);
	putc('\n', stderr);
}

static void print_line(const char *label, const char *data, size_t bytes)
{
	char line[WORDS_COLUMNS * 4];

	snprintf(line, sizeof(line), "%.*s", (int)bytes, data);
	line[strcspn(line, "\r")] = '\0';
	if (!line[0])
		return;
	fprintf(stderr, "ttlog:     %s", label);
	terminal_string(stderr, line, WORDS_COLUMNS);
	putc('\n', stderr);
}

/* The last lines of it. */
static void print_words(const char *label, const struct snapshot_text *words)
{
	const char *end = words->data + words->bytes, *at = end;

	while (at > words->data && at[-1] == '\n')
		end = --at;
	for (int lines = 0; at > words->data && (at[-1] != '\n' || ++lines < LAST_WORDS); at--)
		continue;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;
		print_line(label, at, (size_t)(stop - at));
		at = newline ? newline + 1 : end;
	}
}

/* What the events go through. */
struct words {
	struct rows rows;
	struct spans *spans; /* NULL: no memory */
};

static int put(void *context, struct snapshot_item *item)
{
	struct words *words = context;

	if (words->spans)
		spans_follow(words->spans, item->event);
	return rows_put(&words->rows, item->event, item->number);
}

/* Also those of its thread's context: which request, which test. */
static void print_values(const struct snapshot_event *event)
{
	char line[WORDS_COLUMNS * 4] = "", room[VALUE_TEXT_BYTES];

	for (size_t i = 0; i < event->value_count && strlen(line) < WORDS_COLUMNS; i++) {
		size_t bytes;
		const char *text = value_text(&event->values[i].value, room, &bytes);
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s=%.*s", i ? " " : "", event->values[i].key,
			 (int)bytes, text);
	}
	print_line("| ", line, strlen(line));
}

static bool holds(const struct snapshot_text *text, const struct snapshot_text *part)
{
	const size_t bytes = part->bytes && part->data[part->bytes - 1] == '\n' ? part->bytes - 1 : part->bytes;

	return memmem(text->data, text->bytes, part->data, bytes) != NULL;
}

/* "| { request  open for 3 s" */
static void print_span(const struct words *words, struct snapshot_event *event, uint64_t end_ns)
{
	char name[WORDS_COLUMNS * 4];

	event->open = words->spans && span_enters(event) && spans_is_open(words->spans, event->tid, event->span_id);
	snprintf(name, sizeof(name), "%.*s", (int)event->message.bytes, event->message.data);
	fprintf(stderr, "ttlog:     | %s ", span_exits(event) ? "}" : "{");
	terminal_string(stderr, name, WORDS_COLUMNS);
	event_span_print(stderr, event, end_ns);
	putc('\n', stderr);
}

/* What libc said of it, and what it said itself last of all. */
static void print_said(const struct snapshot *snapshot, struct words *words)
{
	const struct snapshot_text *why = &snapshot->abort_message;
	struct rows *rows = &words->rows;

	if (why->data)
		print_words("", why);
	for (size_t i = 0; i < rows->count; i++) {
		struct snapshot_event *event = &rows_at(rows, i)->event;
		const struct snapshot_text *message = &event->message;
		if (message->data && event->span)
			print_span(words, event, snapshot->created_at);
		else if (message->data && !(why->data && (holds(why, message) || holds(message, why))))
			print_words("| ", message);
	}
	if (rows->count)
		print_values(&rows_at(rows, rows->count - 1)->event);
}

/* "(4 times; also misc_tests, patch_tests ...)" */
static void print_others(const struct run_deaths *deaths, const struct group *group)
{
	const char *named[OTHERS_NAMED + 1] = {group->first->service};
	size_t names = 1;

	fprintf(stderr, "  (%zu times", group->count);
	for (size_t i = 0; i < deaths->count; i++) {
		const struct run_death *death = &deaths->items[i];
		bool new = death->rank != DEATH_NONE && !strcmp(death->key, group->first->key);
		for (size_t k = 0; new &&k < names; k++)
			new = strcmp(named[k], death->service) != 0;
		if (!new)
			continue;
		if (names > OTHERS_NAMED) {
			fputs(" ...", stderr);
			break;
		}
		fputs(names == 1 ? "; also " : ", ", stderr);
		terminal_string(stderr, death->service, NAME_COLUMNS);
		named[names++] = death->service;
	}
	putc(')', stderr);
}

static void print_headline(const struct run_deaths *deaths, const struct group *group, const struct snapshot *snapshot)
{
	char end[DESCRIBE_BYTES];

	describe_end(snapshot, end);
	fputs("ttlog:   ", stderr);
	terminal_string(stderr, group->first->service, NAME_COLUMNS);
	putc(' ', stderr);
	terminal_string(stderr, end, 0);
	if (group->count > 1)
		print_others(deaths, group);
	putc('\n', stderr);
}

/* Who is ended by somebody has done nothing: its stack and words tell nothing. */
static void print_sender(const struct snapshot *snapshot)
{
	const struct snapshot_signal *signal = &snapshot->signal;

	if (!signal->has_sender)
		return;
	fprintf(stderr, "ttlog:     by pid %" PRId64, signal->sender_pid);
	if (signal->sender_command) {
		fputs(": ", stderr);
		terminal_string(stderr, signal->sender_command, COMMAND_COLUMNS);
	}
	putc('\n', stderr);
}

static void print_why(const struct snapshot *snapshot, struct words *words)
{
	print_first(snapshot);
	death_place_print(snapshot);
	print_said(snapshot, words);
}

static void print_group(const struct run_deaths *deaths, const struct group *group)
{
	struct filter *filter = filter_create();
	struct words words = {.spans = spans_create()};
	const struct rows_settings settings = {.filter = filter, .last = LAST_WORDS, .fold = true};
	const struct snapshot_visitor visitor = {.context = &words, .decode = true, .event = put};
	struct snapshot_error error;
	struct snapshot snapshot;
	int fd = snapshot_open(group->first->path, &error);

	snapshot_init(&snapshot);
	if (filter && fd >= 0 && rows_init(&words.rows, &settings) == 0) {
		filter_begin(filter, 0);
		(void)snapshot_stream(fd, &snapshot, &visitor, &error);
		(void)rows_flush(&words.rows);
		print_headline(deaths, group, &snapshot);
		if (group->first->rank == DEATH_ENDED)
			print_sender(&snapshot);
		else
			print_why(&snapshot, &words);
		fprintf(stderr, "ttlog:     ttlog view %s\n", from_here(group->first->path));
	}
	rows_fini(&words.rows);
	spans_destroy(words.spans);
	filter_destroy(filter);
	snapshot_fini(&snapshot);
	if (fd >= 0)
		close(fd);
}

/* All of them ------------------------------------------------------------------------------------------------------------------ */

/* CMD's own death has its line already, the last one on the screen. */
static bool is_worth_it(const struct run *run, const struct run_deaths *deaths, size_t died)
{
	if (died > 1)
		return true;
	for (size_t i = 0; i < deaths->count; i++) {
		if (deaths->items[i].rank != DEATH_NONE && deaths->items[i].pid != run->child)
			return true;
	}
	return false;
}

static void print_title(const struct run *run, size_t died)
{
	char line[COMMAND_COLUMNS * 4] = "";

	for (char *const *word = run->options.command; *word && strlen(line) < COMMAND_COLUMNS; word++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s", line[0] ? " " : "",
			 word == run->options.command ? describe_base_name(*word) : *word);
	fprintf(stderr, "ttlog: %zu process%s died while this ran: ", died, died > 1 ? "es" : "");
	terminal_string(stderr, line, COMMAND_COLUMNS);
	putc('\n', stderr);
}

static void print_missing(const struct run *run, size_t missing)
{
	if (missing && run->options.has_max_snapshots)
		fprintf(stderr, "ttlog: %zu more died without a snapshot: --max-snapshots %u\n", missing,
			run->options.max_snapshots);
	else if (missing)
		fprintf(stderr, "ttlog: of %zu more there is no snapshot: --keep %u,%u, or it could not be written\n", missing,
			run->keep_snapshots, run->keep_mb);
}

void run_summarize(const struct run *run, const struct run_deaths *deaths, size_t died)
{
	size_t count;
	struct group *groups;

	if (run->options.quiet || !is_worth_it(run, deaths, died))
		return;
	groups = group(deaths, &count);
	print_title(run, died);
	for (size_t i = 0; i < count && i < GROUPS_SHOWN; i++)
		print_group(deaths, &groups[i]);
	print_missing(run, died - run_deaths_count(deaths));
	if (count > GROUPS_SHOWN)
		fprintf(stderr, "ttlog: and %zu more: ttlog ls %s\n", count - GROUPS_SHOWN, from_here(run->storage));
	free(groups);
}
