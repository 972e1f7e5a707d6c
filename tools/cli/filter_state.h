/*
 * filter_state.h - what a filter holds. Private to filter.c, which judges, and filter_option.c, which fills it.
 */
#ifndef TTLOG_CLI_FILTER_STATE_H
#define TTLOG_CLI_FILTER_STATE_H

#include "filter.h"
#include "message_pattern.h"
#include "moment.h"

struct filter_words {
	char **words;
	size_t count;
};

struct filter_pattern {
	char *text;
	bool refuses; /* --not-grep */
	struct message_pattern *compiled;
};

struct filter {
	bool is_set;
	unsigned level, sources; /* sources: a bit for each; 0: all */
	uint32_t *tids;
	size_t tid_count;
	struct filter_words thread_names, targets, kvs;
	struct filter_pattern *patterns;
	size_t pattern_count;
	bool ignore_case, wants; /* wants: a --grep is among the patterns */
	bool has_since, has_until;
	struct moment since, until;
	uint64_t first_ns, last_ns;         /* of filter_begin() */
	uint64_t around_first, around_last; /* 0: no --around */
	uint64_t gave_up;
};

#endif
