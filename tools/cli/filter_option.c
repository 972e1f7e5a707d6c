#include "filter_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AROUND_DEFAULT 10u

static const char *option_name(int option)
{
	static const struct option rows[] = {FILTER_OPTIONS};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].val == option)
			return rows[i].name;
	}
	return "?";
}

static int refuse(char error[FILTER_ERROR_BYTES], int option, const char *value, const char *what)
{
	snprintf(error, FILTER_ERROR_BYTES, "--%s %s: %s", option_name(option), value, what);
	return -EINVAL;
}

static int no_memory(char error[FILTER_ERROR_BYTES])
{
	snprintf(error, FILTER_ERROR_BYTES, "out of memory");
	return -ENOMEM;
}

/* Life ------------------------------------------------------------------------------------------------------------------------ */

struct filter *filter_create(void)
{
	struct filter *filter = calloc(1, sizeof(*filter));

	if (filter)
		filter->last_ns = UINT64_MAX;
	return filter;
}

static void free_words(struct filter_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->words[i]);
	free(words->words);
}

void filter_destroy(struct filter *filter)
{
	if (!filter)
		return;
	for (size_t i = 0; i < filter->pattern_count; i++) {
		free(filter->patterns[i].text);
		message_pattern_destroy(filter->patterns[i].compiled);
	}
	free(filter->patterns);
	free_words(&filter->thread_names);
	free_words(&filter->targets);
	free_words(&filter->kvs);
	free(filter->tids);
	free(filter);
}

/* Options --------------------------------------------------------------------------------------------------------------------- */

static int add_word(struct filter_words *words, const char *value, char error[FILTER_ERROR_BYTES])
{
	char *copy = strdup(value), **grown = copy ? reallocarray(words->words, words->count + 1, sizeof(*grown)) : NULL;

	if (!grown) {
		free(copy);
		return no_memory(error);
	}
	words->words = grown;
	words->words[words->count++] = copy;
	return 0;
}

static int add_pattern(struct filter *filter, int option, const char *value, char error[FILTER_ERROR_BYTES])
{
	struct filter_pattern *grown = reallocarray(filter->patterns, filter->pattern_count + 1, sizeof(*grown));
	struct filter_pattern pattern = {.text = strdup(value), .refuses = option == FILTER_NOT_GREP};

	if (grown)
		filter->patterns = grown;
	if (!grown || !pattern.text) {
		free(pattern.text);
		return no_memory(error);
	}
	filter->patterns[filter->pattern_count++] = pattern;
	filter->wants |= !pattern.refuses;
	return 0;
}

/* A number at *at, 1 or more; *at moves on. */
static bool take_number(const char **at, unsigned long long most, unsigned long long *number)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*number = strtoull(*at, &end, 10);
	*at = end;
	return !errno && *number && *number <= most;
}

static int add_tid(struct filter *filter, const char *value, char error[FILTER_ERROR_BYTES])
{
	unsigned long long tid;
	const char *at = value;
	uint32_t *grown;

	if (!take_number(&at, UINT32_MAX, &tid) || *at)
		return refuse(error, FILTER_TID, value, "not a thread id");
	grown = reallocarray(filter->tids, filter->tid_count + 1, sizeof(*grown));
	if (!grown)
		return no_memory(error);
	filter->tids = grown;
	filter->tids[filter->tid_count++] = (uint32_t)tid;
	return 0;
}

static int set_level(struct filter *filter, const char *value, char error[FILTER_ERROR_BYTES])
{
	if (level_parse(value, strlen(value), &filter->level) != 0 || filter->level >= LEVEL_OFF)
		return refuse(error, FILTER_LEVEL, value, "none of trace debug info warn error fatal");
	return 0;
}

static int add_source(struct filter *filter, const char *value, char error[FILTER_ERROR_BYTES])
{
	char what[160] = "none of";

	for (unsigned source = 0; source < SOURCE_COUNT; source++) {
		const size_t used = strlen(what);
		if (!strcmp(source_name(source), value)) {
			filter->sources |= 1u << source;
			return 0;
		}
		snprintf(what + used, sizeof(what) - used, " %s", source_name(source));
	}
	return refuse(error, FILTER_SOURCE, value, what);
}

static int set_around(struct filter *filter, const char *value, char error[FILTER_ERROR_BYTES])
{
	unsigned long long number, count = AROUND_DEFAULT;
	const char *at = value;

	if (!take_number(&at, UINT64_MAX / 2, &number))
		return refuse(error, FILTER_AROUND, value, "not the number of an event (--numbers shows them)");
	if (*at == ',') {
		at++;
		if (!take_number(&at, UINT64_MAX / 2, &count))
			return refuse(error, FILTER_AROUND, value, "the count behind the comma is no number of events");
	}
	if (*at)
		return refuse(error, FILTER_AROUND, value, "not NUMBER or NUMBER,COUNT");
	filter->around_first = number > count ? number - count : 1;
	filter->around_last = number + count;
	return 0;
}

static int set_moment(int option, struct moment *moment, bool *has, const char *value, char error[FILTER_ERROR_BYTES])
{
	if (moment_parse(value, moment) != 0)
		return refuse(error, option, value, MOMENT_FORMS);
	*has = true;
	return 0;
}

static int add_kv(struct filter *filter, const char *value, char error[FILTER_ERROR_BYTES])
{
	if (!*value || *value == '=')
		return refuse(error, FILTER_KV, value, "neither KEY=VALUE nor KEY");
	return add_word(&filter->kvs, value, error);
}

bool filter_knows(int option)
{
	return option >= FILTER_LEVEL && option < FILTER_END;
}

int filter_option(struct filter *filter, int option, const char *value, char error[FILTER_ERROR_BYTES])
{
	filter->is_set |= option != FILTER_IGNORE_CASE;
	switch (option) {
	case FILTER_LEVEL:
		return set_level(filter, value, error);
	case FILTER_GREP:
	case FILTER_NOT_GREP:
		return add_pattern(filter, option, value, error);
	case FILTER_IGNORE_CASE:
		filter->ignore_case = true;
		return 0;
	case FILTER_SOURCE:
		return add_source(filter, value, error);
	case FILTER_TID:
		return add_tid(filter, value, error);
	case FILTER_THREAD_NAME:
		return add_word(&filter->thread_names, value, error);
	case FILTER_TARGET:
		return add_word(&filter->targets, value, error);
	case FILTER_KV:
		return add_kv(filter, value, error);
	case FILTER_SINCE:
		return set_moment(option, &filter->since, &filter->has_since, value, error);
	case FILTER_UNTIL:
		return set_moment(option, &filter->until, &filter->has_until, value, error);
	case FILTER_AROUND:
		return set_around(filter, value, error);
	default:
		return refuse(error, option, value, "no option of a filter");
	}
}

int filter_ready(struct filter *filter, char error[FILTER_ERROR_BYTES])
{
	for (size_t i = 0; i < filter->pattern_count; i++) {
		struct filter_pattern *pattern = &filter->patterns[i];
		char why[200];
		pattern->compiled = message_pattern_create(pattern->text, filter->ignore_case, why, sizeof(why));
		if (!pattern->compiled)
			return refuse(error, pattern->refuses ? FILTER_NOT_GREP : FILTER_GREP, pattern->text, why);
	}
	return 0;
}
