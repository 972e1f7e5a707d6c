#include "cbor_reader.h"

#include <cbor.h>
#include <errno.h>

static int bad(struct cbor_reader *reader, const char *why)
{
	if (!reader->why)
		reader->why = why;
	return -EBADMSG;
}

/* Callbacks of libcbor: each notes the one item it is called for. ------------------------------------------------------------- */

static void set(void *context, enum cbor_kind kind, uint64_t number)
{
	struct cbor_token *token = context;

	token->kind = kind;
	token->number = number;
}

static void on_unsigned8(void *context, uint8_t value)
{
	set(context, CBOR_UNSIGNED, value);
}

static void on_unsigned16(void *context, uint16_t value)
{
	set(context, CBOR_UNSIGNED, value);
}

static void on_unsigned32(void *context, uint32_t value)
{
	set(context, CBOR_UNSIGNED, value);
}

static void on_unsigned64(void *context, uint64_t value)
{
	set(context, CBOR_UNSIGNED, value);
}

static void on_negative8(void *context, uint8_t value)
{
	set(context, CBOR_NEGATIVE, value);
}

static void on_negative16(void *context, uint16_t value)
{
	set(context, CBOR_NEGATIVE, value);
}

static void on_negative32(void *context, uint32_t value)
{
	set(context, CBOR_NEGATIVE, value);
}

static void on_negative64(void *context, uint64_t value)
{
	set(context, CBOR_NEGATIVE, value);
}

static void set_string(void *context, enum cbor_kind kind, cbor_data data, size_t bytes)
{
	struct cbor_token *token = context;

	token->kind = kind;
	token->data = (const char *)data;
	token->bytes = bytes;
}

static void on_bytes(void *context, cbor_data data, size_t bytes)
{
	set_string(context, CBOR_BYTES, data, bytes);
}

static void on_text(void *context, cbor_data data, size_t bytes)
{
	set_string(context, CBOR_TEXT, data, bytes);
}

static void on_bytes_chunks(void *context)
{
	set_string(context, CBOR_BYTES, NULL, 0);
}

static void on_text_chunks(void *context)
{
	set_string(context, CBOR_TEXT, NULL, 0);
}

static void on_array(void *context, size_t items)
{
	set(context, CBOR_ARRAY, items);
}

static void on_map(void *context, size_t pairs)
{
	set(context, CBOR_MAP, pairs);
}

static void on_array_open(void *context)
{
	set(context, CBOR_ARRAY, CBOR_INDEFINITE);
}

static void on_map_open(void *context)
{
	set(context, CBOR_MAP, CBOR_INDEFINITE);
}

static void on_tag(void *context, uint64_t value)
{
	set(context, CBOR_TAGGED, value);
}

static void on_float(void *context, float value)
{
	((struct cbor_token *)context)->real = (double)value;
	set(context, CBOR_NUMBER, 0);
}

static void on_double(void *context, double value)
{
	((struct cbor_token *)context)->real = value;
	set(context, CBOR_NUMBER, 0);
}

static void on_none(void *context)
{
	set(context, CBOR_NONE, 0);
}

static void on_truth(void *context, bool value)
{
	set(context, CBOR_TRUTH, value);
}

static void on_break(void *context)
{
	set(context, CBOR_BREAK, 0);
}

static const struct cbor_callbacks callbacks = {
	.uint8 = on_unsigned8,
	.uint16 = on_unsigned16,
	.uint32 = on_unsigned32,
	.uint64 = on_unsigned64,
	.negint8 = on_negative8,
	.negint16 = on_negative16,
	.negint32 = on_negative32,
	.negint64 = on_negative64,
	.byte_string_start = on_bytes_chunks,
	.byte_string = on_bytes,
	.string = on_text,
	.string_start = on_text_chunks,
	.indef_array_start = on_array_open,
	.array_start = on_array,
	.indef_map_start = on_map_open,
	.map_start = on_map,
	.tag = on_tag,
	.float2 = on_float,
	.float4 = on_float,
	.float8 = on_double,
	.undefined = on_none,
	.null = on_none,
	.boolean = on_truth,
	.indef_break = on_break,
};

/* Items ----------------------------------------------------------------------------------------------------------------------- */

void reader_init(struct cbor_reader *reader, const void *data, size_t bytes)
{
	*reader = (struct cbor_reader){.data = data, .bytes = bytes};
}

/* A container cannot hold more items than bytes follow. Indefinite heads (initial byte x | 31) say no number. */
static int check_claim(struct cbor_reader *reader, const struct cbor_token *token, unsigned char initial)
{
	size_t left = reader->bytes - reader->at;
	uint64_t most = token->kind == CBOR_MAP ? left / 2 : left;

	if (reader->open_ended || (token->kind != CBOR_ARRAY && token->kind != CBOR_MAP))
		return 0;
	if ((initial & 0x1f) != 31 && token->number > most)
		return bad(reader, "a list claims more items than the file has bytes");
	return 0;
}

