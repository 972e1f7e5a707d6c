#include "terminal.h"

#include "utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool colour;

void terminal_init(FILE *out, bool refused)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	colour = !refused && isatty(fileno(out)) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

void terminal_paint(FILE *out, enum paint paint)
{
	static const char *const codes[] = {
		[PAINT_NONE] = "0",      [PAINT_BOLD] = "1",    [PAINT_DIM] = "2",   [PAINT_RED] = "31",  [PAINT_BOLD_RED] = "1;31",
		[PAINT_YELLOW] = "33",   [PAINT_GREEN] = "32",  [PAINT_CYAN] = "36", [PAINT_BLUE] = "34",
	};

	if (colour)
		fprintf(out, "\x1b[%sm", codes[paint]);
}

void terminal_printf(FILE *out, enum paint paint, const char *format, ...)
{
	va_list arguments;

	terminal_paint(out, paint);
	va_start(arguments, format);
	vfprintf(out, format, arguments);
	va_end(arguments);
	terminal_paint(out, PAINT_NONE);
}

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

/* Writes how one character is shown; returns the columns it takes. `at` moves on. */
static size_t put_character(FILE *out, const unsigned char **at, const unsigned char *end)
{
	size_t length = utf8_character(*at, (size_t)(end - *at));
	uint32_t code = length ? code_point(*at, length) : 0;
	const unsigned char *from = *at;

	*at += length ? length : 1;
	if (!length)
		return (size_t)fprintf(out, "\\x%02x", *from);
	if (code == '\t') {
		fputs("    ", out);
		return 4;
	}
	if (code == '\r' || code == '\n')
		return (size_t)fprintf(out, code == '\r' ? "\\r" : "\\n");
	if (code < 0x20 || (code >= 0x7f && code <= 0x9f))
		return (size_t)fprintf(out, "\\x%02x", code);
	if (turns_direction(code) || code == 0x2028 || code == 0x2029)
		return (size_t)fprintf(out, "\\u%04x", code);
	fwrite(from, 1, length, out);
	return 1;
}

size_t terminal_text(FILE *out, const char *text, size_t bytes, unsigned indent)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + bytes;
	size_t columns = 0;

	while (at < end) {
		if (*at != '\n') {
			columns += put_character(out, &at, end);
			continue;
		}
		fprintf(out, "\n%*s", (int)indent, "");
		columns = indent;
		at++;
	}
	return columns;
}

size_t terminal_string(FILE *out, const char *string, size_t most)
{
	const unsigned char *at = (const unsigned char *)string, *end = at + strlen(string);
	size_t columns = 0;

	while (at < end) {
		if (most && columns + 1 >= most && end - at > 1) {
			fputs("…", out);
			return columns + 1;
		}
		columns += put_character(out, &at, end);
	}
	return columns;
}
