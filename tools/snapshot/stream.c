#include "stream.h"

#include "decoder.h"
#include "unpack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_BYTES ((size_t)1 << 20)
#define NAMES_BYTES  ((size_t)4 << 20) /* names that are kept from event to event, before all are forgotten */

struct stream {
	struct unpacker *unpacker; /* NULL: all there is is in the window */
	unsigned char *data;       /* the window: [at, used) is still to be read */
	size_t at, used, room;
	uint64_t passed;              /* bytes that were before the window */
	bool ended;                   /* nothing comes behind it */
	struct snapshot_error broken; /* why it ended early; no text: it did not */
	struct snapshot_error spoilt; /* what is wrong with a member that was passed over; the first */
	struct snapshot *snapshot;
	const struct snapshot_visitor *visitor;
	struct decoder decoder; /* of members, and of events */
	struct arena scratch, names;
	size_t from; /* of decode_member() */
	bool begun;  /* the events */
	uint64_t number;
};

/* Window ---------------------------------------------------------------------------------------------------------------------- */

/* More bytes behind those that are there; 0 also where there are none, and then `ended` says so. */
static int read_more(struct stream *stream, size_t most)
{
	size_t got = 0;

	if (stream->at)
		memmove(stream->data, stream->data + stream->at, stream->used - stream->at);
	stream->passed += stream->at;
	stream->used -= stream->at;
	stream->at = 0;
	if (stream->used == stream->room) {
		const size_t room = stream->room ? 2 * stream->room : WINDOW_BYTES;
		unsigned char *data;
		if (stream->used >= most)
			return decoder_fail(&stream->decoder,
					    "damaged at byte %" PRIu64 " of the CBOR: an item of more than %zu MB", stream->passed,
					    most >> 20);
		data = realloc(stream->data, room);
		if (!data)
			return decoder_fail(&stream->decoder, "out of memory (%zu bytes)", room);
		stream->data = data;
		stream->room = room;
	}
	if (unpacker_read(stream->unpacker, stream->data + stream->used, stream->room - stream->used, &got) != 0 || !got)
		stream->ended = true;
	stream->used += got;
	return 0;
}

/* Sets the decoder on the window. */
static void look(struct stream *stream)
{
	reader_init(&stream->decoder.reader, stream->data ? stream->data + stream->at : NULL, stream->used - stream->at);
	stream->decoder.reader.origin = stream->passed + stream->at;
	stream->decoder.reader.open_ended = !stream->ended;
}

/* Reads one thing at the front of the window with `attempt`, with as much of the file as that needs. */
static int take(struct stream *stream, size_t most, int (*attempt)(struct stream *stream))
{
	for (;;) {
		int result;
		look(stream);
		result = attempt(stream);
		if (result >= 0 || !stream->decoder.reader.wants_more)
			return result;
		stream->decoder.error->text[0] = '\0';
		result = read_more(stream, most);
		if (result)
			return result;
	}
}

/* Moves on behind what the decoder has read. */
static void pass(struct stream *stream)
{
	stream->at += stream->decoder.reader.at;
}

/* Events ---------------------------------------------------------------------------------------------------------------------- */

/* Names repeat in nearly all events; a file in which they do not must not fill the memory with them. */
static void forget(struct stream *stream)
{
	arena_reset(&stream->scratch);
	if (arena_size(&stream->names) > NAMES_BYTES) {
		arena_reset(&stream->names);
		memset(stream->decoder.cache, 0, sizeof(stream->decoder.cache));
	}
}

static int skip_event(struct stream *stream)
{
	struct cbor_token token;
	const int error = decoder_next(&stream->decoder, &token);

	return error ? error : decoder_skip(&stream->decoder, &token);
}

static int visit_event(struct stream *stream)
{
	const struct snapshot_visitor *visitor = stream->visitor;
	struct snapshot_event event = {0};
	struct snapshot_item item = {.cbor = stream->data + stream->at, .number = stream->number + 1};
	int error;

	if (visitor->event && visitor->decode) {
		forget(stream);
		stream->decoder.budget = STREAM_EVENT_MAX;
		error = decode_struct(&stream->decoder, &schema_event, &event);
		item.event = &event;
	} else {
		error = skip_event(stream);
	}
	if (error)
		return error;
	item.bytes = stream->decoder.reader.at;
	stream->number++;
	return visitor->event ? visitor->event(visitor->context, &item) : 0;
}

static int enter_events(struct stream *stream)
{
	struct cbor_token key, value;
	int error = decoder_next(&stream->decoder, &key);

	if (!error)
		error = decoder_next(&stream->decoder, &value);
	if (error)
		return error;
	if (value.kind != CBOR_ARRAY)
		return decoder_fail_type(&stream->decoder, "events", "an array");
	stream->number = value.number; /* for stream_events() */
	return 0;
}

