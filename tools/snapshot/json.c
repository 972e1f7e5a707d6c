#include "cbor_reader.h"
#include "json_text.h"
#include "snapshot.h"
#include "stream.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Containers down to this depth stand on lines of their own: one line per key, per thread, per module, per event. */
#define BROKEN_DEPTH 2u

struct printer {
	FILE *out;
	unsigned broken_depth;
	struct cbor_reader reader;
};

static int print_item(struct printer *printer);

/* Each byte that belongs to no character becomes U+FFFD. */
static void print_characters(FILE *out, const char *data, size_t bytes)
{
	char shown[JSON_TEXT_BYTES];
	size_t at = 0, plain = 0, used;

	while (at < bytes) {
		if (json_is_plain((unsigned char)data[at])) {
			at++;
			continue;
		}
		fwrite(data + plain, 1, at - plain, out);
		at += json_character(data + at, bytes - at, shown, &used);
		fwrite(shown, 1, used, out);
		plain = at;
	}
	fwrite(data + plain, 1, bytes - plain, out);
}

/* A string in chunks: they follow, up to a break. */
static int print_chunks(struct printer *printer)
{
	struct cbor_token head = {.number = CBOR_INDEFINITE}, chunk;
	struct cbor_items items;
	int error = reader_enter(&printer->reader, &head, &items);

	while (!error && reader_more(&printer->reader, &items)) {
		error = reader_next(&printer->reader, &chunk);
		if (!error && !chunk.data)
			error = -EBADMSG;
		if (!error)
			print_characters(printer->out, chunk.data, chunk.bytes);
	}
	return error;
}

static int print_string(struct printer *printer, const struct cbor_token *token)
{
	int error = 0;

	putc('"', printer->out);
	if (token->data)
		print_characters(printer->out, token->data, token->bytes);
	else
		error = print_chunks(printer);
	putc('"', printer->out);
	return error;
}

/* -1 - 2^64-1 is the one integer of CBOR that uint64_t arithmetic cannot say. */
static void print_negative(FILE *out, uint64_t number)
{
	if (number == UINT64_MAX)
		fputs("-18446744073709551616", out);
	else
		fprintf(out, "-%" PRIu64, number + 1);
}

/* The shortest of the forms that give the same double back; JSON knows neither NaN nor infinity. */
static void print_double(FILE *out, double value)
{
	char text[40];
	int digits = 15;

	if (!isfinite(value)) {
		fputs("null", out);
		return;
	}
	do {
		snprintf(text, sizeof(text), "%.*g", digits, value);
	} while (strtod(text, NULL) != value && ++digits <= 17);
	fputs(text, out);
	if (!strpbrk(text, ".e"))
		fputs(".0", out);
}

static void break_line(const struct printer *printer, unsigned depth)
{
	putc('\n', printer->out);
	for (unsigned i = 0; i < depth; i++)
		fputs("  ", printer->out);
}

/* A key that is no string (none of ours) is printed as its value in quotes; containers cannot be keys of JSON. */
static int print_key(struct printer *printer)
{
	struct cbor_token key;
	int error = reader_next(&printer->reader, &key);

	if (error)
		return error;
	switch (key.kind) {
	case CBOR_TEXT:
	case CBOR_BYTES:
		return print_string(printer, &key);
	case CBOR_UNSIGNED:
		fprintf(printer->out, "\"%" PRIu64 "\"", key.number);
		return 0;
	case CBOR_NEGATIVE:
		putc('"', printer->out);
		print_negative(printer->out, key.number);
		putc('"', printer->out);
		return 0;
	default:
		printer->reader.why = "a key is neither a string nor an integer";
		return -EBADMSG;
	}
}

static int print_pair(struct printer *printer)
{
	int error = print_key(printer);

	if (error)
		return error;
	fputs(": ", printer->out);
	return print_item(printer);
}

