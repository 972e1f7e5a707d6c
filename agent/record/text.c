#include "record.h"

#include "peek.h"

#include <string.h>

/* Bytes of the next record: all that is left, or up to the last line end that fits. */
static uint32_t part_bytes(const char *text, size_t left)
{
	if (left <= RECORD_TEXT_BYTES)
		return (uint32_t)left;
	const char *end = memrchr(text, '\n', RECORD_TEXT_BYTES);
	return end ? (uint32_t)(end - text) + 1 : RECORD_TEXT_BYTES;
}

struct part {
	uint32_t full;
	char text[RECORD_TEXT_BYTES];
};

/* A text of which something is left out says how long it was. */
static void write_cut(struct record_fields fields, struct part *part, uint32_t bytes, size_t full)
{
	part->full = full < UINT32_MAX ? (uint32_t)full : UINT32_MAX;
	fields.kind |= (uint64_t)RECORD_TRUNCATED << 8;
	lane_write(fields, part, (uint32_t)sizeof(part->full) + bytes);
	lane_count_truncated();
}

void record_borrowed_text(const struct record_origin *origin, const void *text, size_t bytes)
{
	if (bytes > RECORD_TEXT_BYTES) {
		record_long_text(origin, text, bytes, bytes);
		return;
	}
	char *copy = __builtin_alloca(bytes); /* no more than is needed, on a stack that may be a handler's of 8 KB */
	if (peek(copy, text, bytes) == 0)
		record_text(origin, copy, bytes, bytes);
	else
		lane_count_lost();
}

/* Long text: the first part, and as many of the last ones as are kept, because the end is what explains a death. */
__attribute__((noinline)) void record_long_text(const struct record_origin *origin, const void *begin, size_t bytes, size_t full)
{
	const struct record_fields fields = record_origin_fields(origin);
	const char *text = begin;
	const size_t kept = (size_t)RECORD_TEXT_BYTES * RECORD_TEXT_PARTS;
	size_t missing = full - bytes;
	const char *const end = text + bytes;
	if (bytes > kept)
		missing += bytes - kept;
	while (text < end) {
		struct part part;
		const size_t left = (size_t)(end - text), taken = left < sizeof(part.text) ? left : sizeof(part.text);
		if (peek(part.text, text, taken) != 0) {
			lane_count_lost();
			return;
		}
		const uint32_t n = part_bytes(part.text, left);
		if (missing)
			write_cut(fields, &part, n, n + missing);
		else
			lane_write(fields, part.text, n);
		text += n;
		missing = 0;
		if ((size_t)(end - text) > kept)
			text = end - kept;
	}
}

void record_named(const struct record_origin *origin, const void *text, size_t bytes, size_t full, const char *key,
		  const char *value)
{
	const uint16_t length = (uint16_t)bytes;
	const struct event_value named = {
		.key = key,
		.key_bytes = (uint32_t)strlen(key),
		.type = VALUE_STRING,
		.string = value,
		.string_bytes = (uint32_t)strlen(value),
	};
	if (!*value || bytes > RECORD_TEXT_BYTES || bytes != full) {
		record_text(origin, text, bytes, full);
		return;
	}
	struct record_fields fields = record_origin_fields(origin);
	fields.kind |= (uint64_t)RECORD_HAS_VALUES << 8;
	/* No more than is needed, on a stack that may be a handler's of 8 KB. */
	const size_t before = sizeof(length) + bytes, needed = before + 2 + named.key_bytes + sizeof(uint16_t) + named.string_bytes;
	const size_t room = needed < 2 * RECORD_TEXT_BYTES ? needed : 2 * RECORD_TEXT_BYTES;
	unsigned char *payload = __builtin_alloca(room);
	memcpy(payload, &length, sizeof(length));
	memcpy(payload + sizeof(length), text, bytes);
	lane_write(fields, payload, (uint32_t)value_encode(payload, room, before, &named));
}
