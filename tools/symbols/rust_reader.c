#include "rust_reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 200 };

/* Text ----------------------------------------------------------------------------------------------------------------------- */

void rust_put(struct rust_reader *reader, const char *text, size_t bytes)
{
	if (reader->silent || reader->bad)
		return;
	if (bytes >= RUST_PLAIN_BYTES - reader->used) {
		reader->bad = true;
		return;
	}
	memcpy(reader->plain + reader->used, text, bytes);
	reader->used += bytes;
}

void rust_say(struct rust_reader *reader, const char *text)
{
	rust_put(reader, text, strlen(text));
}

void rust_say_number(struct rust_reader *reader, uint64_t number)
{
	char text[24];

	rust_put(reader, text, (size_t)snprintf(text, sizeof(text), "%" PRIu64, number));
}

/* The next letter, or NUL. */
static char peek(const struct rust_reader *reader)
{
	return reader->at < reader->bytes && !reader->bad ? reader->name[reader->at] : '\0';
}

bool rust_take(struct rust_reader *reader, char wanted)
{
	if (peek(reader) != wanted)
		return false;
	reader->at++;
	return true;
}

char rust_next(struct rust_reader *reader)
{
	const char c = peek(reader);

	if (c)
		reader->at++;
	else
		reader->bad = true;
	return c;
}

bool rust_enter(struct rust_reader *reader)
{
	if (++reader->depth > DEPTH_MAX)
		reader->bad = true;
	return !reader->bad;
}

/* Numbers -------------------------------------------------------------------------------------------------------------------- */

static int digit62(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'Z' ? c - 'A' + 36 : -1;
}

/* "_" is 0, "0_" is 1. */
uint64_t rust_base62(struct rust_reader *reader)
{
	uint64_t number = 0;

	if (rust_take(reader, '_'))
		return 0;
	while (!rust_take(reader, '_')) {
		const int digit = digit62(rust_next(reader));
		if (digit < 0 || __builtin_mul_overflow(number, 62, &number) ||
		    __builtin_add_overflow(number, (uint64_t)digit, &number)) {
			reader->bad = true;
			return 0;
		}
	}
	return number + 1;
}

/* 0 where it is not there, otherwise one more than it says. */
uint64_t rust_optional62(struct rust_reader *reader, char tag)
{
	return rust_take(reader, tag) ? rust_base62(reader) + 1 : 0;
}

static uint64_t decimal(struct rust_reader *reader)
{
	uint64_t number = 0;

	if (peek(reader) < '0' || peek(reader) > '9')
		reader->bad = true;
	if (rust_take(reader, '0'))
		return 0;
	while (peek(reader) >= '0' && peek(reader) <= '9' && number < UINT32_MAX)
		number = number * 10 + (uint64_t)(rust_next(reader) - '0');
	return number;
}

/* Identifiers ---------------------------------------------------------------------------------------------------------------- */

struct rust_identifier rust_plain_identifier(struct rust_reader *reader)
{
	struct rust_identifier identifier = {.punycode = rust_take(reader, 'u')};

	identifier.bytes = decimal(reader);
	rust_take(reader, '_');
	if (reader->bad || identifier.bytes > reader->bytes - reader->at) {
		reader->bad = true;
		return (struct rust_identifier){.text = ""};
	}
	identifier.text = reader->name + reader->at;
	reader->at += identifier.bytes;
	return identifier;
}

struct rust_identifier rust_read_identifier(struct rust_reader *reader)
{
	const uint64_t disambiguator = rust_optional62(reader, 's');
	struct rust_identifier identifier = rust_plain_identifier(reader);

	identifier.disambiguator = disambiguator;
	return identifier;
}

void rust_say_identifier(struct rust_reader *reader, const struct rust_identifier *identifier)
{
	rust_say(reader, identifier->punycode ? "punycode{" : "");
	rust_put(reader, identifier->text, identifier->bytes);
	rust_say(reader, identifier->punycode ? "}" : "");
}