static int print_container(struct printer *printer, const struct cbor_token *token)
{
	unsigned depth = printer->reader.depth;
	bool map = token->kind == CBOR_MAP, first = true;
	struct cbor_items items;
	int error = reader_enter(&printer->reader, token, &items);

	putc(map ? '{' : '[', printer->out);
	while (!error && reader_more(&printer->reader, &items)) {
		if (!first)
			fputs(depth < printer->broken_depth ? "," : ", ", printer->out);
		if (depth < printer->broken_depth)
			break_line(printer, depth + 1);
		first = false;
		error = map ? print_pair(printer) : print_item(printer);
	}
	if (!first && depth < printer->broken_depth)
		break_line(printer, depth);
	putc(map ? '}' : ']', printer->out);
	return error;
}

static int print_item(struct printer *printer)
{
	struct cbor_token token;
	int error = reader_next(&printer->reader, &token);

	if (error)
		return error;
	switch (token.kind) {
	case CBOR_UNSIGNED:
		fprintf(printer->out, "%" PRIu64, token.number);
		return 0;
	case CBOR_NEGATIVE:
		print_negative(printer->out, token.number);
		return 0;
	case CBOR_TEXT:
	case CBOR_BYTES:
		return print_string(printer, &token);
	case CBOR_ARRAY:
	case CBOR_MAP:
		return print_container(printer, &token);
	case CBOR_NUMBER:
		print_double(printer->out, token.real);
		return 0;
	case CBOR_TRUTH:
		fputs(token.number ? "true" : "false", printer->out);
		return 0;
	case CBOR_NONE:
		fputs("null", printer->out);
		return 0;
	default:
		printer->reader.why = "a break outside a list";
		return -EBADMSG;
	}
}

static int finish(struct printer *printer, int result, struct snapshot_error *error)
{
	const char *why;

	if (!result && printer->reader.at != printer->reader.bytes) {
		printer->reader.why = "bytes behind the end";
		result = -EBADMSG;
	}
	if (result) {
		why = printer->reader.why ? printer->reader.why : "damaged string";
		snprintf(error->text, sizeof(error->text), "damaged at byte %zu of the CBOR: %s", printer->reader.at, why);
		error->offset = printer->reader.at;
	}
	return result;
}

int snapshot_print_json(FILE *out, const unsigned char *cbor, size_t bytes, struct snapshot_error *error)
{
	struct printer printer = {.out = out, .broken_depth = BROKEN_DEPTH};
	int result;

	reader_init(&printer.reader, cbor, bytes);
	result = print_item(&printer);
	putc('\n', out);
	return finish(&printer, result, error);
}

int snapshot_print_json_member(FILE *out, const unsigned char *cbor, size_t bytes, struct snapshot_error *error)
{
	struct printer printer = {.out = out, .broken_depth = BROKEN_DEPTH};

	reader_init(&printer.reader, cbor, bytes);
	printer.reader.depth = 1;
	return finish(&printer, print_pair(&printer), error);
}

/* The keys of a map behind one of ours. */
static int print_numbered(struct printer *printer, uint64_t number)
{
	struct cbor_token token;
	struct cbor_items items;
	int error = reader_next(&printer->reader, &token);

	if (!error && token.kind != CBOR_MAP)
		error = -EBADMSG;
	if (!error)
		error = reader_enter(&printer->reader, &token, &items);
	fprintf(printer->out, "{\"number\": %" PRIu64, number);
	while (!error && reader_more(&printer->reader, &items)) {
		fputs(", ", printer->out);
		error = print_pair(printer);
	}
	putc('}', printer->out);
	return error;
}

int snapshot_print_json_event(FILE *out, const unsigned char *cbor, size_t bytes, uint64_t number, struct snapshot_error *error)
{
	struct printer printer = {.out = out};

	reader_init(&printer.reader, cbor, bytes);
	return finish(&printer, number ? print_numbered(&printer, number) : print_item(&printer), error);
}

void snapshot_print_json_text(FILE *out, const char *text, size_t bytes)
{
	putc('"', out);
	print_characters(out, text, bytes);
	putc('"', out);
}

void snapshot_print_json_double(FILE *out, double value)
{
	print_double(out, value);
}
