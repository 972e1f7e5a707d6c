#include "snapshot.h"

#include <string.h>

void snapshot_init(struct snapshot *snapshot)
{
	memset(snapshot, 0, sizeof(*snapshot));
	arena_init(&snapshot->arena);
	snapshot->version = SNAPSHOT_VERSION;
}

void snapshot_fini(struct snapshot *snapshot)
{
	arena_fini(&snapshot->arena);
	memset(snapshot, 0, sizeof(*snapshot));
}

void snapshot_add_degradation(struct snapshot *snapshot, const char *name)
{
	size_t count = snapshot->agent.degradation_count;
	const char **names;

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(snapshot->agent.degradations[i], name))
			return;
	}
	names = arena_alloc(&snapshot->arena, count + 1, sizeof(*names));
	if (count)
		memcpy(names, snapshot->agent.degradations, count * sizeof(*names));
	names[count] = arena_string(&snapshot->arena, name);
	snapshot->agent.degradations = names;
	snapshot->agent.degradation_count = count + 1;
}
