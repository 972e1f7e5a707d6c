/*
 * diff_sections.h - a snapshot as lists of lines that can be compared with those of another of the same program.
 *
 * The key of a line leaves out what no two runs have in common: addresses, and in messages (unless `exact`) numbers and the
 * like. Single-threaded.
 */
#ifndef TTLOG_CLI_DIFF_SECTIONS_H
#define TTLOG_CLI_DIFF_SECTIONS_H

#include "diff_lines.h"
#include "rows.h"
#include "snapshot.h"

struct diff_side {
	const struct snapshot *snapshot;
	struct rows *rows; /* the last events */
	bool exact;
};

struct diff_section {
	const char *name;
	size_t context; /* same lines shown around those that differ; SIZE_MAX: all */
	void (*fill)(struct diff_list *list, const struct diff_side *side);
};

#define DIFF_SECTIONS 7u
extern const struct diff_section diff_sections[DIFF_SECTIONS];

#endif
