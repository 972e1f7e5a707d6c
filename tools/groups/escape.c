#include "escape.h"

#include "clean.h"

#include <ctype.h>
#include <stdbool.h>
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

void escape_xml(FILE *out, const char *text, size_t bytes)
{
	each(out, text, bytes, "\n", put_xml);
}

static void put_markdown(FILE *out, const char *shown, size_t bytes)
{
	if (bytes == 1 && !isalnum((unsigned char)shown[0]) && shown[0] != ' ')
		fprintf(out, "&#%d;", shown[0]);
	else
		put_xml(out, shown, bytes);
}

void escape_markdown(FILE *out, const char *text, size_t bytes)
{
	each(out, text, bytes, " ", put_markdown);
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

void escape_log_text(FILE *out, const char *text, size_t bytes)
{
	const char *end = text + bytes, *found;

	while ((found = memmem(text, (size_t)(end - text), "##[", 3))) {
		fwrite(text, 1, (size_t)(found - text), out);
		fputs("## [", out);
		text = found + 3;
	}
	fwrite(text, 1, (size_t)(end - text), out);
}
