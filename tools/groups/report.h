/*
 * report.h - groups of deaths as other programs and people take them: one file for each format.
 *
 * begin; for each group that is shown, newest first: group with its newest death, death with each of its deaths where the format wants
 * them, end_group; end. A function that is NULL has nothing to write. Whatever comes from snapshots is neutralised here, by the format, for
 * each knows what is dangerous in it. Failures of the stream are found by ferror(3). Single-threaded.
 */
#ifndef TTLOG_GROUPS_REPORT_H
#define TTLOG_GROUPS_REPORT_H

#include "groups.h"
#include "place.h"

#define REPORT_NO_GROUP UINT32_MAX

/* A file, and what is wrong with it. */
struct report_unreadable {
	const char *path, *error;
};

struct report {
	FILE *out;
	const struct groups *groups; /* sorted */
	size_t shown;                /* of them are written */
	bool has_baseline;
	size_t new_groups;        /* of all: not in the baseline */
	uint64_t living;          /* snapshots that are of no death, and in no group */
	const char *const *paths; /* of all files that were looked at, and the group's id or REPORT_NO_GROUP of each */
	const uint32_t *group_of;
	size_t path_count;
	const struct report_unreadable *unreadable;
	size_t unreadable_count;
	void *state; /* the format's own */
};

struct report_death {
	const struct group *group;
	const struct snapshot *snapshot; /* without its events */
	const struct place *place;
	const char *path;           /* of its file */
	const char *end;            /* "died of SIGSEGV: address not mapped ..." */
	const char *stack, *events; /* lines for people, harmless in a terminal; may be empty */
	uint64_t number;            /* in its group, from 1 */
};

struct report_format {
	const char *name;
	bool wants_deaths;
	void (*begin)(struct report *report);
	void (*group)(struct report *report, const struct report_death *death);
	void (*death)(struct report *report, const struct report_death *death);
	void (*end_group)(struct report *report);
	void (*end)(struct report *report);
};

extern const struct report_format report_text, report_markdown, report_github, report_gitlab, report_junit, report_json,
	report_sarif, report_html;

/* NULL for a name that is none. */
const struct report_format *report_find(const char *name);

/* Of html: the file with the page of the group, beside the index. */
#define REPORT_PAGE_BYTES 64u
void report_page_name(const struct group *group, char name[REPORT_PAGE_BYTES]);

/* "2026-09-21T14:13:20Z"; the second without its zone where `zone` is false. */
void report_time(uint64_t ns, bool zone, char text[32]);

/* "3 deaths in 2 groups, 1 of them new" */
void report_sum(const struct report *report, char text[256]);

/* A string as JSON; NULL: null. */
void report_json_string(FILE *out, const char *text);

#endif
