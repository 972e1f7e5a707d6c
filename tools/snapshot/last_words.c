#include "last_words.h"

#include "event.h"

#include <stdbool.h>
#include <string.h>

#define PIECES_MOST 64u /* that are looked at: a panic with its backtrace comes in some forty */
#define ROOM_BYTES  8192u

/* How the runtimes begin, what else is in that line, and how the next one begins that belongs to it. */
static const struct beginning {
	const char *words, *also, *next;
} beginnings[] = {
	{"terminate called", "", "  what():"},                  /* libstdc++ 12 */
	{"pure virtual method called", "", "terminate called"}, /* libstdc++ 12 */
	{"libc++abi: ", "", NULL},                              /* libc++ 14 */
	{"thread '", "panicked at '", NULL},                    /* Rust up to 1.72: 'text', place */
	{"thread '", "panicked at ", ""},                       /* Rust from 1.73: place, and the text below */
	{"Fatal Python error: ", "", NULL},                     /* CPython 3.11 */
};

struct said {
	char text[ROOM_BYTES];
	size_t bytes;
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

/* A line may come in pieces: they are put together before anything is looked for. */
static void gather(const struct snapshot *snapshot, uint32_t tid, struct said *said)
{
	for (size_t i = first_piece(snapshot, tid); i < snapshot->event_count; i++) {
		const struct snapshot_text *message = &snapshot->events[i].message;
		if (!is_said(&snapshot->events[i], tid))
			continue;
		if (message->bytes > sizeof(said->text) - said->bytes)
			return;
		memcpy(said->text + said->bytes, message->data, message->bytes);
		said->bytes += message->bytes;
	}
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

/* The last of them, with the lines that belong to it. */
static struct snapshot_text find(const struct said *said)
{
	struct snapshot_text found = {NULL, 0};
	const struct beginning *last = NULL; /* the line before is its last so far */

	for (const char *line = said->text, *end = said->text + said->bytes, *next; line < end; line = next) {
		const char *feed = memchr(line, '\n', (size_t)(end - line));
		const size_t bytes = (size_t)((feed ? feed : end) - line);
		const bool goes_on = last && last->next && begins(line, bytes, last->next);
		const struct beginning *one = beginning_of(line, bytes);

		next = line + bytes + (feed ? 1 : 0);
		if (one && !goes_on)
			found.data = line;
		if (one || goes_on)
			found.bytes = (size_t)(next - found.data);
		last = one;
	}
	return found;
}

void snapshot_find_last_words(struct snapshot *snapshot, uint32_t tid)
{
	struct said said = {.bytes = 0};
	struct snapshot_text found;

	if (snapshot->abort_message.data)
		return;
	gather(snapshot, tid, &said);
	found = find(&said);
	if (!found.data)
		return;
	snapshot->abort_message.data = arena_bytes(&snapshot->arena, found.data, found.bytes);
	snapshot->abort_message.bytes = found.bytes;
}
