#include "decoder.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

int decoder_fail(struct decoder *decoder, const char *format, ...)
{
	va_list arguments;

	if (decoder->error->text[0])
		return -EBADMSG;
	va_start(arguments, format);
	vsnprintf(decoder->error->text, sizeof(decoder->error->text), format, arguments);
	va_end(arguments);
	decoder->error->offset = decoder->reader.origin + decoder->reader.at;
	return -EBADMSG;
}

int decoder_fail_read(struct decoder *decoder)
{
	const char *why = decoder->reader.why ? decoder->reader.why : "damaged";

	return decoder_fail(decoder, "damaged at byte %" PRIu64 " of the CBOR: %s", decoder->reader.origin + decoder->reader.at,
			    why);
}

int decoder_fail_type(struct decoder *decoder, const char *name, const char *wanted)
{
	return decoder_fail(decoder, "damaged at byte %" PRIu64 " of the CBOR: \"%s\" is not %s",
			    decoder->reader.origin + decoder->reader.at, name, wanted);
}

int decoder_next(struct decoder *decoder, struct cbor_token *token)
{
	return reader_next(&decoder->reader, token) ? decoder_fail_read(decoder) : 0;
}

int decoder_skip(struct decoder *decoder, const struct cbor_token *token)
{
	return reader_skip(&decoder->reader, token) ? decoder_fail_read(decoder) : 0;
}

/* Strings --------------------------------------------------------------------------------------------------------------------- */

static uint32_t hash(const char *data, size_t bytes)
{
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < bytes; i++)
		sum = (sum ^ (unsigned char)data[i]) * 16777619u;
	return sum;
}

static const char *keep(struct decoder *decoder, const char *data, size_t bytes)
{
	size_t slot = hash(data, bytes) % CACHE_SLOTS;

	if (!decoder->cache[slot].string || decoder->cache[slot].bytes != bytes ||
	    memcmp(decoder->cache[slot].string, data, bytes) != 0) {
		decoder->cache[slot].string = arena_bytes(decoder->names, data, bytes);
		decoder->cache[slot].bytes = bytes;
	}
	return decoder->cache[slot].string;
}

bool decoder_is_string(const struct cbor_token *token)
{
	return (token->kind == CBOR_TEXT || token->kind == CBOR_BYTES) && token->data;
}

int decode_string(struct decoder *decoder, const char *name, const struct cbor_token *token, const char **string)
{
	if (!decoder_is_string(token))
		return decoder_fail_type(decoder, name, "a string");
	*string = keep(decoder, token->data, token->bytes);
	return 0;
}

int decode_text(struct decoder *decoder, const char *name, const struct cbor_token *token, struct snapshot_text *text)
{
	if (!decoder_is_string(token))
		return decoder_fail_type(decoder, name, "a string");
	text->data = arena_bytes(decoder->arena, token->data, token->bytes);
	text->bytes = token->bytes;
	return 0;
}

/* Numbers --------------------------------------------------------------------------------------------------------------------- */

int decode_unsigned(struct decoder *decoder, const char *name, const struct cbor_token *token, uint64_t most, uint64_t *value)
{
	if (token->kind != CBOR_UNSIGNED || token->number > most)
		return decoder_fail_type(decoder, name, "an unsigned number in range");
	*value = token->number;
	return 0;
}

int decode_u32(struct decoder *decoder, const char *name, const struct cbor_token *token, uint32_t *value)
{
	uint64_t wide = 0;
	int error = decode_unsigned(decoder, name, token, UINT32_MAX, &wide);

	*value = (uint32_t)wide;
	return error;
}

int decode_signed(struct decoder *decoder, const char *name, const struct cbor_token *token, int64_t most, int64_t *value)
{
	if ((token->kind != CBOR_UNSIGNED && token->kind != CBOR_NEGATIVE) || token->number > (uint64_t)most)
		return decoder_fail_type(decoder, name, "a number in range");
	*value = token->kind == CBOR_UNSIGNED ? (int64_t)token->number : -1 - (int64_t)token->number;
	return 0;
}

int decode_int(struct decoder *decoder, const char *name, const struct cbor_token *token, int *value)
{
	int64_t wide = 0;
	int error = decode_signed(decoder, name, token, INT_MAX, &wide);

	*value = (int)wide;
	return error;
}

int decode_bool(struct decoder *decoder, const char *name, const struct cbor_token *token, bool *value)
{
	if (token->kind != CBOR_TRUTH)
		return decoder_fail_type(decoder, name, "true or false");
	*value = token->number != 0;
	return 0;
}

/* Other writers may shorten 2.0 to the integer 2. */
int decode_double(struct decoder *decoder, const char *name, const struct cbor_token *token, double *value)
{
	if (token->kind == CBOR_NUMBER)
		*value = token->real;
	else if (token->kind == CBOR_UNSIGNED)
		*value = (double)token->number;
	else if (token->kind == CBOR_NEGATIVE)
		*value = -1 - (double)token->number;
	else
		return decoder_fail_type(decoder, name, "a number");
	return 0;
}

/* Words ----------------------------------------------------------------------------------------------------------------------- */

int decode_level(struct decoder *decoder, const struct cbor_token *token, unsigned *level)
{
	if (!decoder_is_string(token) || level_parse(token->data, token->bytes, level))
		return decoder_fail_type(decoder, "level", "the name of a level");
	return 0;
}

/* A source that only a later version knows is no reason to refuse the file. */
int decode_source(struct decoder *decoder, const struct cbor_token *token, unsigned *source)
{
	if (!decoder_is_string(token))
		return decoder_fail_type(decoder, "source", "a string");
	for (*source = 0; *source < SOURCE_COUNT; ++*source) {
		const char *name = source_name(*source);
		if (name && strlen(name) == token->bytes && !memcmp(name, token->data, token->bytes))
			break;
	}
	return 0;
}