static int begin_events(struct stream *stream)
{
	stream->begun = true;
	if (stream->snapshot->version > SNAPSHOT_VERSION)
		return decode_check(&stream->decoder);
	return stream->visitor->begin ? stream->visitor->begin(stream->visitor->context) : 0;
}

/* 1: an event follows, 0: none; a break is passed over. */
static int more_events(struct stream *stream)
{
	const struct cbor_reader *reader = &stream->decoder.reader;

	if (!reader->bytes && !stream->ended) {
		stream->decoder.reader.wants_more = true;
		return -EBADMSG;
	}
	if (!reader->bytes || reader->data[0] != 0xff)
		return 1;
	stream->decoder.reader.at = 1;
	return 0;
}

static int stream_events(struct stream *stream)
{
	int result = take(stream, STREAM_EVENT_MAX, enter_events);
	const uint64_t count = stream->number;

	if (result)
		return result;
	pass(stream);
	if (stream->begun)
		return decoder_fail(&stream->decoder, "damaged at byte %" PRIu64 " of the CBOR: events stand there twice",
				    stream->passed + stream->at);
	stream->number = 0;
	stream->decoder.arena = &stream->scratch;
	stream->decoder.names = &stream->names;
	memset(stream->decoder.cache, 0, sizeof(stream->decoder.cache));
	result = begin_events(stream);
	while (!result && stream->number < count) {
		if (count == CBOR_INDEFINITE && (result = take(stream, STREAM_EVENT_MAX, more_events)) <= 0)
			break;
		result = take(stream, STREAM_EVENT_MAX, visit_event);
		if (!result)
			pass(stream);
	}
	if (!result && count == CBOR_INDEFINITE)
		pass(stream);
	stream->decoder.arena = stream->decoder.names = &stream->snapshot->arena;
	memset(stream->decoder.cache, 0, sizeof(stream->decoder.cache));
	if (!result && stream->visitor->end)
		result = stream->visitor->end(stream->visitor->context);
	return result;
}

/* Members --------------------------------------------------------------------------------------------------------------------- */

/* 1: the next key is "events". */
static int is_events(struct stream *stream)
{
	struct cbor_token key;
	const int error = decoder_next(&stream->decoder, &key);

	if (error)
		return error;
	return decoder_is_string(&key) && key.bytes == 6 && !memcmp(key.data, "events", 6);
}

static int skip_pair(struct stream *stream)
{
	const int error = skip_event(stream);

	return error ? error : skip_event(stream);
}

/* A member that is not what it should be. Where at least its end is known, the others may still tell their part. */
static int spoilt(struct stream *stream, bool has_end, size_t bytes)
{
	if (!has_end)
		return -EBADMSG;
	if (!stream->spoilt.text[0])
		stream->spoilt = *stream->decoder.error;
	stream->decoder.error->text[0] = '\0';
	stream->at += bytes;
	return 0;
}

static int stream_member(struct stream *stream)
{
	const struct snapshot_visitor *visitor = stream->visitor;
	size_t bytes;
	int result = take(stream, STREAM_MEMBER_MAX, skip_pair);

	/* One that is damaged is decoded as far as it goes. */
	bytes = result ? stream->used - stream->at : stream->decoder.reader.at;
	if (!result && visitor->member)
		result = visitor->member(visitor->context, stream->data + stream->at, bytes);
	if (result > 0)
		return result;
	decoder_feed(&stream->decoder, stream->data + stream->at, bytes, stream->passed + stream->at);
	if (decode_member(&stream->decoder, &schema_snapshot, &stream->from, stream->snapshot) != 0)
		return spoilt(stream, !result, bytes);
	stream->at += bytes;
	return 0;
}

static int enter_snapshot(struct stream *stream)
{
	struct cbor_token token;
	const int error = decoder_next(&stream->decoder, &token);

	if (error)
		return error;
	if (token.kind != CBOR_MAP)
		return decoder_fail_type(&stream->decoder, "snapshot", "a map");
	stream->number = token.number; /* for stream_all() */
	return 0;
}

static int stream_all(struct stream *stream)
{
	int result = take(stream, STREAM_MEMBER_MAX, enter_snapshot);
	uint64_t left = stream->number;

	stream->number = 0;
	if (result)
		return result;
	pass(stream);
	for (; left; left -= left != CBOR_INDEFINITE) {
		if (left == CBOR_INDEFINITE && (result = take(stream, STREAM_MEMBER_MAX, more_events)) <= 0)
			break;
		result = take(stream, STREAM_MEMBER_MAX, is_events);
		if (result < 0)
			return result;
		result = result ? stream_events(stream) : stream_member(stream);
		if (result)
			return result;
	}
	if (!result && left == CBOR_INDEFINITE)
		pass(stream);
	return result;
}

