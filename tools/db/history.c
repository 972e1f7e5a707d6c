#include "history.h"

#include "where.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Memory --------------------------------------------------------------------------------------------------------------------------- */

static char *copy(const struct store_value *value)
{
	return value->null ? strdup("") : strndup(value->text, value->bytes);
}

/* Room for one more. */
static void *grown(void *list, size_t count, size_t *room, size_t bytes)
{
	void *larger;

	if (count < *room)
		return list;
	larger = reallocarray(list, *room ? 2 * *room : 64, bytes);
	if (larger)
		*room = *room ? 2 * *room : 64;
	return larger;
}

void history_free(struct history *history)
{
	for (size_t i = 0; i < history->build_count; i++) {
		free(history->builds[i].project);
		free(history->builds[i].name);
	}
	for (size_t i = 0; i < history->group_count; i++) {
		struct history_group *group = &history->groups[i];
		free(group->project);
		free(group->fingerprint);
		free(group->title);
		free(group->service);
		free(group->counts);
	}
	free(history->named);
	free(history->builds);
	free(history->groups);
}

/* Builds --------------------------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	const struct history_build *one = a, *other = b;
	const int project = strcmp(one->project, other->project);

	return project ? project : strcmp(one->name, other->name);
}

static int by_time(const void *a, const void *b)
{
	const struct history_build *one = a, *other = b;
	const int project = strcmp(one->project, other->project);

	if (project || one->at == other->at)
		return project ? project : strcmp(one->name, other->name);
	return one->at < other->at ? -1 : 1;
}

static int take_build(void *context, const struct store_value *values, size_t count)
{
	struct history *history = context;
	struct history_build *builds = grown(history->builds, history->build_count, &history->build_room, sizeof(*builds));

	(void)count;
	if (!builds)
		return -ENOMEM;
	history->builds = builds;
	builds[history->build_count] = (struct history_build){
		.project = copy(&values[0]), .name = copy(&values[1]), .at = values[2].number};
	return builds[history->build_count].project && builds[history->build_count++].name ? 0 : -ENOMEM;
}

/* Of those that came twice, named and with deaths, one stays, with the earlier time. */
static void merge_builds(struct history *history)
{
	size_t kept = 0;

	if (!history->build_count)
		return;
	qsort(history->builds, history->build_count, sizeof(*history->builds), by_name);
	for (size_t i = 0; i < history->build_count; i++) {
		struct history_build *build = &history->builds[i], *last = kept ? &history->builds[kept - 1] : NULL;
		if (!last || by_name(last, build)) {
			history->builds[kept++] = *build;
			continue;
		}
		last->at = build->at < last->at ? build->at : last->at;
		free(build->project);
		free(build->name);
	}
	history->build_count = kept;
}

static void place_builds(struct history *history)
{
	struct history_build *builds = history->builds;
	size_t end;

	if (!history->build_count)
		return;
	qsort(builds, history->build_count, sizeof(*builds), by_time);
	for (size_t first = 0; first < history->build_count; first = end) {
		for (end = first + 1; end < history->build_count && !strcmp(builds[end].project, builds[first].project); end++)
			;
		for (size_t i = first; i < end; i++) {
			builds[i].place = i - first;
			builds[i].builds = end - first;
		}
	}
}

static int by_pointed_name(const void *a, const void *b)
{
	return by_name(*(struct history_build *const *)a, *(struct history_build *const *)b);
}

static int name_builds(struct history *history)
{
	history->named = calloc(history->build_count + 1, sizeof(*history->named));
	if (!history->named)
		return -ENOMEM;
	for (size_t i = 0; i < history->build_count; i++)
		history->named[i] = &history->builds[i];
	qsort(history->named, history->build_count, sizeof(*history->named), by_pointed_name);
	return 0;
}

static int load_builds(struct history *history, struct store *store, struct store_error *error)
{
	int result = store_run(
		store, "SELECT project, build, min(died_at) FROM ttlog_crashes WHERE build IS NOT NULL GROUP BY project, build",
		NULL, 0, take_build, history, error);

	if (!result)
		result = store_run(store, "SELECT project, build, named_at FROM ttlog_builds", NULL, 0, take_build, history, error);
	if (result)
		return result;
	merge_builds(history);
	place_builds(history);
	return name_builds(history);
}

static struct history_build *find_build(const struct history *history, const char *project, const char *name)
{
	const struct history_build wanted = {.project = (char *)(uintptr_t)project, .name = (char *)(uintptr_t)name},
				   *key = &wanted;
	struct history_build **found = bsearch(&key, history->named, history->build_count, sizeof(*history->named),
					       by_pointed_name);

	return found ? *found : NULL;
}

const struct history_build *history_last_build(const struct history *history, const char *project)
{
	const struct history_build *last = NULL;

	for (size_t i = 0; i < history->build_count; i++) {
		if (!strcmp(history->builds[i].project, project))
			last = &history->builds[i];
	}
	return last;
}

/* Groups --------------------------------------------------------------------------------------------------------------------------- */

enum group_column {
	GROUP_PROJECT,
	GROUP_FINGERPRINT,
	GROUP_BUILD,
	GROUP_DEATHS,
	GROUP_FIRST,
	GROUP_LAST,
	GROUP_TITLE,
	GROUP_SERVICE,
	GROUP_SERVICE_2
};

