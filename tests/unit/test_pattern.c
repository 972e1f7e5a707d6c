/* Patterns of file names, each held against glibc's fnmatch(3). */
#include "pattern.h"

#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* All patterns and names of up to four characters of a small alphabet, in which everything that is special occurs. */
static const char pattern_letters[] = "ab*?[]!-", name_letters[] = "ab]-";

static bool next(char *word, size_t size, const char *letters)
{
	for (size_t i = 0; i < size; i++) {
		const char *at = word[i] ? strchr(letters, word[i]) : NULL;
		word[i] = at ? at[1] : letters[0];
		if (word[i])
			return true;
		word[i] = letters[0]; /* carry; a longer word follows */
	}
	return false;
}

static void check_names(const char *pattern)
{
	char name[5] = "";
	do {
		const bool expected = fnmatch(pattern, name, FNM_NOESCAPE) == 0;
		cr_assert(pattern_matches(pattern, strlen(pattern), name) == expected, "'%s' and '%s'", pattern, name);
	} while (next(name, 4, name_letters));
}

Test(pattern, as_fnmatch)
{
	char pattern[6] = "";
	do
		check_names(pattern);
	while (next(pattern, 5, pattern_letters));
}

Test(pattern, list)
{
	cr_assert(pattern_list_matches("*.log", "/var/log/x.log"));
	cr_assert(pattern_list_matches("*.log", "x.log"));
	cr_assert(!pattern_list_matches("*.log", "/var/x.log/y"));
	cr_assert(pattern_list_matches("*.txt,/var/*", "/var/log/y"));
	cr_assert(!pattern_list_matches("/var/*", "var/log/y"));
	cr_assert(!pattern_list_matches("", "x"));
	cr_assert(!pattern_list_matches(",", ""));
	cr_assert(pattern_list_matches(",,*.log", "a.log"));
}

/* The time stays bounded where a backtracking matcher's does not. */
Test(pattern, many_stars)
{
	char name[4096];
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	cr_assert(!pattern_matches("*a*a*a*a*a*a*a*a*a*a*a*b", 24, name));
}
