#include "clean.h"

#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Code point of a character that utf8_character() found. */
static uint32_t code_point(const unsigned char *at, size_t length)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = at[0] & masks[length];

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (at[i] & 0x3f);
	return code;
}

/* Marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX 9) reorder what a reader sees. */
static bool turns_direction(uint32_t code)
{
	return code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

static size_t show(char *shown, const char *string)
{
	const size_t bytes = strlen(string);

	memcpy(shown, string, bytes);
	return bytes;
}

/* A backslash, a letter, and the code in so many hexadecimal digits. */
static size_t show_code(char *shown, char letter, uint32_t code, size_t digits)
{
	shown[0] = '\\';
	shown[1] = letter;
	for (size_t i = 0; i < digits; i++)
		shown[2 + i] = "0123456789abcdef"[code >> 4 * (digits - 1 - i) & 15];
	return 2 + digits;
}

static size_t show_harmless(const unsigned char *at, size_t length, uint32_t code, char *shown)
{
	if (!length)
		return show_code(shown, 'x', at[0], 2);
	if (code == '\t')
		return show(shown, "    ");
	if (code == '\r' || code == '\n')
		return show(shown, code == '\r' ? "\\r" : "\\n");
	if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
		return show_code(shown, 'x', code, 2);
	if (turns_direction(code) || code == 0x2028 || code == 0x2029)
		return show_code(shown, 'u', code, 4);
	return 0;
}

size_t clean_character(const void *text, size_t bytes, char shown[CLEAN_BYTES], size_t *used, size_t *columns)
{
	const size_t length = utf8_character(text, bytes);

	*used = *columns = show_harmless(text, length, length ? code_point(text, length) : 0, shown);
	if (*used == 0) {
		memcpy(shown, text, length);
		*used = length;
		*columns = 1;
	}
	return length ? length : 1;
}
