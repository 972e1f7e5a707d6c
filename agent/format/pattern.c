#include "pattern.h"

#include <string.h>

/* Bytes of the set at *pattern, brackets included; 0: it does not end, and its bracket is a character. */
static size_t set_bytes(const char *pattern, const char *end)
{
	const char *at = pattern + 1;
	if (at < end && *at == '!')
		at++;
	if (at < end && *at == ']') /* the first one is a member */
		at++;
	while (at < end && *at != ']')
		at++;
	return at < end ? (size_t)(at - pattern) + 1 : 0;
}

static bool set_holds(const char *pattern, size_t bytes, char c)
{
	const char *at = pattern + 1, *const end = pattern + bytes - 1;
	const bool negated = *at == '!';
	bool holds = false;
	for (at += negated; at < end; at++) {
		if (at + 2 < end && at[1] == '-') {
			holds |= (unsigned char)c >= (unsigned char)at[0] && (unsigned char)c <= (unsigned char)at[2];
			at += 2;
		} else {
			holds |= *at == c;
		}
	}
	return holds != negated;
}

/* Bytes of the pattern that match the one character; 0: it does not. */
static size_t match_one(const char *pattern, const char *end, char c)
{
	const size_t set = *pattern == '[' ? set_bytes(pattern, end) : 0;
	if (set)
		return set_holds(pattern, set, c) ? set : 0;
	return *pattern == '?' || *pattern == c ? 1 : 0;
}

bool pattern_matches(const char *pattern, size_t bytes, const char *name)
{
	const char *const end = pattern + bytes, *star = NULL, *resume = NULL;
	while (*name) {
		const size_t used = pattern < end && *pattern != '*' ? match_one(pattern, end, *name) : 0;
		if (pattern < end && *pattern == '*') {
			star = ++pattern;
			resume = name;
		} else if (used) {
			pattern += used;
			name++;
		} else if (star) { /* the last star takes one more */
			pattern = star;
			name = ++resume;
		} else {
			return false;
		}
	}
	while (pattern < end && *pattern == '*')
		pattern++;
	return pattern == end;
}

bool pattern_list_matches(const char *patterns, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *const base = slash ? slash + 1 : path;
	for (;;) {
		const size_t bytes = strcspn(patterns, ",");
		if (bytes && pattern_matches(patterns, bytes, memchr(patterns, '/', bytes) ? path : base))
			return true;
		if (!patterns[bytes])
			return false;
		patterns += bytes + 1;
	}
}
