/* Where regexec(3) takes nothing but strings (no REG_STARTEND): the text between two NUL bytes is one. */
#include "expression.h"

#include <stdlib.h>
#include <string.h>

/* One string, and a copy of it with its NUL. */
static bool find_in_string(const regex_t *expression, const char *text, size_t from, size_t until, regmatch_t *match)
{
	const bool is_inside = from > 0 && text[from - 1] != '\n' && text[from - 1] != 0;
	char *copy = malloc(until - from + 1);
	*match = (regmatch_t){.rm_so = 0, .rm_eo = (regoff_t)(until - from)};
	if (copy) {
		memcpy(copy, text + from, until - from);
		copy[until - from] = 0;
	}
	/* Without memory all of it matches: it is secrets that are looked for. */
	const bool found = !copy || regexec(expression, copy, 1, match, is_inside ? REG_NOTBOL : 0) == 0;
	free(copy);
	match->rm_so += (regoff_t)from;
	match->rm_eo += (regoff_t)from;
	return found;
}

bool expression_find(const regex_t *expression, const char *text, size_t from, size_t until, regmatch_t *match)
{
	while (from <= until) {
		const char *nul = memchr(text + from, 0, until - from);
		const size_t end = nul ? (size_t)(nul - text) : until;
		if (find_in_string(expression, text, from, end, match))
			return true;
		from = end + 1;
	}
	return false;
}
