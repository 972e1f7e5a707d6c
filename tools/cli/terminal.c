#include "terminal.h"

#include "clean.h"

#include <locale.h>
#include <stdarg.h>
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
		[PAINT_NONE] = "0",    [PAINT_BOLD] = "1",   [PAINT_DIM] = "2",   [PAINT_RED] = "31",  [PAINT_BOLD_RED] = "1;31",
		[PAINT_YELLOW] = "33", [PAINT_GREEN] = "32", [PAINT_CYAN] = "36", [PAINT_BLUE] = "34",
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

/* Of a character that is shown as it is. terminal_init() has set the locale for it. */
static size_t width_of(const char *character, size_t bytes)
{
	mbstate_t state = {0};
	wchar_t wide;
	int columns;

	if (bytes == 1)
		return 1;
	columns = mbrtowc(&wide, character, bytes, &state) == bytes ? wcwidth(wide) : 1;
	return columns < 0 ? 1 : (size_t)columns;
}

/* Writes how one character is shown; `at` moves on, and *columns grows. */
static const unsigned char *put_character(FILE *out, const unsigned char *at, const unsigned char *end, size_t *columns)
{
	char shown[CLEAN_BYTES];
	size_t used, taken;
	const size_t bytes = clean_character(at, (size_t)(end - at), shown, &used, &taken);

	fwrite(shown, 1, used, out);
	*columns += taken == 1 && used == bytes ? width_of(shown, used) : taken;
	return at + bytes;
}

/*
 * Clean text up to `end`, a line feed if `stop_at_lines`, or where `most` columns (0: any number) are used but one. Returns
 * where it stopped; *columns grows. Runs of plain ASCII are written at once.
 */
static const unsigned char *put_run(FILE *out, const unsigned char *at, const unsigned char *end, bool stop_at_lines, size_t most,
				    size_t *columns)
{
	const unsigned char *plain = at;

	while (at < end && !(stop_at_lines && *at == '\n') && !(most && *columns + 1 >= most && end - at > 1)) {
		if (*at >= ' ' && *at < 0x7f) {
			++*columns;
			at++;
			continue;
		}
		fwrite(plain, 1, (size_t)(at - plain), out);
		if (stop_at_lines && *at == '\r' && end - at > 1 && at[1] == '\n')
			plain = ++at; /* the end of a line as the network has it */
		else
			plain = at = put_character(out, at, end, columns);
	}
	fwrite(plain, 1, (size_t)(at - plain), out);
	return at;
}

size_t terminal_text(FILE *out, const char *text, size_t bytes, unsigned indent)
{
	const unsigned char *at = (const unsigned char *)text, *end = bytes ? at + bytes : at;
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

char *terminal_clean(char *clean, size_t bytes, const char *string)
{
	FILE *out = fmemopen(clean, bytes, "w");

	clean[0] = '\0';
	if (!out)
		return clean;
	terminal_string(out, string, bytes / CLEAN_BYTES);
	fclose(out);
	clean[bytes - 1] = '\0';
	return clean;
}
