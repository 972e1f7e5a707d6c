/*
 * Rust's older names ("legacy" mangling): C++'s, with a hash behind and, inside of the components, words between
 * dollar signs for what a C++ name cannot hold.
 */
#include "demangle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HASH_DIGITS 16u

/* Cuts "::h" and sixteen hexadecimal digits off, which say nothing to a reader. False: there are none. */
static bool cut_hash(char *name)
{
	const size_t length = strlen(name), hash_bytes = strlen("::h") + HASH_DIGITS;
	char *hash = length > hash_bytes ? name + length - hash_bytes : NULL;

	if (!hash || strncmp(hash, "::h", 3) != 0 || strspn(hash + 3, "0123456789abcdef") != HASH_DIGITS)
		return false;
	*hash = '\0';
	return true;
}

/* What the word between dollar signs stands for, one byte; 0: nothing known. $u20$ is a character by its number. */
static char meaning_of(const char *word, size_t bytes)
{
	static const struct {
		const char *word;
		char meaning;
	} words[] = {
		{"SP", '@'}, {"BP", '*'}, {"RF", '&'}, {"LT", '<'}, {"GT", '>'}, {"LP", '('}, {"RP", ')'}, {"C", ','},
	};
	unsigned long number;
	char *end;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (bytes == strlen(words[i].word) && !memcmp(word, words[i].word, bytes))
			return words[i].meaning;
	}
	if (bytes < 2 || bytes > 3 || word[0] != 'u')
		return 0;
	number = strtoul(word + 1, &end, 16);
	return end == word + bytes && number >= ' ' && number < 0x7f ? (char)number : 0;
}

/* Takes what begins at `at`, and writes what it stands for, which is no longer. */
static const char *take(const char *at, char **to)
{
	const char *end = *at == '$' ? strchr(at + 1, '$') : NULL;
	const char meaning = end ? meaning_of(at + 1, (size_t)(end - at - 1)) : 0;

	if (meaning) {
		*(*to)++ = meaning;
		return end + 1;
	}
	if (at[0] == '.' && at[1] == '.') {
		*(*to)++ = ':';
		*(*to)++ = ':';
		return at + 2;
	}
	*(*to)++ = *at;
	return at + 1;
}

void demangle_rust_legacy(char *name)
{
	const char *at = name, *const begin = name;
	char *to = name;

	if (!cut_hash(name))
		return;
	while (*at) {
		/* A component that would begin with a dollar sign has an underscore before it. */
		if (at[0] == '_' && at[1] == '$' && (at == begin || at[-1] == ':'))
			at++;
		at = take(at, &to);
	}
	*to = '\0';
}
