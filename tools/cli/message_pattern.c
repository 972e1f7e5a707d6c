#include "message_pattern.h"

#include <stdio.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps of one match: some 10 ms. What needs more of them goes back and forth for ever, like (a+)+$. */
#define MATCH_LIMIT 1000000u
#define HEAP_LIMIT  (64u * 1024) /* KB */

struct message_pattern {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

static void describe(int error, size_t offset, char *why, size_t why_bytes)
{
	char text[160] = "";

	pcre2_get_error_message(error, (PCRE2_UCHAR *)text, sizeof(text));
	snprintf(why, why_bytes, "%s at offset %zu", text, offset);
}

struct message_pattern *message_pattern_create(const char *text, bool ignore_case, char *why, size_t why_bytes)
{
	const uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | (ignore_case ? PCRE2_CASELESS : 0);
	struct message_pattern *pattern = calloc(1, sizeof(*pattern));
	PCRE2_SIZE offset = 0;
	int error = 0;

	snprintf(why, why_bytes, "out of memory");
	if (!pattern)
		return NULL;
	pattern->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &error, &offset, NULL);
	if (!pattern->code) {
		describe(error, offset, why, why_bytes);
		message_pattern_destroy(pattern);
		return NULL;
	}
	pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE); /* where that cannot be had matching is slower, no more */
	pattern->data = pcre2_match_data_create(1, NULL);
	pattern->limits = pcre2_match_context_create(NULL);
	if (!pattern->data || !pattern->limits) {
		message_pattern_destroy(pattern);
		return NULL;
	}
	pcre2_set_match_limit(pattern->limits, MATCH_LIMIT);
	pcre2_set_heap_limit(pattern->limits, HEAP_LIMIT);
	return pattern;
}

void message_pattern_destroy(struct message_pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_match_context_free(pattern->limits);
	pcre2_match_data_free(pattern->data);
	pcre2_code_free(pattern->code);
	free(pattern);
}

int message_pattern_find(struct message_pattern *pattern, const char *message, size_t bytes, size_t from, size_t *begin,
			 size_t *end)
{
	PCRE2_SPTR text = (PCRE2_SPTR)message;
	const PCRE2_SIZE *place = pcre2_get_ovector_pointer(pattern->data);
	int found = pcre2_match(pattern->code, text, bytes, from, 0, pattern->data, pattern->limits);

	if (found == PCRE2_ERROR_JIT_STACKLIMIT) /* the interpreter takes from the heap */
		found = pcre2_match(pattern->code, text, bytes, from, PCRE2_NO_JIT, pattern->data, pattern->limits);
	if (found == PCRE2_ERROR_NOMATCH)
		return 0;
	if (found < 0)
		return -1;
	*begin = place[0];
	*end = place[1] > place[0] ? place[1] : place[0]; /* \K in a look-ahead puts the end before the beginning */
	return 1;
}

int message_pattern_matches(struct message_pattern *pattern, const char *message, size_t bytes)
{
	size_t begin, end;

	return message_pattern_find(pattern, message, bytes, 0, &begin, &end);
}
