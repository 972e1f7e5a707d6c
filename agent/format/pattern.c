/* Byte by byte, without the vector registers that string.h uses: this runs inside open(2), which leaves them alone. */
#include "pattern.h"

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

/* Bytes before the first `end`, or before NUL. */
static size_t bytes_before(const char *text, char end)
{
	size_t bytes = 0;
	while (text[bytes] && text[bytes] != end)
		bytes++;
	return bytes;
}

static const char *base_name(const char *path)
{
	const char *base = path;
	for (; *path; path++) {
		if (*path == '/')
			base = path + 1;
	}
	return base;
}

bool pattern_list_matches(const char *patterns, const char *path)
{
	const char *const base = base_name(path);
	for (;;) {
		const size_t bytes = bytes_before(patterns, ',');
		const bool whole = bytes_before(patterns, '/') < bytes;
		if (bytes && pattern_matches(patterns, bytes, whole ? path : base))
			return true;
		if (!patterns[bytes])
			return false;
		patterns += bytes + 1;
	}
}
