#include "placeholders.h"

#include <stdbool.h>
#include <string.h>

#define HEX_WORD_MIN 8u   /* digits that make a word a number: a hash, not "dead" or "cafe" */
#define QUOTED_MAX   200u /* bytes between quotes; more are two lone quotes */

struct span {
	const char *text;
	size_t bytes;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static size_t hex_digits(struct span span)
{
	size_t count = 0;

	while (count < span.bytes && is_hex(span.text[count]))
		count++;
	return count;
}

/* 123e4567-e89b-12d3-a456-426614174000: its length, or 0. */
static size_t uuid_bytes(struct span span)
{
	static const unsigned char parts[] = {8, 4, 4, 4, 12};
	size_t at = 0;

	for (size_t i = 0; i < sizeof(parts); i++) {
		if (i && (at >= span.bytes || span.text[at++] != '-'))
			return 0;
		if (hex_digits((struct span){span.text + at, span.bytes - at}) != parts[i])
			return 0;
		at += parts[i];
	}
	return at < span.bytes && is_word(span.text[at]) ? 0 : at;
}

/* 0x1f, or a whole word of hexadecimal digits with a decimal one among them. */
static size_t hex_bytes(struct span span)
{
	size_t digits, decimal = 0;

	if (span.bytes > 2 && span.text[0] == '0' && (span.text[1] == 'x' || span.text[1] == 'X')) {
		digits = hex_digits((struct span){span.text + 2, span.bytes - 2});
		return digits ? digits + 2 : 0;
	}
	digits = hex_digits(span);
	if (digits < HEX_WORD_MIN || (digits < span.bytes && is_word(span.text[digits])))
		return 0;
	for (size_t i = 0; i < digits; i++)
		decimal += is_digit(span.text[i]);
	return decimal && decimal < digits ? digits : 0;
}

static size_t number_bytes(struct span span)
{
	size_t at = 0;

	while (at < span.bytes && is_digit(span.text[at]))
		at++;
	if (at && at + 1 < span.bytes && span.text[at] == '.' && is_digit(span.text[at + 1])) {
		for (at++; at < span.bytes && is_digit(span.text[at]);)
			at++;
	}
	return at;
}

static size_t quoted_bytes(struct span span)
{
	const char quote = span.text[0];
	const size_t most = span.bytes < QUOTED_MAX ? span.bytes : QUOTED_MAX;
	const char *end;

	if (quote != '"' && quote != '\'' && quote != '`')
		return 0;
	end = memchr(span.text + 1, quote, most - 1);
	if (!end && quote == '`')
		end = memchr(span.text + 1, '\'', most - 1); /* `so' */
	return end ? (size_t)(end - span.text) + 1 : 0;
}

/* What stands there, and its length; NULL: nothing that would be replaced. `begins`: no word goes on there. */
static const char *find(struct span span, bool begins, size_t *bytes)
{
	if (begins && (*bytes = quoted_bytes(span)))
		return "<str>";
	if (begins && (*bytes = uuid_bytes(span)))
		return "<uuid>";
	if (begins && (*bytes = hex_bytes(span)))
		return "<hex>";
	*bytes = number_bytes(span);
	return *bytes ? "<num>" : NULL;
}

size_t placeholders_put(const char *text, size_t bytes, char result[PLACEHOLDERS_BYTES])
{
	size_t used = 0, length;

	while (bytes && (text[bytes - 1] == '\n' || text[bytes - 1] == '\r'))
		bytes--;
	for (size_t at = 0; at < bytes && used + 1 < PLACEHOLDERS_BYTES; at += length) {
		const char *placeholder = find((struct span){text + at, bytes - at}, !at || !is_word(text[at - 1]), &length);
		const size_t room = PLACEHOLDERS_BYTES - 1 - used, put = placeholder ? strlen(placeholder) : 1;
		if (!placeholder)
			length = 1;
		if (put > room)
			break;
		memcpy(result + used, placeholder ? placeholder : text + at, put);
		if (result[used] == '\n')
			result[used] = ' ';
		used += put;
	}
	result[used] = '\0';
	return used;
}
