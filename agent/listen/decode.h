/*
 * decode.h - a record as the event that listeners are handed.
 *
 * Only the listener thread calls it, in an ordinary context: it allocates.
 */
#ifndef TTLOG_LISTEN_DECODE_H
#define TTLOG_LISTEN_DECODE_H

#include "clock_scale.h"
#include "reader.h"
#include "redact_flow.h"
#include "ttlog_listener.h"

#define DECODE_VALUES_MAX 32u /* of an event itself; the macros take 8 */

/* Each reads at its own pace: what a thread has begun to say, and not ended, is another thing for each. */
#define DECODE_READERS_MAX 16u

/* Texts that redaction changed; they live as long as the event. */
struct decode_memory {
	struct decode_block *blocks;
};

struct decoder {
	const struct recorder_view *view;
	const char *service;
	struct redact_rules *rules;
	struct decode_reader {
		struct redact_flow *flow, *kept; /* NULL: it has not read yet */
	} readers[DECODE_READERS_MAX];
	struct clock_scale scale;
	uint64_t scale_until_ns; /* CLOCK_MONOTONIC: it is made anew after that */
	struct decode_memory memory;
	struct ttlog_value values[DECODE_VALUES_MAX + CONTEXT_KEYS_MAX];
	char thread_name[sizeof(((struct lane_control *)0)->thread_name)];
};

/* `redact`: TTLOG_REDACT. The view and the service stay the caller's. 0 or -ENOMEM. */
int decoder_open(struct decoder *decoder, const struct recorder_view *view, const char *service, const char *redact)
	__attribute__((visibility("hidden")));
void decoder_close(struct decoder *decoder) __attribute__((visibility("hidden")));

/* Lets go what the last event needed; looks at the clocks where it is time to. */
void decoder_begin(struct decoder *decoder, uint64_t now_ns) __attribute__((visibility("hidden")));

/* The level that the event of the record has: cheaper than the event. */
unsigned decode_level(const struct decoder *decoder, const struct record *record) __attribute__((visibility("hidden")));

/* All but `lost`. The event lives until the record changes, or the decoder begins anew. */
void decode_event(struct decoder *decoder, unsigned reader, const struct record *record, struct ttlog_event *event)
	__attribute__((visibility("hidden")));

/* The reader may come back to where it is now; it does; it goes, and another may come. */
void decoder_keep(struct decoder *decoder, unsigned reader) __attribute__((visibility("hidden")));
void decoder_return(struct decoder *decoder, unsigned reader) __attribute__((visibility("hidden")));
void decoder_leave(struct decoder *decoder, unsigned reader) __attribute__((visibility("hidden")));

#endif
