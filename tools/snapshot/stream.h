/*
 * stream.h - a snapshot file read from front to back: one event in memory at a time, however many there are.
 *
 * Everything but the events goes into a struct snapshot, as snapshot_decode() does it (its own list of events stays empty);
 * each event is shown to a visitor and forgotten. What stands behind the events in the file is known only when all were
 * visited. Single-threaded.
 *
 * A damaged file is visited as far as it can be read, and then it is an error: what was visited, and what is in the snapshot,
 * is sound. Hostile files are bounded: by SNAPSHOT_CBOR_MAX bytes in all, and by the two sizes below.
 */
#ifndef TTLOG_SNAPSHOT_STREAM_H
#define TTLOG_SNAPSHOT_STREAM_H

#include "snapshot.h"

#define STREAM_EVENT_MAX  ((size_t)16 << 20)  /* bytes of CBOR of one event */
#define STREAM_MEMBER_MAX ((size_t)512 << 20) /* of all threads, of all modules */

struct snapshot_item {
	struct snapshot_event *event; /* NULL where nobody asked for it. The strings live until the visit returns */
	const unsigned char *cbor;    /* as it stands in the file; NULL: it comes from elsewhere */
	size_t bytes;
	uint64_t number; /* from 1 */
};

/* Any function may be NULL. A result that is not 0 ends the stream, and is its result; use numbers above 0. */
struct snapshot_visitor {
	void *context;
	bool decode; /* items have an event; without it they have cbor only */
	int (*member)(void *context, const unsigned char *cbor, size_t bytes); /* a key and its value, but for "events" */
	int (*begin)(void *context);                                           /* of the events; once, also where there are none */
	int (*event)(void *context, struct snapshot_item *item);
	int (*end)(void *context);
};

/* From the file that `fd` stands at the beginning of. */
int snapshot_stream(int fd, struct snapshot *snapshot, const struct snapshot_visitor *visitor, struct snapshot_error *error);

/*
 * The same from a snapshot in memory, whose events are visited: they may be changed meanwhile. Without member() nothing is
 * encoded.
 */
int snapshot_visit(struct snapshot *snapshot, const struct snapshot_visitor *visitor, struct snapshot_error *error);

/* A key and its value as they stand between the braces of snapshot_print_json(); without a line feed at the end. */
int snapshot_print_json_member(FILE *out, const unsigned char *cbor, size_t bytes, struct snapshot_error *error);

/* An event in one line, without its line feed; a `number` above 0 becomes its first key. */
int snapshot_print_json_event(FILE *out, const unsigned char *cbor, size_t bytes, uint64_t number, struct snapshot_error *error);

/* Any bytes as a JSON string, in quotes; a number that JSON may lack is null. */
void snapshot_print_json_text(FILE *out, const char *text, size_t bytes);
void snapshot_print_json_double(FILE *out, double value);

/* The key of a value as files have it, no two the same: maybe in `room`. */
#define SNAPSHOT_KEY_BYTES 512u
const char *snapshot_value_key(const struct snapshot_value *values, size_t at, char room[SNAPSHOT_KEY_BYTES]);

/* CBOR of one event, into a buffer that is malloc'ed and grows: the caller's to free. */
int snapshot_encode_event(const struct snapshot_event *event, unsigned char **cbor, size_t *room, size_t *bytes);

#endif
