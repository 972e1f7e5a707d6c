/*
 * message_pattern.h - Perl-compatible regular expressions (PCRE2), bounded: a pattern cannot take a viewer for hours.
 *
 * UTF-8; what is none of it in a message matches nothing. Single-threaded.
 */
#ifndef TTLOG_CLI_MESSAGE_PATTERN_H
#define TTLOG_CLI_MESSAGE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

struct message_pattern;

/* NULL with the reason and where it stands in the pattern, "missing closing parenthesis at offset 3". */
struct message_pattern *message_pattern_create(const char *text, bool ignore_case, char *why, size_t why_bytes);
void message_pattern_destroy(struct message_pattern *pattern);

/* 1: it matches, 0: it does not, -1: given up, it would take too long. */
int message_pattern_matches(struct message_pattern *pattern, const char *message, size_t bytes);

/* The same from `from` on, with the place of the first match: it may be empty. */
int message_pattern_find(struct message_pattern *pattern, const char *message, size_t bytes, size_t from, size_t *begin,
			 size_t *end);

#endif
