/*
 * diff_lines.h - two lists of lines, and the fewest of them that were removed and added.
 *
 * Lines are the same where their keys are; the text is for people and may differ. All strings are in the arena. Single-threaded.
 */
#ifndef TTLOG_CLI_DIFF_LINES_H
#define TTLOG_CLI_DIFF_LINES_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>

struct diff_line {
	const char *key, *text;
};

struct diff_list {
	struct arena *arena;
	struct diff_line *lines;
	size_t count, room;
};

/* Adds one, up to 4095 bytes of it; `key`, which is copied, NULL: the text. */
__attribute__((format(printf, 3, 4))) void diff_list_format(struct diff_list *list, const char *key, const char *format, ...);
void diff_list_sort(struct diff_list *list); /* by text */

enum diff_op { DIFF_SAME = ' ', DIFF_REMOVED = '-', DIFF_ADDED = '+' };

struct diff_step {
	enum diff_op op;
	const struct diff_line *line; /* of the second list where it is in both */
};

struct diff_steps {
	struct diff_step *steps; /* in the arena of the first list */
	size_t count;
	bool differ;
};

void diff_compare(const struct diff_list *from, const struct diff_list *to, struct diff_steps *steps);

#endif
