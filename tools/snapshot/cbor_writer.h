/*
 * cbor_writer.h - CBOR (RFC 8949) into a growing buffer, on top of libcbor's streaming encoders.
 *
 * The first failure (memory) sticks in `error`; later calls do nothing. So callers check once, at the end. The buffer is
 * malloc'ed and the caller's to free.
 */
#ifndef TTLOG_SNAPSHOT_CBOR_WRITER_H
#define TTLOG_SNAPSHOT_CBOR_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cbor_writer {
	unsigned char *data;
	size_t used, room;
	int error; /* 0 or -errno */
};

/*
 * A map whose number of keys is not known beforehand: begin, then one writer_key() before each value. The length is definite;
 * at most WRITER_MAP_KEYS keys fit (-EOVERFLOW). Returns where the map begins, for writer_key().
 */
#define WRITER_MAP_KEYS 23u
size_t writer_map_begin(struct cbor_writer *writer);
void writer_key(struct cbor_writer *writer, size_t map, const char *name);

void writer_map(struct cbor_writer *writer, size_t pairs);
void writer_array(struct cbor_writer *writer, size_t items);
void writer_unsigned(struct cbor_writer *writer, uint64_t value);
void writer_signed(struct cbor_writer *writer, int64_t value);
void writer_double(struct cbor_writer *writer, double value);
void writer_bool(struct cbor_writer *writer, bool value);
void writer_null(struct cbor_writer *writer);
/* A text string where the bytes are UTF-8, a byte string where they are not. */
void writer_text(struct cbor_writer *writer, const char *text, size_t bytes);

#endif
