/*
 * What died in a run, at its end, where the lines that named each death have long scrolled away between those of a thousand tests:
 * deaths of one kind once, the worst kind first, each with the place in the program's own code, and its last words.
 */
#include "describe.h"
#include "filter.h"
#include "rows.h"
#include "run.h"
#include "run_deaths.h"
#include "short_name.h"
#include "stream.h"
#include "symbols.h"
#include "terminal.h"
#include "value_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUPS_SHOWN = 10, FRAMES_TRIED = 16, LAST_WORDS = 3, WORDS_COLUMNS = 160, NAME_COLUMNS = 96, COMMAND_COLUMNS = 64 };

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

/* One group -------------------------------------------------------------------------------------------------------------------- */

static const char *relative(const char *path, const char *base)
{
	const size_t length = base ? strlen(base) : 0;

	return length > 1 && !strncmp(path, base, length) && path[length] == '/' ? path + length + 1 : path;
}

static void print_place(const char *function, const char *file, uint32_t line, const char *base)
{
	char name[SHORT_NAME_BYTES];

	short_name(function, describe_function_bytes(function), NAME_COLUMNS, name);
	fputs("ttlog:     in ", stderr);
	terminal_string(stderr, name, 0);
	if (file) {
		fputs("  ", stderr);
		terminal_string(stderr, relative(file, base), 0);
		fprintf(stderr, ":%u", line);
	}
	putc('\n', stderr);
}

/* Whose source stands here, and not with the system's: the user's, where his languages' libraries are inlined into it or call it. */
static bool is_own(const char *file)
{
	return file && strncmp(file, "/usr/", 5) != 0 && access(file, R_OK) == 0;
}

/* The place in the frame's code that is the user's own; false: none is. */
static bool print_own(const struct symbol *symbol, const char *base)
{
	for (size_t i = 0; i < symbol->inlined_count; i++) {
		if (symbol->inlined[i].function && is_own(symbol->inlined[i].file)) {
			print_place(symbol->inlined[i].function, symbol->inlined[i].file, symbol->inlined[i].line, base);
			return true;
		}
	}
	if (!symbol->function || !is_own(symbol->file))
		return false;
	print_place(symbol->function, symbol->file, symbol->line, base);
	return true;
}

static void look_up(struct symbols *symbols, const struct snapshot_thread *thread, const struct snapshot_frame *frame,
		    struct symbol *symbol)
{
	*symbol = (struct symbol){.function = NULL};
	if (symbols && frame->module)
		(void)symbols_lookup(symbols, frame->module, frame->build_id,
				     frame->offset - !(frame->exact || frame == thread->frames), SYMBOLS_NAMES_AND_LINES, symbol);
}

/* The innermost function that is the user's, or else that is not the system's. */
static void print_function(const struct snapshot *snapshot, const struct snapshot_thread *thread,
			   const struct snapshot_frame *innermost)
{
	struct symbols *symbols = symbols_create(&(struct symbols_options){.cache = true});
	const size_t first = (size_t)(innermost - thread->frames);
	struct symbol symbol;
	bool found = false;

	for (size_t i = first; !found && i < thread->frame_count && i < first + FRAMES_TRIED; i++) {
		look_up(symbols, thread, &thread->frames[i], &symbol);
		found = print_own(&symbol, snapshot->cwd);
	}
	if (!found) {
		look_up(symbols, thread, innermost, &symbol);
		print_place(symbol.function ? symbol.function : innermost->function, symbol.file, symbol.line, snapshot->cwd);
	}
	symbols_destroy(symbols);
}

/* Of a program without symbols. */
static void print_module(const struct snapshot_thread *thread)
{
	size_t i = 0;

	while (i < thread->frame_count && (!thread->frames[i].module || describe_is_system_code(&thread->frames[i])))
		i++;
	if (i == thread->frame_count)
		return;
	fputs("ttlog:     in ", stderr);
	terminal_string(stderr, describe_base_name(thread->frames[i].module), 0);
	fprintf(stderr, "+0x%" PRIx64 "\n", thread->frames[i].offset);
}

static void print_where(const struct snapshot *snapshot)
{
	const struct snapshot_thread *crashed = describe_crashed(snapshot);
	const struct snapshot_thread *thread = crashed ? crashed : snapshot->thread_count ? &snapshot->threads[0] : NULL;
	const struct snapshot_frame *frame = describe_innermost(thread);

	if (frame)
		print_function(snapshot, thread, frame);
	else if (thread)
		print_module(thread);
}

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

static int put(void *rows, struct snapshot_item *item)
{
	return rows_put(rows, item->event, item->number);
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

/* What libc said of it, and what it said itself last of all. */
static void print_said(const struct snapshot *snapshot, struct rows *rows)
{
	const struct snapshot_text *why = &snapshot->abort_message;

	if (why->data)
		print_words("", why);
	for (size_t i = 0; i < rows->count; i++) {
		const struct snapshot_text *message = &rows_at(rows, i)->event.message;
		if (message->data && !(why->data && (holds(why, message) || holds(message, why))))
			print_words("| ", message);
	}
	if (rows->count)
		print_values(&rows_at(rows, rows->count - 1)->event);
}

static void print_headline(const struct snapshot *snapshot, const struct group *group)
{
	char end[DESCRIBE_BYTES];

	describe_end(snapshot, end);
	fputs("ttlog:   ", stderr);
	terminal_string(stderr, snapshot->service ? snapshot->service : "a process", 64);
	putc(' ', stderr);
	terminal_string(stderr, end, 0);
	if (group->count > 1)
		fprintf(stderr, "  (%zu times)", group->count);
	putc('\n', stderr);
}

static void print_group(const struct group *group)
{
	struct filter *filter = filter_create();
	struct rows rows = {.join = NULL};
	const struct rows_settings settings = {.filter = filter, .last = LAST_WORDS, .fold = true};
	const struct snapshot_visitor visitor = {.context = &rows, .decode = true, .event = put};
	struct snapshot_error error;
	struct snapshot snapshot;
	int fd = snapshot_open(group->first->path, &error);

	snapshot_init(&snapshot);
	if (filter && fd >= 0 && rows_init(&rows, &settings) == 0) {
		filter_begin(filter, 0);
		(void)snapshot_stream(fd, &snapshot, &visitor, &error);
		(void)rows_flush(&rows);
		print_headline(&snapshot, group);
		print_first(&snapshot);
		print_where(&snapshot);
		print_said(&snapshot, &rows);
		fprintf(stderr, "ttlog:     ttlog view %s\n", group->first->path);
	}
	rows_fini(&rows);
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

void run_summarize(const struct run *run, const struct run_deaths *deaths, size_t died)
{
	size_t count;
	struct group *groups;

	if (run->options.quiet || !is_worth_it(run, deaths, died))
		return;
	groups = group(deaths, &count);
	print_title(run, died);
	for (size_t i = 0; i < count && i < GROUPS_SHOWN; i++)
		print_group(&groups[i]);
	if (died > run_deaths_count(deaths))
		fprintf(stderr, "ttlog: %zu more died without a snapshot: --max-snapshots %u\n", died - run_deaths_count(deaths),
			run->options.max_snapshots);
	if (count > GROUPS_SHOWN)
		fprintf(stderr, "ttlog: and %zu more: ttlog ls %s\n", count - GROUPS_SHOWN, run->storage);
	free(groups);
}
