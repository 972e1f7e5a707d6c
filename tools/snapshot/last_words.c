#include "last_words.h"

#include "event.h"

#include <stdbool.h>
#include <string.h>

#define PIECES_MOST 2048u /* that are looked at: a panic with its backtrace comes in some two hundred */
#define LINE_BYTES  1024u /* of a line; more is not told */

/* How the runtimes begin, what else is in that line, and how the next one begins that belongs to it. */
static const struct beginning {
	const char *words, *also, *next;
} beginnings[] = {
	{"terminate called", "", "  what():"},                  /* libstdc++ 12 */
	{"pure virtual method called", "", "terminate called"}, /* libstdc++ 12 */
	{"libc++abi: ", "", NULL},                              /* libc++ 14 */
	{"thread '", "panicked at '", NULL},                    /* Rust up to 1.72: 'text', place */
	{"thread '", "panicked at ", ""},                       /* Rust from 1.73: place, and the text below */
	{"thread '", "has overflowed its stack", "fatal runtime error: "},
	{"fatal runtime error: ", "", NULL}, /* Rust 1.63 */
	{"Fatal Python error: ", "", NULL},  /* CPython 3.11 */
	{"FATAL ERROR: ", "", NULL},         /* V8 of Node 12 to 20 */
};

/* Lines as they come together from pieces, and what was found in those before. */
struct words {
	char line[LINE_BYTES + 1]; /* with its line feed */
	size_t bytes;
	char found[2 * (LINE_BYTES + 1)];
	size_t found_bytes;
	const struct beginning *last; /* the line before is its last so far */
};

static bool is_said(const struct snapshot_event *event, uint32_t tid)
{
	return event->tid == tid && (event->source == SOURCE_STDERR || event->source == SOURCE_WRITE2) && event->message.data;
}

/* The first of the last pieces that count. */
static size_t first_piece(const struct snapshot *snapshot, uint32_t tid)
{
	size_t at = snapshot->event_count;

	for (unsigned pieces = 0; at > 0 && pieces < PIECES_MOST; at--)
		pieces += is_said(&snapshot->events[at - 1], tid);
	return at;
}

static bool begins(const char *line, size_t bytes, const char *words)
{
	return bytes >= strlen(words) && memcmp(line, words, strlen(words)) == 0;
}

static const struct beginning *beginning_of(const char *line, size_t bytes)
{
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		const struct beginning *one = &beginnings[i];
		if (begins(line, bytes, one->words) && memmem(line, bytes, one->also, strlen(one->also)))
			return one;
	}
	return NULL;
}

/* The last beginning, with the line that belongs to it. */
static void take_line(struct words *words)
{
	const bool goes_on = words->last && words->last->next && begins(words->line, words->bytes, words->last->next);
	const struct beginning *one = beginning_of(words->line, words->bytes);

	if (one && !goes_on)
		words->found_bytes = 0;
	if ((one || goes_on) && words->found_bytes + words->bytes <= sizeof(words->found)) {
		memcpy(words->found + words->found_bytes, words->line, words->bytes);
		words->found_bytes += words->bytes;
	}
	words->last = one;
	words->bytes = 0;
}

static void take_text(struct words *words, const struct snapshot_text *text)
{
	for (size_t i = 0; i < text->bytes; i++) {
		if (words->bytes < LINE_BYTES || text->data[i] == '\n')
			words->line[words->bytes++] = text->data[i];
		if (text->data[i] == '\n')
			take_line(words);
	}
}

void snapshot_find_last_words(struct snapshot *snapshot, uint32_t tid)
{
	struct words words = {.bytes = 0};

	if (snapshot->abort_message.data)
		return;
	for (size_t i = first_piece(snapshot, tid); i < snapshot->event_count; i++) {
		if (is_said(&snapshot->events[i], tid))
			take_text(&words, &snapshot->events[i].message);
	}
	if (words.bytes)
		take_line(&words);
	if (!words.found_bytes)
		return;
	snapshot->abort_message.data = arena_bytes(&snapshot->arena, words.found, words.found_bytes);
	snapshot->abort_message.bytes = words.found_bytes;
}
