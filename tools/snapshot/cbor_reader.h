/*
 * cbor_reader.h - reads CBOR (RFC 8949) item by item, on top of libcbor's streaming decoder.
 *
 * Nothing is allocated, nothing is copied: strings point into the caller's bytes. The bytes are hostile: nesting is bounded,
 * lengths are checked against what is left, and a container that claims more items than bytes follow is refused at once.
 * Functions return -EBADMSG with the reason in `why`, a static string, and `at` at the item that is wrong.
 */
#ifndef TTLOG_SNAPSHOT_CBOR_READER_H
#define TTLOG_SNAPSHOT_CBOR_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READER_DEPTH_MAX 32u

enum cbor_kind {
	CBOR_UNSIGNED,
	CBOR_NEGATIVE, /* -1 - number */
	CBOR_BYTES,
	CBOR_TEXT,
	CBOR_ARRAY,
	CBOR_MAP,
	CBOR_NUMBER, /* float of any size */
	CBOR_TRUTH,  /* in number */
	CBOR_NONE,   /* null, undefined */
	CBOR_TAGGED, /* never returned: reader_next() passes over tags */
	CBOR_BREAK,
};

#define CBOR_INDEFINITE UINT64_MAX

struct cbor_token {
	enum cbor_kind kind;
	uint64_t number; /* value; items of an array, pairs of a map, or CBOR_INDEFINITE */
	double real;
	const char *data; /* string; NULL: in chunks that follow, ended by a break */
	size_t bytes;
};

struct cbor_reader {
	const unsigned char *data;
	size_t bytes, at;
	uint64_t origin; /* where `data` begins in the whole, for error texts */
	unsigned depth;
	bool open_ended; /* the data is the beginning of what there is: the rest comes later */
	bool wants_more; /* so a failure says that the item does not end within the data, and may within the rest */
	const char *why;
};

/* What is left of the container that is being read. */
struct cbor_items {
	uint64_t left; /* items, or pairs; CBOR_INDEFINITE: until a break */
};

void reader_init(struct cbor_reader *reader, const void *data, size_t bytes);

/* The next item, tags passed over. Of a container only its head: go on with reader_enter(). */
int reader_next(struct cbor_reader *reader, struct cbor_token *token);

/* Goes into the container whose head was just read; reader_more() is 1: an item (or pair) follows, 0: end, container left. */
int reader_enter(struct cbor_reader *reader, const struct cbor_token *token, struct cbor_items *items);
int reader_more(struct cbor_reader *reader, struct cbor_items *items);

/* The rest of an item whose head was just read. */
int reader_skip(struct cbor_reader *reader, const struct cbor_token *token);

/* Items (or pairs) of the container that was just entered, counted where it does not say; the position stays. */
int reader_count(struct cbor_reader *reader, const struct cbor_token *token, uint64_t *count);

#endif
