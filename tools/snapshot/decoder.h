/*
 * decoder.h - the state of snapshot_decode(), and how it reads what is no container.
 *
 * Private to decode.c, decode_scalar.c and stream.c. Each function returns 0, or -EBADMSG with the error's text filled in. `name` is the
 * key that the item belongs to, for that text.
 */
#ifndef TTLOG_SNAPSHOT_DECODER_H
#define TTLOG_SNAPSHOT_DECODER_H

#include "cbor_reader.h"
#include "schema.h"
#include "snapshot.h"

/* Names of threads, targets, files and functions repeat in every event: one copy each is kept while it stays in the cache. */
#define CACHE_SLOTS 1024u

struct decoder {
	struct cbor_reader reader;
	struct snapshot *snapshot;
	struct snapshot_error *error;
	struct arena *arena; /* for messages, values and lists */
	struct arena *names; /* for what the cache keeps; may be the same */
	size_t budget;       /* memory that the rest of the file may cost */
	struct {
		const char *string;
		size_t bytes;
	} cache[CACHE_SLOTS];
};

void decoder_init(struct decoder *decoder, struct snapshot *snapshot, struct arena *arena, struct arena *names,
		  struct snapshot_error *error);

/* Goes on with these bytes, `origin` in the whole. They add to the budget. */
void decoder_feed(struct decoder *decoder, const unsigned char *data, size_t bytes, uint64_t origin);

/* One map, and one "name: value" of a map. *from: where the search for the next name begins; 0 at first. */
int decode_struct(struct decoder *decoder, const struct schema *schema, void *object);
int decode_member(struct decoder *decoder, const struct schema *schema, size_t *from, void *object);

/* What must hold of a whole snapshot. */
int decode_check(struct decoder *decoder);

/* The first error stays. Always -EBADMSG. */
__attribute__((format(printf, 2, 3))) int decoder_fail(struct decoder *decoder, const char *format, ...);
int decoder_fail_read(struct decoder *decoder);
int decoder_fail_type(struct decoder *decoder, const char *name, const char *wanted);

/* Head of the next item; the rest of an item whose head was read. */
int decoder_next(struct decoder *decoder, struct cbor_token *token);
int decoder_skip(struct decoder *decoder, const struct cbor_token *token);

/* Text or bytes, in one piece. */
bool decoder_is_string(const struct cbor_token *token);

int decode_string(struct decoder *decoder, const char *name, const struct cbor_token *token, const char **string);
int decode_text(struct decoder *decoder, const char *name, const struct cbor_token *token, struct snapshot_text *text);
int decode_unsigned(struct decoder *decoder, const char *name, const struct cbor_token *token, uint64_t most, uint64_t *value);
int decode_u32(struct decoder *decoder, const char *name, const struct cbor_token *token, uint32_t *value);
int decode_signed(struct decoder *decoder, const char *name, const struct cbor_token *token, int64_t most, int64_t *value);
int decode_int(struct decoder *decoder, const char *name, const struct cbor_token *token, int *value);
int decode_bool(struct decoder *decoder, const char *name, const struct cbor_token *token, bool *value);
int decode_double(struct decoder *decoder, const char *name, const struct cbor_token *token, double *value);
int decode_level(struct decoder *decoder, const struct cbor_token *token, unsigned *level);
int decode_source(struct decoder *decoder, const struct cbor_token *token, unsigned *source);

#endif