/* Nothing may follow; and asking for it lets the unpacker check the end of its frame. */
static int check_end(struct stream *stream)
{
	int error = 0;

	while (!error && !stream->ended && stream->at == stream->used)
		error = read_more(stream, STREAM_MEMBER_MAX);
	if (error || stream->at == stream->used)
		return error;
	return decoder_fail(&stream->decoder, "bytes behind the end of the snapshot, at byte %" PRIu64 " of the CBOR",
			    stream->passed + stream->at);
}

/* Paths of modules are used without asking: one that broke off before its path goes. */
static void sweep(struct snapshot *snapshot)
{
	size_t kept = 0;

	for (size_t i = 0; i < snapshot->module_count; i++) {
		if (snapshot->modules[i].path)
			snapshot->modules[kept++] = snapshot->modules[i];
	}
	snapshot->module_count = kept;
}

static int run(struct stream *stream, struct snapshot_error *error)
{
	int result = stream_all(stream);

	if (!result)
		result = check_end(stream);
	/* What the frame lacks explains what the data lacks. */
	if (result <= 0 && stream->broken.text[0]) {
		*error = stream->broken;
		result = -EBADMSG;
	}
	if (!result && stream->spoilt.text[0]) {
		*error = stream->spoilt;
		result = -EBADMSG;
	}
	if (!result)
		result = decode_check(&stream->decoder);
	sweep(stream->snapshot);
	if (result <= 0 && !stream->begun && stream->snapshot->version) {
		const int begun = begin_events(stream);
		const int ended = !begun && stream->visitor->end ? stream->visitor->end(stream->visitor->context) : 0;
		result = begun ? begun : ended ? ended : result;
	}
	return result;
}

static int stream_open(struct stream *stream, struct snapshot *snapshot, const struct snapshot_visitor *visitor,
		       struct snapshot_error *error)
{
	stream->snapshot = snapshot;
	stream->visitor = visitor;
	snapshot->version = 0;
	decoder_init(&stream->decoder, snapshot, &snapshot->arena, &snapshot->arena, error);
	arena_init(&stream->scratch);
	arena_init(&stream->names);
	stream->ended = !stream->unpacker;
	return run(stream, error);
}

int snapshot_stream(int fd, struct snapshot *snapshot, const struct snapshot_visitor *visitor, struct snapshot_error *error)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	int result = -ENOMEM;

	snprintf(error->text, sizeof(error->text), "out of memory");
	if (stream)
		stream->unpacker = unpacker_create(fd, &stream->broken);
	if (stream && stream->unpacker) {
		result = stream_open(stream, snapshot, visitor, error);
		unpacker_destroy(stream->unpacker);
		arena_fini(&stream->scratch);
		arena_fini(&stream->names);
		free(stream->data);
	}
	free(stream);
	return result;
}

/* From memory ------------------------------------------------------------------------------------------------------------------ */

struct memory {
	struct snapshot *snapshot;
	const struct snapshot_visitor *visitor;
};

static int visit_events(void *context)
{
	const struct memory *memory = context;
	const struct snapshot_visitor *visitor = memory->visitor;
	int result = visitor->begin ? visitor->begin(visitor->context) : 0;

	for (size_t i = 0; !result && visitor->event && i < memory->snapshot->event_count; i++) {
		struct snapshot_item item = {.event = &memory->snapshot->events[i], .number = i + 1};
		result = visitor->event(visitor->context, &item);
	}
	if (!result && visitor->end)
		result = visitor->end(visitor->context);
	return result;
}

static int visit_member(void *context, const unsigned char *cbor, size_t bytes)
{
	const struct snapshot_visitor *visitor = ((const struct memory *)context)->visitor;

	return visitor->member(visitor->context, cbor, bytes);
}

/* Through the encoder without the events, which are visited where they would stand. */
static int visit_members(struct memory *memory, struct snapshot_error *error)
{
	const struct snapshot_visitor members = {.context = memory, .member = visit_member, .begin = visit_events};
	struct stream *stream = calloc(1, sizeof(*stream));
	const size_t count = memory->snapshot->event_count;
	struct snapshot copy;
	int result;

	if (!stream) {
		snprintf(error->text, sizeof(error->text), "out of memory");
		return -ENOMEM;
	}
	memory->snapshot->event_count = 0;
	result = snapshot_encode(memory->snapshot, &stream->data, &stream->used, error);
	memory->snapshot->event_count = count;
	if (!result) {
		snapshot_init(&copy);
		result = stream_open(stream, &copy, &members, error);
		snapshot_fini(&copy);
		arena_fini(&stream->scratch);
		arena_fini(&stream->names);
	}
	free(stream->data);
	free(stream);
	return result;
}

int snapshot_visit(struct snapshot *snapshot, const struct snapshot_visitor *visitor, struct snapshot_error *error)
{
	struct memory memory = {.snapshot = snapshot, .visitor = visitor};

	return visitor->member ? visit_members(&memory, error) : visit_events(&memory);
}
