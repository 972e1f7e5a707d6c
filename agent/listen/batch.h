/*
 * batch.h - events that a sink has accepted and not yet written, as bytes; and which of them are handed over a second time.
 *
 * What a batch has accepted is in it until it is written, through every error in between. So events that the listener thread hands over
 * again after a failure are passed over: nothing is written twice. Used by one thread.
 */
#ifndef TTLOG_LISTEN_BATCH_H
#define TTLOG_LISTEN_BATCH_H

#include "accepted.h"
#include "render.h"

/* Takes the longest event (16 KB of text and 8 values of 1 KB) in its longest form, every byte an escape of six. */
#define BATCH_BYTES (256u * 1024)

struct batch {
	struct render out;
	size_t written; /* bytes at the front of `out` that are written */
	struct accepted accepted;
};

typedef void batch_renderer(struct render *render, const struct ttlog_event *event, const void *how);
/* Bytes taken (more than 0), or -errno. */
typedef long batch_writer(void *user, const char *data, size_t bytes);
/* The sink's own way to write all of its batch. 0, or a positive errno. */
typedef int batch_emptier(void *user);

/* `memory`: BATCH_BYTES, the caller's, for as long as the batch is used. */
void batch_init(struct batch *batch, char *memory);

/* Accepts one event; has the batch emptied first where it does not fit. 0, or a positive errno of that: not accepted. */
int batch_add(struct batch *batch, const struct ttlog_event *event, batch_renderer *render, const void *how, batch_emptier *empty,
	      void *user);

/* Writes all. 0, or a positive errno: the rest stays. */
int batch_write(struct batch *batch, batch_writer *write, void *user);

/* What was written may not have lasted (a failed fsync): events that come again are taken again. */
void batch_forget(struct batch *batch);

/* Whether the last line was written in part. */
bool batch_is_half(const struct batch *batch);

/* Back to the beginning of the line that was written in part. */
void batch_rewind(struct batch *batch);

/* Renders one event at the end of `out`, cut (and `truncated` counted) where it does not fit an empty one. False: no room now. */
bool batch_render(struct render *out, const struct ttlog_event *event, batch_renderer *render, const void *how);

#endif
