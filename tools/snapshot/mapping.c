#include "mapping.h"

#include <string.h>

static const char deleted[] = " (deleted)";

static const char *parse_hex(const char *at, const char *end, uint64_t *value)
{
	const char *start = at;

	for (*value = 0; at < end; at++) {
		char c = *at;
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
		if (digit > 15)
			break;
		*value = *value << 4 | digit;
	}
	return at > start ? at : NULL;
}

static const char *skip_word(const char *at, const char *end)
{
	while (at < end && *at != ' ')
		at++;
	while (at < end && *at == ' ')
		at++;
	return at;
}

static void take_path(struct mapping *mapping, const char *at, const char *end)
{
	const size_t mark = sizeof(deleted) - 1;

	mapping->path = at;
	mapping->path_bytes = (size_t)(end - at);
	mapping->deleted = mapping->path_bytes > mark && !memcmp(end - mark, deleted, mark);
	if (mapping->deleted)
		mapping->path_bytes -= mark;
}

/* start-end perms offset device inode path */
static bool parse_line(const char *at, const char *end, struct mapping *mapping)
{
	at = parse_hex(at, end, &mapping->start);
	if (!at || at == end || *at != '-')
		return false;
	at = parse_hex(at + 1, end, &mapping->end);
	if (!at || end - at < 6 || mapping->end <= mapping->start)
		return false;
	mapping->readable = at[1] == 'r';
	mapping->writable = at[2] == 'w';
	mapping->executable = at[3] == 'x';
	at = parse_hex(skip_word(at + 1, end), end, &mapping->offset);
	if (!at)
		return false;
	take_path(mapping, skip_word(skip_word(skip_word(at, end), end), end), end);
	return true;
}

bool mapping_next(const char **text, const char *end, struct mapping *mapping)
{
	while (*text < end) {
		const char *line = *text, *newline = memchr(line, '\n', (size_t)(end - line));
		if (!newline)
			return false; /* the last line of a text that found no more room */
		*text = newline + 1;
		if (parse_line(line, newline, mapping))
			return true;
	}
	return false;
}

bool mapping_is_file(const struct mapping *mapping)
{
	return mapping->path_bytes && mapping->path[0] == '/';
}