static int cut_off(struct cbor_reader *reader, const char *why)
{
	reader->wants_more = reader->open_ended;
	return bad(reader, why);
}

static int next_any(struct cbor_reader *reader, struct cbor_token *token)
{
	struct cbor_decoder_result result;
	unsigned char initial;

	*token = (struct cbor_token){.kind = CBOR_NONE};
	if (reader->at >= reader->bytes)
		return cut_off(reader, "cut off");
	initial = reader->data[reader->at];
	result = cbor_stream_decode(reader->data + reader->at, reader->bytes - reader->at, &callbacks, token);
	if (result.status == CBOR_DECODER_NEDATA)
		return cut_off(reader, "cut off, or a string claims more bytes than the file has");
	if (result.status != CBOR_DECODER_FINISHED || !result.read || result.read > reader->bytes - reader->at)
		return bad(reader, "not CBOR");
	reader->at += result.read;
	return check_claim(reader, token, initial);
}

int reader_next(struct cbor_reader *reader, struct cbor_token *token)
{
	int error;

	do {
		error = next_any(reader, token);
	} while (!error && token->kind == CBOR_TAGGED);
	return error;
}

int reader_enter(struct cbor_reader *reader, const struct cbor_token *token, struct cbor_items *items)
{
	if (reader->depth >= READER_DEPTH_MAX)
		return bad(reader, "nested too deeply");
	reader->depth++;
	items->left = token->number;
	return 0;
}

static bool at_break(const struct cbor_reader *reader)
{
	return reader->at < reader->bytes && reader->data[reader->at] == 0xff;
}

int reader_more(struct cbor_reader *reader, struct cbor_items *items)
{
	if (items->left == CBOR_INDEFINITE ? at_break(reader) : items->left == 0) {
		reader->at += items->left == CBOR_INDEFINITE;
		reader->depth--;
		return 0;
	}
	if (items->left != CBOR_INDEFINITE)
		items->left--;
	return 1;
}

/*
 * Bytes of a whole integer, definite string, truth value, null or float; 0: ask libcbor. Passing over the events of a snapshot
 * is passing over tens of millions of these, and a call that fills a token for each takes twice the time.
 */
static size_t plain_bytes(const unsigned char *at, size_t left)
{
	const unsigned major = at[0] >> 5, info = at[0] & 31;
	const size_t head = info < 24 ? 1 : info < 28 ? 1 + ((size_t)1 << (info - 24)) : 0;
	uint64_t value = info;

	if (!head || head > left || (major > 3 && major < 7) || (major == 7 && (info < 20 || info == 24)))
		return 0;
	if (major != 2 && major != 3)
		return head;
	if (head > 1)
		value = 0;
	for (size_t i = 1; i < head; i++)
		value = value << 8 | at[i];
	return value <= left - head ? head + (size_t)value : 0;
}

static int skip_next(struct cbor_reader *reader)
{
	const size_t plain = reader->at < reader->bytes ? plain_bytes(reader->data + reader->at, reader->bytes - reader->at) : 0;
	struct cbor_token token;
	int error;

	reader->at += plain;
	if (plain)
		return 0;
	error = reader_next(reader, &token);
	return error ? error : reader_skip(reader, &token);
}

/* Recursion ends at READER_DEPTH_MAX, which reader_enter() enforces. */
int reader_skip(struct cbor_reader *reader, const struct cbor_token *token)
{
	bool chunks = (token->kind == CBOR_TEXT || token->kind == CBOR_BYTES) && !token->data;
	struct cbor_token head = *token;
	struct cbor_items items;
	int error;

	if (token->kind == CBOR_BREAK)
		return bad(reader, "not CBOR");
	if (!chunks && token->kind != CBOR_ARRAY && token->kind != CBOR_MAP)
		return 0;
	if (chunks)
		head.number = CBOR_INDEFINITE;
	error = reader_enter(reader, &head, &items);
	while (!error && reader_more(reader, &items)) {
		error = skip_next(reader);
		if (!error && token->kind == CBOR_MAP)
			error = skip_next(reader);
	}
	return error;
}

int reader_count(struct cbor_reader *reader, const struct cbor_token *token, uint64_t *count)
{
	struct cbor_reader ahead = *reader;
	struct cbor_items items = {.left = CBOR_INDEFINITE};
	int error = 0;

	*count = token->number;
	if (token->number != CBOR_INDEFINITE)
		return 0;
	for (*count = 0; !error && reader_more(&ahead, &items); ++*count) {
		error = skip_next(&ahead);
		if (!error && token->kind == CBOR_MAP)
			error = skip_next(&ahead);
	}
	return error ? bad(reader, ahead.why) : 0;
}
