#include "cbor_writer.h"

#include "utf8.h"

#include <cbor.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ITEM_BYTES_MAX    9u /* initial byte and 64-bit argument */
#define WRITER_ROOM_FIRST 65536u

/* Room for `bytes` more, or NULL. */
static unsigned char *writer_reserve(struct cbor_writer *writer, size_t bytes)
{
	size_t room = writer->room ? writer->room : WRITER_ROOM_FIRST;
	unsigned char *data;

	if (writer->error)
		return NULL;
	if (bytes <= writer->room - writer->used)
		return writer->data + writer->used;
	while (room - writer->used < bytes) {
		if (__builtin_mul_overflow(room, (size_t)2, &room)) {
			writer->error = -ENOMEM;
			return NULL;
		}
	}
	data = realloc(writer->data, room);
	if (!data) {
		writer->error = -ENOMEM;
		return NULL;
	}
	writer->data = data;
	writer->room = room;
	return data + writer->used;
}

size_t writer_map_begin(struct cbor_writer *writer)
{
	size_t at = writer->used;

	writer_map(writer, 0);
	return at;
}

/* Up to 23 the length of a map stands in the low bits of its first byte, so the header itself is the counter. */
void writer_key(struct cbor_writer *writer, size_t map, const char *name)
{
	if (writer->error)
		return;
	if ((writer->data[map] & 0x1f) >= WRITER_MAP_KEYS) {
		writer->error = -EOVERFLOW;
		return;
	}
	writer->data[map]++;
	writer_text(writer, name, strlen(name));
}

void writer_map(struct cbor_writer *writer, size_t pairs)
{
	unsigned char *to = writer_reserve(writer, ITEM_BYTES_MAX);

	if (to)
		writer->used += cbor_encode_map_start(pairs, to, ITEM_BYTES_MAX);
}

void writer_array(struct cbor_writer *writer, size_t items)
{
	unsigned char *to = writer_reserve(writer, ITEM_BYTES_MAX);

	if (to)
		writer->used += cbor_encode_array_start(items, to, ITEM_BYTES_MAX);
}

void writer_unsigned(struct cbor_writer *writer, uint64_t value)
{
	unsigned char *to = writer_reserve(writer, ITEM_BYTES_MAX);

	if (to)
		writer->used += cbor_encode_uint(value, to, ITEM_BYTES_MAX);
}

void writer_signed(struct cbor_writer *writer, int64_t value)
{
	unsigned char *to = writer_reserve(writer, ITEM_BYTES_MAX);

	if (!to)
		return;
	if (value >= 0)
		writer->used += cbor_encode_uint((uint64_t)value, to, ITEM_BYTES_MAX);
	else
		writer->used += cbor_encode_negint(~(uint64_t)value, to, ITEM_BYTES_MAX);
}

void writer_double(struct cbor_writer *writer, double value)
{
	unsigned char *to = writer_reserve(writer, ITEM_BYTES_MAX);

	if (to)
		writer->used += cbor_encode_double(value, to, ITEM_BYTES_MAX);
}

void writer_bool(struct cbor_writer *writer, bool value)
{
	unsigned char *to = writer_reserve(writer, ITEM_BYTES_MAX);

	if (to)
		writer->used += cbor_encode_bool(value, to, ITEM_BYTES_MAX);
}

void writer_null(struct cbor_writer *writer)
{
	unsigned char *to = writer_reserve(writer, ITEM_BYTES_MAX);

	if (to)
		writer->used += cbor_encode_null(to, ITEM_BYTES_MAX);
}

void writer_text(struct cbor_writer *writer, const char *text, size_t bytes)
{
	unsigned char *to = bytes < SIZE_MAX - ITEM_BYTES_MAX ? writer_reserve(writer, bytes + ITEM_BYTES_MAX) : NULL;
	size_t head;

	if (!to)
		return;
	if (utf8_valid(text, bytes))
		head = cbor_encode_string_start(bytes, to, ITEM_BYTES_MAX);
	else
		head = cbor_encode_bytestring_start(bytes, to, ITEM_BYTES_MAX);
	if (bytes)
		memcpy(to + head, text, bytes);
	writer->used += head + bytes;
}
