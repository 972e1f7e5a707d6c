#include "terminal.h"

#include "clean.h"

#include <stdarg.h>
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

/* Writes how one character is shown; returns the columns it takes. `at` moves on. */
static size_t put_character(FILE *out, const unsigned char **at, const unsigned char *end)
{
	char shown[CLEAN_BYTES];
	size_t used, columns;

	*at += clean_character(*at, (size_t)(end - *at), shown, &used, &columns);
	fwrite(shown, 1, used, out);
	return columns;
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
