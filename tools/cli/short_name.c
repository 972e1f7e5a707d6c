#include "short_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ELLIPSIS "…"

struct shortener {
	const char *at, *end;
	char *to;
	size_t used;
};

static void put(struct shortener *shortener, const char *text, size_t bytes)
{
	if (shortener->used + bytes >= SHORT_NAME_BYTES)
		bytes = SHORT_NAME_BYTES - 1 - shortener->used;
	memcpy(shortener->to + shortener->used, text, bytes);
	shortener->used += bytes;
	shortener->to[shortener->used] = '\0';
}

static bool begins(const struct shortener *shortener, const char *word)
{
	const size_t bytes = strlen(word);

	return (size_t)(shortener->end - shortener->at) >= bytes && !memcmp(shortener->at, word, bytes);
}

/* operator<, operator<<, operator->, operator(): brackets that are a name. */
static bool take_operator(struct shortener *shortener)
{
	const char *from = shortener->at;

	if (!begins(shortener, "operator") || (shortener->used && shortener->to[shortener->used - 1] != ':'))
		return false;
	shortener->at += strlen("operator");
	if (begins(shortener, "()"))
		shortener->at += 2;
	while (shortener->at < shortener->end && strchr("<>=-!+*/%^&|~,[]", *shortener->at))
		shortener->at++;
	put(shortener, from, (size_t)(shortener->at - from));
	return true;
}

/* Behind the bracket that closes the one at `at`; the end where none does. */
static const char *behind_bracket(const char *at, const char *end)
{
	size_t depth = 0;

	for (; at < end; at++) {
		if (strchr("<({[", *at))
			depth++;
		else if (strchr(")}]", *at) || (*at == '>' && at[-1] != '-'))
			depth--;
		if (!depth)
			return at + 1;
	}
	return end;
}

/* Template arguments and parameters; what stands in brackets as a name, (anonymous namespace) or {lambda}, is one. */
static bool take_bracket(struct shortener *shortener)
{
	const char *behind;

	if ((*shortener->at != '<' && *shortener->at != '(') || begins(shortener, "(anonymous"))
		return false;
	behind = behind_bracket(shortener->at, shortener->end);
	if (behind - shortener->at > 2 + (ptrdiff_t)strlen(ELLIPSIS)) {
		put(shortener, shortener->at, 1);
		put(shortener, ELLIPSIS, strlen(ELLIPSIS));
		put(shortener, behind - 1, 1);
	} else {
		put(shortener, shortener->at, (size_t)(behind - shortener->at));
	}
	shortener->at = behind;
	return true;
}

/* Characters of UTF-8. */
static size_t columns_of(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

/* Whole components go from the front, until the rest fits or is one. */
static void drop_front(char *name, size_t most)
{
	const char *rest = name, *next;
	char kept[SHORT_NAME_BYTES];

	while (columns_of(rest) + (rest == name ? 0 : columns_of(ELLIPSIS "::")) > most && (next = strstr(rest, "::")) && next[2])
		rest = next + 2;
	if (rest == name)
		return;
	snprintf(kept, sizeof(kept), ELLIPSIS "::%s", rest);
	memcpy(name, kept, strlen(kept) + 1);
}

void short_name(const char *name, size_t bytes, size_t most, char shorter[SHORT_NAME_BYTES])
{
	struct shortener shortener = {.at = name, .end = name + bytes, .to = shorter};

	shorter[0] = '\0';
	if (!most || bytes <= most) {
		put(&shortener, name, bytes);
		return;
	}
	while (shortener.at < shortener.end) {
		if (take_operator(&shortener) || take_bracket(&shortener))
			continue;
		put(&shortener, shortener.at++, 1);
	}
	drop_front(shorter, most);
}
