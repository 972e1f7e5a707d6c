/* Through all snapshots once: the fingerprint of each, and nothing else of it, is kept. */
#include "bundle.h"
#include "collect.h"
#include "death.h"
#include "describe.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>

/* Each build that was met stays open until its symbols go: so many snapshots may be of different ones. */
#define SYMBOLIZED_MAX 256u

static void *need(void *memory)
{
	if (!memory)
		exit(command_error(&command_collect, COMMAND_USAGE, "out of memory"));
	return memory;
}

void collect_name(struct collection *collection, struct snapshot *snapshot)
{
	const struct symbols_options options = {
		.cache = true, .network = true, .directories = collection->request->directories.debug.names};

	if (collection->symbolized++ >= SYMBOLIZED_MAX) {
		symbols_destroy(collection->symbols);
		collection->symbols = NULL;
		collection->symbolized = 1;
	}
	if (!collection->symbols)
		collection->symbols = need(symbols_create(&options));
	symbols_name_frames(collection->symbols, snapshot, SYMBOLS_NAMES_AND_LINES);
}

static char *shown_name(const char *name)
{
	const char *origin = bundle_origin(name);
	char *shown;

	if (!origin)
		return need(strdup(name));
	if (asprintf(&shown, "%s:%s", origin, describe_base_name(name)) < 0)
		shown = NULL;
	return need(shown);
}

static void note_unreadable(struct collection *collection, const char *path, const char *error)
{
	const size_t count = collection->unreadable_count;

	if (!(count & (count - 1)))
		collection->unreadable = need(
			reallocarray(collection->unreadable, count ? 2 * count : 1, sizeof(*collection->unreadable)));
	collection->unreadable[count] = (struct report_unreadable){path, need(strdup(error))};
	collection->unreadable_count++;
}

static void add(struct collection *collection, struct snapshot *snapshot, size_t number)
{
	struct fingerprint fingerprint;
	struct nearby nearby;

	if (!death_is(snapshot)) {
		collection->living++;
		return;
	}
	collect_name(collection, snapshot);
	fingerprint_make(snapshot, &fingerprint);
	nearby_make(snapshot, &nearby);
	collection->group_of[number] = groups_add(&collection->groups, &fingerprint, &nearby, snapshot->created_at, number);
}

static void read_input(struct collection *collection, size_t number)
{
	const char *name = collection->inputs.names[number], *shown = collection->shown[number];
	const struct snapshot_visitor nothing = {.context = NULL};
	struct snapshot_error error;
	struct target target;

	if (target_open(&command_collect, &target, name) != COMMAND_DONE) {
		note_unreadable(collection, shown, "cannot be opened as a snapshot");
		return;
	}
	if (target_read(&target, NULL, &nothing, &error) < 0) {
		command_error(&command_collect, COMMAND_BAD_FILE, "%s: %s", shown, error.text);
		note_unreadable(collection, shown, error.text);
	} else {
		add(collection, &target.snapshot, number);
	}
	target_close(&target);
}

/* Known under the fingerprint of any build. */
static bool is_known(const struct collection *collection, const struct group *group)
{
	const struct groups *groups = &collection->groups;

	for (size_t i = 0; i < groups->folded_count; i++) {
		if (groups->folded[i].into == group->id &&
		    baseline_holds(&collection->baseline, groups->folded[i].fingerprint.hash))
			return true;
	}
	return baseline_holds(&collection->baseline, group->fingerprint.hash);
}

static void compare(struct collection *collection)
{
	for (size_t i = 0; i < collection->groups.count; i++) {
		struct group *group = &collection->groups.list[i];
		group->is_known = is_known(collection, group);
		collection->new_groups += !group->is_known;
	}
}

static void fold(struct collection *collection)
{
	groups_fold(&collection->groups);
	for (size_t i = 0; collection->groups.folded_count && i < collection->inputs.count; i++)
		collection->group_of[i] = groups_id(&collection->groups, collection->group_of[i]);
}

void collect_groups(struct collection *collection)
{
	const size_t count = collection->inputs.count;

	collection->group_of = need(calloc(count ? count : 1, sizeof(*collection->group_of)));
	collection->shown = need(calloc(count ? count : 1, sizeof(*collection->shown)));
	for (size_t i = 0; i < count; i++) {
		collection->shown[i] = shown_name(collection->inputs.names[i]);
		collection->group_of[i] = REPORT_NO_GROUP;
		read_input(collection, i);
	}
	fold(collection);
	groups_sort(&collection->groups);
	compare(collection);
}

void collect_fini(struct collection *collection)
{
	for (size_t i = 0; i < collection->unreadable_count; i++)
		free((char *)(uintptr_t)collection->unreadable[i].error);
	for (size_t i = 0; collection->shown && i < collection->inputs.count; i++)
		free(collection->shown[i]);
	free(collection->unreadable);
	free(collection->shown);
	free(collection->group_of);
	groups_fini(&collection->groups);
	baseline_fini(&collection->baseline);
	inputs_close(&collection->inputs);
	symbols_destroy(collection->symbols);
}
