#include "escape.h"

#include "clean.h"
#include "json_text.h"
#include "memory_stream.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One character that is harmless on a screen. */
typedef void put_character(FILE *out, const char *shown, size_t bytes);

/* `feed`: what stands for a line feed; NULL: itself, through `put`. */
static void each(FILE *out, const char *text, size_t bytes, const char *feed, put_character *put)
{
	for (size_t at = 0; at < bytes;) {
		char shown[CLEAN_BYTES];
		size_t used, columns;
		if (text[at] == '\n') {
			fputs(feed, out);
			at++;
			continue;
		}
		at += clean_character(text + at, bytes - at, shown, &used, &columns);
		if (used == 1 || (unsigned char)shown[0] >= 0x80) {
			put(out, shown, used);
			continue;
		}
		for (size_t i = 0; i < used; i++) /* an escape of several ASCII characters */
			put(out, shown + i, 1);
	}
}

static void put_clean(FILE *out, const char *shown, size_t bytes)
{
	fwrite(shown, 1, bytes, out);
}

/* U+FFFE and U+FFFF are no characters of XML. */
static void put_xml(FILE *out, const char *shown, size_t bytes)
{
	if (bytes == 1 && strchr("&<>\"'", shown[0]))
		fprintf(out, "&#%d;", shown[0]);
	else if (bytes == 3 && (!memcmp(shown, "\xef\xbf\xbe", 3) || !memcmp(shown, "\xef\xbf\xbf", 3)))
		putc('?', out);
	else
		fwrite(shown, 1, bytes, out);
}

void escape_line(FILE *out, const char *text, size_t bytes)
{
	each(out, text, bytes, " ", put_clean);
}

void escape_xml(FILE *out, const char *text, size_t bytes)
{
	each(out, text, bytes, "\n", put_xml);
}

/*
 * Whether the character at `at` could be markup there. Underscores within a word are none, and names are full of them; "://" and "www." make
 * links by themselves.
 */
static bool is_markup(const char *text, size_t bytes, size_t at)
{
	const bool has_next = at + 1 < bytes;

	switch (text[at]) {
	case '_':
		return !at || !has_next || !isalnum((unsigned char)text[at - 1]) || !isalnum((unsigned char)text[at + 1]);
	case ':':
		return has_next && text[at + 1] == '/';
	case '.':
		return at && (text[at - 1] == 'w' || text[at - 1] == 'W');
	default:
		return text[at] && strchr("&<>\"'`*~[]!|\\@$", text[at]);
	}
}

void escape_markdown(FILE *out, const char *text, size_t bytes)
{
	char *clean = NULL;
	size_t size = 0;
	FILE *stream = memory_stream_open(&clean, &size);

	each(stream, text, bytes, " ", put_clean);
	memory_stream_close(stream, &clean);
	for (size_t at = 0; at < size; at++) {
		if (is_markup(clean, size, at))
			fprintf(out, "&#%d;", clean[at]);
		else
			putc(clean[at], out);
	}
	free(clean);
}

static void put_message(FILE *out, const char *shown, size_t bytes)
{
	if (shown[0] == '%')
		fputs("%25", out);
	else
		fwrite(shown, 1, bytes, out);
}

void escape_github_message(FILE *out, const char *text, size_t bytes)
{
	each(out, text, bytes, "%0A", put_message);
}

static void put_property(FILE *out, const char *shown, size_t bytes)
{
	if (shown[0] == ':' || shown[0] == ',')
		fprintf(out, "%%%02X", (unsigned char)shown[0]);
	else
		put_message(out, shown, bytes);
}

void escape_github_property(FILE *out, const char *text, size_t bytes)
{
	each(out, text, bytes, "%0A", put_property);
}

void escape_uri(FILE *out, const char *path)
{
	for (; *path; path++) {
		if (isalnum((unsigned char)*path) || strchr("-._~/+", *path))
			putc(*path, out);
		else
			fprintf(out, "%%%02X", (unsigned char)*path);
	}
}

/* What stands there until the end of the line or the next older command. */
static size_t plain_bytes(const char *text, size_t bytes)
{
	const char *feed = memchr(text, '\n', bytes), *command = memmem(text, bytes, "##[", 3);

	if (command && (!feed || command < feed))
		return (size_t)(command - text) + 2;
	return feed ? (size_t)(feed - text) + 1 : bytes;
}

void escape_log_text(FILE *out, const char *text, size_t bytes)
{
	bool begins = true; /* a line */

	for (size_t at = 0, plain; at < bytes; at += plain) {
		plain = plain_bytes(text + at, bytes - at);
		const size_t blank = begins ? strspn(text + at, " ") : 0;
		if (begins && blank + 2 <= plain && text[at + blank] == ':' && text[at + blank + 1] == ':') {
			plain = blank + 1;
			begins = false;
		} else {
			begins = text[at + plain - 1] == '\n';
		}
		fwrite(text + at, 1, plain, out);
		fputs(!begins && at + plain < bytes ? " " : "", out);
	}
}

static void put_json(FILE *out, const char *shown, size_t bytes)
{
	char escaped[JSON_TEXT_BYTES];
	size_t used;

	(void)json_character(shown, bytes, escaped, &used);
	fwrite(escaped, 1, used, out);
}

void escape_json(FILE *out, const char *text, size_t bytes)
{
	putc('"', out);
	each(out, text, bytes, "\\n", put_json);
	putc('"', out);
}
