#include "terminal.h"

#include "utf8.h"

#include <locale.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

static bool colour;
static size_t terminal_columns;

/* As others do it: NO_COLOR (no-color.org) and a dumb terminal say no, CLICOLOR_FORCE (bixense.com/clicolors) says yes. */
static bool wants_colour(bool is_terminal)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE");

	if (no && *no)
		return false;
	if (force && *force && strcmp(force, "0") != 0)
		return true;
	return is_terminal && !(term && !strcmp(term, "dumb"));
}

static size_t columns_of(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return columns && atoi(columns) > 0 ? (size_t)atoi(columns) : 0;
}

void terminal_init(FILE *out, enum terminal_colour wanted)
{
	const int fd = fileno(out);
	const bool is_terminal = isatty(fd);

	setlocale(LC_CTYPE, "C.UTF-8"); /* for wcwidth(3): what is printed is UTF-8 in any locale */
	colour = wanted == TERMINAL_COLOUR_ALWAYS || (wanted == TERMINAL_COLOUR_AUTO && wants_colour(is_terminal));
	terminal_columns = is_terminal ? columns_of(fd) : 0;
}

size_t terminal_width(void)
{
	return terminal_columns;
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

/* Shown as it is. A tab is not: columns would be unknown. */
static bool is_harmless(uint32_t code)
{
	return code >= 0x20 && (code < 0x7f || code > 0x9f) && !turns_direction(code) && code != 0x2028 && code != 0x2029;
}

static size_t width_of(uint32_t code)
{
	const int columns = code < 0x7f ? 1 : wcwidth((wchar_t)code);

	return columns < 0 ? 1 : (size_t)columns;
}

/* How a character is shown that is not shown as it is; `length` 0: a byte that is none. Returns its columns. */
static size_t put_escape(FILE *out, unsigned char byte, size_t length, uint32_t code)
{
	if (!length)
		return (size_t)fprintf(out, "\\x%02x", byte);
	switch (code) {
	case '\t':
		fputs("    ", out);
		return 4;
	case '\r':
	case '\n':
		return (size_t)fprintf(out, code == '\r' ? "\\r" : "\\n");
	default:
		return (size_t)fprintf(out, code < 0x100 ? "\\x%02x" : "\\u%04x", code);
	}
}

/*
 * Clean text up to `end`, a line feed if `stop_at_lines`, or where `most` columns (0: any number) are used but one. Returns
 * where it stopped; *columns grows. Runs of what needs no change are written at once.
 */
static const unsigned char *put_run(FILE *out, const unsigned char *at, const unsigned char *end, bool stop_at_lines, size_t most,
				    size_t *columns)
{
	const unsigned char *plain = at;

	while (at < end && !(stop_at_lines && *at == '\n') && !(most && *columns + 1 >= most && end - at > 1)) {
		const size_t length = *at < 0x80 ? 1 : utf8_character(at, (size_t)(end - at));
		const uint32_t code = length ? code_point(at, length) : 0;
		if (length && is_harmless(code)) {
			*columns += width_of(code);
			at += length;
			continue;
		}
		fwrite(plain, 1, (size_t)(at - plain), out);
		*columns += put_escape(out, *at, length, code);
		plain = at += length ? length : 1;
	}
	fwrite(plain, 1, (size_t)(at - plain), out);
	return at;
}

size_t terminal_text(FILE *out, const char *text, size_t bytes, unsigned indent)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + bytes;
	size_t columns = 0;

	while (at < end) {
		at = put_run(out, at, end, true, 0, &columns);
		if (at == end)
			break;
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

	if (put_run(out, at, end, false, most, &columns) == end)
		return columns;
	fputs("…", out);
	return columns + 1;
}
