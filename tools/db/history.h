/*
 * history.h - the groups of deaths over the builds of their projects: what is new, what came back, what is gone.
 *
 * A build's place is the time of its first death, or that of its naming by `ttlog db add --build`, whichever came first. All of it is in memory:
 * a number for each group in each build. Single-threaded; 0 or -errno.
 */
#ifndef TTLOG_DB_HISTORY_H
#define TTLOG_DB_HISTORY_H

#include "request.h"
#include "store.h"

struct history_build {
	char *project, *name;
	int64_t at;    /* ns since 1970-01-01 UTC */
	size_t place;  /* among the builds of its project, from 0 */
	size_t builds; /* that its project has */
	size_t deaths, groups;
};

struct history_count {
	const struct history_build *build;
	size_t deaths;
};

struct history_group {
	char *project, *fingerprint, *title, *service; /* service: of any of them, where has_services */
	bool has_services;                             /* more than one */
	size_t deaths;
	int64_t first, last;          /* ns since 1970-01-01 UTC */
	struct history_count *counts; /* by place; deaths without a build are in none */
	size_t count_count, count_room;
};

struct history {
	struct history_build *builds; /* by project, then by place */
	struct history_build **named; /* by project, then by name */
	size_t build_count, build_room;
	struct history_group *groups; /* most frequent first */
	size_t group_count, group_room;
};

/* Groups and their numbers are those of the deaths that the request's filters let through; builds are all that are known. */
int history_load(struct history *history, struct store *store, const struct request *request, struct store_error *error);
void history_free(struct history *history);

/* The last build of a project; NULL: it has none. */
const struct history_build *history_last_build(const struct history *history, const char *project);

/* Deaths of the group in the build at that place of its project. */
size_t history_deaths(const struct history_group *group, size_t place);

/* No earlier build had the group; it was in an earlier one, but not in the one before; it was in the one before, but is not in this. */
bool history_is_new(const struct history_group *group, size_t place);
bool history_is_back(const struct history_group *group, size_t place);
bool history_is_gone(const struct history_group *group, size_t place);

#endif