static bool is_text(const char *text, const struct store_value *value)
{
	return strlen(text) == value->bytes && !memcmp(text, value->text, value->bytes);
}

/* The rows of a group stand together. */
static struct history_group *group_of(struct history *history, const struct store_value *values)
{
	struct history_group *groups = history->groups, *last = history->group_count ? &groups[history->group_count - 1] : NULL;

	if (last && is_text(last->fingerprint, &values[GROUP_FINGERPRINT]) && is_text(last->project, &values[GROUP_PROJECT]))
		return last;
	groups = grown(groups, history->group_count, &history->group_room, sizeof(*groups));
	if (!groups)
		return NULL;
	history->groups = groups;
	last = &groups[history->group_count++];
	*last = (struct history_group){.project = copy(&values[GROUP_PROJECT]),
				       .fingerprint = copy(&values[GROUP_FINGERPRINT]),
				       .title = copy(&values[GROUP_TITLE]),
				       .service = copy(&values[GROUP_SERVICE]),
				       .first = values[GROUP_FIRST].number,
				       .last = values[GROUP_LAST].number};
	return last->project && last->fingerprint && last->title && last->service ? last : NULL;
}

static int count_in_build(const struct history *history, struct history_group *group, const struct store_value *values)
{
	struct history_build *build = find_build(history, group->project, values[GROUP_BUILD].text);
	struct history_count *counts;

	/* A build that came between the two statements has no place yet. */
	if (!build)
		return 0;
	counts = grown(group->counts, group->count_count, &group->count_room, sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	group->counts = counts;
	counts[group->count_count++] = (struct history_count){.build = build, .deaths = (size_t)values[GROUP_DEATHS].number};
	build->deaths += (size_t)values[GROUP_DEATHS].number;
	build->groups++;
	return 0;
}

static int take_group(void *context, const struct store_value *values, size_t count)
{
	struct history *history = context;
	struct history_group *group = group_of(history, values);

	(void)count;
	if (!group)
		return -ENOMEM;
	group->deaths += (size_t)values[GROUP_DEATHS].number;
	group->first = values[GROUP_FIRST].number < group->first ? values[GROUP_FIRST].number : group->first;
	group->last = values[GROUP_LAST].number > group->last ? values[GROUP_LAST].number : group->last;
	if (!values[GROUP_SERVICE].null &&
	    (!is_text(group->service, &values[GROUP_SERVICE]) || !is_text(group->service, &values[GROUP_SERVICE_2])))
		group->has_services = true;
	return values[GROUP_BUILD].null ? 0 : count_in_build(history, group, values);
}

static int by_deaths(const void *a, const void *b)
{
	const struct history_group *one = a, *other = b;

	if (one->deaths != other->deaths)
		return one->deaths > other->deaths ? -1 : 1;
	if (one->last != other->last)
		return one->last > other->last ? -1 : 1;
	return strcmp(one->fingerprint, other->fingerprint);
}

static int by_place(const void *a, const void *b)
{
	const struct history_count *one = a, *other = b;

	return one->build->place < other->build->place ? -1 : 1;
}

static int load_groups(struct history *history, struct store *store, const struct request *request, struct store_error *error)
{
	struct where where;
	char sql[1024];
	int result;

	where_init(&where, request);
	snprintf(sql, sizeof(sql),
		 "SELECT project, fingerprint, build, count(*), min(died_at), max(died_at), min(title), min(service), max(service) "
		 "FROM ttlog_crashes%s "
		 "GROUP BY project, fingerprint, build ORDER BY project, fingerprint",
		 where.sql);
	result = store_run(store, sql, where.values, where.count, take_group, history, error);
	if (result)
		return result;
	for (size_t i = 0; i < history->group_count; i++) {
		if (history->groups[i].count_count)
			qsort(history->groups[i].counts, history->groups[i].count_count, sizeof(struct history_count), by_place);
	}
	if (history->group_count)
		qsort(history->groups, history->group_count, sizeof(*history->groups), by_deaths);
	return 0;
}

int history_load(struct history *history, struct store *store, const struct request *request, struct store_error *error)
{
	int result;

	*history = (struct history){.build_count = 0};
	snprintf(error->text, sizeof(error->text), "out of memory"); /* what nobody else will say */
	result = load_builds(history, store, error);
	return result ? result : load_groups(history, store, request, error);
}

/* Over builds ---------------------------------------------------------------------------------------------------------------------- */

size_t history_deaths(const struct history_group *group, size_t place)
{
	for (size_t i = 0; i < group->count_count; i++) {
		if (group->counts[i].build->place == place)
			return group->counts[i].deaths;
	}
	return 0;
}

static bool is_before(const struct history_group *group, size_t place)
{
	return group->count_count && group->counts[0].build->place < place;
}

bool history_is_new(const struct history_group *group, size_t place)
{
	return history_deaths(group, place) && !is_before(group, place);
}

bool history_is_back(const struct history_group *group, size_t place)
{
	return history_deaths(group, place) && place && !history_deaths(group, place - 1) && is_before(group, place);
}

bool history_is_gone(const struct history_group *group, size_t place)
{
	return place && !history_deaths(group, place) && history_deaths(group, place - 1);
}
