#include "spoken.h"

#include "libc_ways.h"

enum { GATHERED_BYTES = 512, STREAMS = 2 };

/* Of descriptors 1 and 2. `bytes` says how much of the text is valid: a dying process reads it, whoever was at it. */
static struct {
	const void *caller;
	uint32_t bytes;
	char text[GATHERED_BYTES];
} gathered[STREAMS];

static struct record_origin origin_of(unsigned kind, const void *caller)
{
	return (struct record_origin){kind == 0 ? SOURCE_STDOUT : SOURCE_STDERR, kind == 0 ? LEVEL_INFO : LEVEL_WARN, caller, 0};
}

static void record_gathered(unsigned kind)
{
	const uint32_t bytes = __atomic_exchange_n(&gathered[kind].bytes, 0, __ATOMIC_ACQ_REL);
	if (!bytes)
		return;
	const struct record_origin origin = origin_of(kind, gathered[kind].caller);
	record_text(&origin, gathered[kind].text, bytes, bytes);
}

bool spoken_begin(struct record_origin *origin, FILE *stream, const void *caller)
{
	if (!stream || !agent_ready)
		return false;
	const int fd = libc_stream_number(stream);
	if (!write_origin(fd, caller, origin))
		return false;
	const unsigned kind = (unsigned)fd - 1;
	if (kind >= STREAMS)
		return true;
	*origin = origin_of(kind, caller);
	if (__atomic_load_n(&gathered[kind].bytes, __ATOMIC_RELAXED) && ftrylockfile(stream) == 0) {
		record_gathered(kind);
		funlockfile(stream);
	}
	return true;
}

void spoken_record(const struct record_origin *origin, FILE *stream, const void *text, size_t bytes)
{
	const unsigned kind = (unsigned)libc_stream_number(stream) - 1;
	if (kind < STREAMS && stream_discards(&stream_slots[kind], (int)kind + 1))
		stream_record_unread(origin, text, bytes);
	else if (bytes)
		record_text(origin, text, bytes, bytes);
}

void spoken_gather(const struct record_origin *origin, FILE *stream, char character)
{
	const unsigned kind = (unsigned)libc_stream_number(stream) - 1;
	if (kind >= STREAMS || ftrylockfile(stream) != 0) {
		record_text(origin, &character, 1, 1);
		return;
	}
	const uint32_t at = gathered[kind].bytes;
	if (at == 0)
		gathered[kind].caller = origin->caller;
	gathered[kind].text[at] = character;
	__atomic_store_n(&gathered[kind].bytes, at + 1, __ATOMIC_RELEASE);
	if (character == '\n' || at + 1 == GATHERED_BYTES)
		record_gathered(kind);
	funlockfile(stream);
}

/* What outlet.h wants of a C library's streams ------------------------------------------------------------------------------------ */

void stream_init(uint32_t capture)
{
	__atomic_store_n(&stream_recorded, capture & (CAPTURE_STDOUT | CAPTURE_STDERR), __ATOMIC_RELEASE);
}

void stream_threads_begin(void)
{
}

void stream_take_rest(FILE *stream)
{
	const unsigned kind = (unsigned)libc_stream_number(stream) - 1;
	if (kind >= STREAMS || !(stream_recorded >> kind & 1) || ftrylockfile(stream) != 0)
		return;
	record_gathered(kind);
	funlockfile(stream);
}

void stream_last_words_as(void)
{
	for (unsigned kind = 0; kind < STREAMS; kind++) {
		if (stream_recorded >> kind & 1)
			record_gathered(kind);
	}
}
