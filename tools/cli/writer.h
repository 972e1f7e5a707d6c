/*
 * writer.h - the formats that events, or whole snapshots, are written in for other programs. One file each.
 *
 * open before the first snapshot, for each begin, the events, end; then close. Before begin everything of the snapshot but its
 * events is known. A function that is NULL has nothing to write. 0; -errno with the error's text where something in the snapshot cannot be
 * written. Failures of the stream itself are found by ferror(3). Single-threaded.
 */
#ifndef TTLOG_CLI_WRITER_H
#define TTLOG_CLI_WRITER_H

#include "open_spans.h"
#include "snapshot.h"
#include "stream.h"
#include "tid_set.h"

struct writer {
	FILE *out;
	const struct snapshot *snapshot; /* the one that was begun */
	bool numbers;                    /* events tell theirs, where the format has a place for it */
	uint64_t written;                /* events of this snapshot */
	uint64_t snapshots;              /* begun */
	bool first_member;               /* of the snapshot: none was written yet */
	bool any;                        /* anything at all, of any snapshot: perfetto */
	uint64_t base_ns;                /* where its times begin */
	struct open_spans open;          /* of the snapshot */
	struct tid_set named;            /* its threads that have been told */
	unsigned char *cbor;             /* of one event, grows */
	size_t cbor_room;
	struct snapshot_error *error;
};

struct writer_format {
	const char *option; /* "ndjson" */
	bool wants_event;   /* decoded; else its CBOR will do */
	bool wants_members; /* of the snapshot, as CBOR */
	void (*open)(struct writer *writer);
	int (*begin)(struct writer *writer);
	int (*member)(struct writer *writer, const unsigned char *cbor, size_t bytes);
	int (*begin_events)(struct writer *writer);
	int (*event)(struct writer *writer, struct snapshot_item *item);
	int (*end_events)(struct writer *writer);
	int (*end)(struct writer *writer);
	void (*close)(struct writer *writer);
};

extern const struct writer_format writer_json, writer_ndjson, writer_csv, writer_perfetto, writer_ttlog_rs;

/* The CBOR of an item, made where it came without. */
int writer_cbor(struct writer *writer, const struct snapshot_item *item, const unsigned char **cbor, size_t *bytes);

/* A value of an event, or all of them as an object, as JSON. */
void writer_json_value(FILE *out, const struct event_value *value);
void writer_json_values(FILE *out, const struct snapshot_event *event);
void writer_json_string(FILE *out, const char *string); /* NULL: null */

#endif
