/*
 * ttlog db groups: what died in the same way, most often first.
 */
#include "database.h"
#include "group_rows.h"

#include <stdio.h>
#include <string.h>

/* The place of the build in the group's own project; -1: the project has no such build. */
static ptrdiff_t place_of(const struct history *history, const struct history_group *group, const char *name)
{
	for (size_t i = 0; i < history->build_count; i++) {
		const struct history_build *build = &history->builds[i];
		if (!strcmp(build->name, name) && !strcmp(build->project, group->project))
			return (ptrdiff_t)build->place;
	}
	return -1;
}

static bool is_picked(const struct history *history, const struct history_group *group, const struct request *request)
{
	const char *name = request->new_in ? request->new_in : request->back_in;
	const ptrdiff_t place = name ? place_of(history, group, name) : -1;

	if (!name)
		return true;
	if (place < 0)
		return false;
	return request->new_in ? history_is_new(group, (size_t)place) : history_is_back(group, (size_t)place);
}

/* To ask what is new in a build that was never added is a slip, and not "nothing". */
static int check_build(const struct history *history, const struct store *store, const char *name)
{
	for (size_t i = 0; name && i < history->build_count; i++) {
		if (!strcmp(history->builds[i].name, name))
			return COMMAND_DONE;
	}
	return name ? command_error(&command_db, COMMAND_USAGE, "%s: no build %s there", store_name(store), name) : COMMAND_DONE;
}

static int print(const struct history *history, const struct request *request, const struct store *store)
{
	size_t found;

	if (request->format == FORMAT_JSON) {
		found = group_rows_json(history, request, is_picked, request->limit, "\n");
		fputs(found ? "\n" : "", stdout);
	} else {
		found = group_rows_table(history, request, is_picked, request->limit);
		if (request->limit && found > request->limit)
			printf("%sand %zu more\n", request->format == FORMAT_MARKDOWN ? "\n" : "", found - request->limit);
	}
	return found ? COMMAND_DONE : database_nothing(store);
}

static int check(const struct request *request)
{
	if (request->new_in && request->back_in)
		return command_error(&command_db, COMMAND_USAGE, "--new-in and --back-in: one of them, please");
	if ((request->new_in || request->back_in) && (request->build || request->has_since || request->has_until))
		return command_error(&command_db, COMMAND_USAGE,
				     "--new-in and --back-in look at all builds: not with --build, --since, --until");
	return COMMAND_DONE;
}

static int run_groups(const struct request *request)
{
	struct history history;
	struct store_error error;
	struct store *store;
	int result, status = check(request);

	if (!status)
		status = database_open(request, STORE_READ, &store);
	if (status)
		return status;
	result = history_load(&history, store, request, &error);
	if (result)
		status = database_error(store, result, &error);
	if (!status)
		status = check_build(&history, store, request->new_in ? request->new_in : request->back_in);
	if (!status)
		status = print(&history, request, store);
	history_free(&history);
	store_close(store);
	return status;
}

const struct verb verb_groups = {
	.name = "groups",
	.run = run_groups,
	.options = REQUEST_WHICH | REQUEST_BIT(DB_NEW_IN) | REQUEST_BIT(DB_BACK_IN),
};
