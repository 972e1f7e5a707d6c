#include "mapping.h"
#include "snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A module being collected; most files that are mapped without code (locales, fonts, the recorder itself) are none. */
struct candidate {
	struct snapshot_module module;
	uint64_t last_offset;
	bool executable;
};

struct collection {
	struct candidate *items;
	size_t count, room;
};

static bool is_module(const struct mapping *mapping)
{
	static const char vdso[] = "[vdso]";

	return mapping_is_file(mapping) ||
	       (mapping->path_bytes == sizeof(vdso) - 1 && !memcmp(mapping->path, vdso, sizeof(vdso) - 1));
}

/* The kernel writes a line feed in a path as \012. */
static const char *clean_path(struct arena *arena, const struct mapping *mapping)
{
	char *path = arena_bytes(arena, mapping->path, mapping->path_bytes), *to, *from;

	for (from = to = path; *from; from++, to++) {
		*to = *from;
		if (!strncmp(from, "\\012", 4)) {
			*to = '\n';
			from += 3;
		}
	}
	*to = '\0';
	return path;
}

/* memfd_create(2) makes a file that never had a name. */
static const char *state_of(const struct mapping *mapping, const char *path)
{
	if (!mapping->deleted)
		return NULL;
	return strncmp(path, "/memfd:", 7) ? "deleted" : "memory";
}

static bool same_state(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/*
 * Whether the mapping goes on with the module: a later part of the same file, with no other file between them. A second copy
 * (dlmopen, a program that maps its own file to read it) begins a module of its own. Files begin at offset 0 again only where a
 * linker put two segments into one page.
 */
static bool continues(const struct candidate *last, const struct mapping *mapping, const char *path)
{
	if (strcmp(last->module.path, path) != 0 || !same_state(last->module.state, state_of(mapping, path)))
		return false;
	if (mapping->offset == 0 && last->module.base + last->module.size != mapping->start)
		return false;
	return mapping->offset >= last->last_offset;
}

static struct candidate *append(struct collection *collection)
{
	if (collection->count == collection->room) {
		size_t room = collection->room ? collection->room * 2 : 64;
		struct candidate *items = reallocarray(collection->items, room, sizeof(*items));
		if (!items)
			return NULL;
		collection->items = items;
		collection->room = room;
	}
	return &collection->items[collection->count++];
}

static int add(struct arena *arena, struct collection *collection, const struct mapping *mapping)
{
	const char *path = clean_path(arena, mapping);
	struct candidate *candidate = collection->count ? &collection->items[collection->count - 1] : NULL;

	if (!candidate || !continues(candidate, mapping, path)) {
		candidate = append(collection);
		if (!candidate)
			return -ENOMEM;
		*candidate = (struct candidate){.module = {.path = path, .base = mapping->start, .state = state_of(mapping, path)}};
	}
	if (mapping->start < candidate->module.base)
		return 0; /* the kernel sorts; a text that does not is not believed */
	candidate->module.size = mapping->end - candidate->module.base;
	candidate->last_offset = mapping->offset;
	candidate->executable |= mapping->executable;
	return 0;
}

static int by_base(const void *left, const void *right)
{
	const struct snapshot_module *a = left, *b = right;

	return (a->base > b->base) - (a->base < b->base);
}

static void keep_executable(struct snapshot *snapshot, const struct collection *collection)
{
	snapshot->modules = arena_alloc(&snapshot->arena, collection->count, sizeof(*snapshot->modules));
	snapshot->module_count = 0;
	for (size_t i = 0; i < collection->count; i++) {
		if (collection->items[i].executable)
			snapshot->modules[snapshot->module_count++] = collection->items[i].module;
	}
	qsort(snapshot->modules, snapshot->module_count, sizeof(*snapshot->modules), by_base);
}

int snapshot_add_maps(struct snapshot *snapshot, const char *maps, size_t bytes)
{
	struct collection collection = {0};
	const char *end = maps + bytes;
	struct mapping mapping;
	int error = 0;

	while (!error && mapping_next(&maps, end, &mapping)) {
		if (is_module(&mapping))
			error = add(&snapshot->arena, &collection, &mapping);
	}
	if (!error && collection.count)
		keep_executable(snapshot, &collection);
	free(collection.items);
	return error;
}

const struct snapshot_module *snapshot_module_at(const struct snapshot *snapshot, uint64_t address)
{
	size_t low = 0, high = snapshot->module_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (snapshot->modules[middle].base <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address - snapshot->modules[low - 1].base >= snapshot->modules[low - 1].size)
		return NULL;
	return &snapshot->modules[low - 1];
}

void snapshot_place_frames(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->thread_count; i++) {
		const struct snapshot_thread *thread = &snapshot->threads[i];
		for (size_t j = 0; j < thread->frame_count; j++) {
			struct snapshot_frame *frame = &thread->frames[j];
			const struct snapshot_module *module = snapshot_module_at(snapshot, frame->pc);
			if (frame->module || !module)
				continue;
			frame->module = module->path;
			frame->build_id = module->build_id;
			frame->offset = frame->pc - module->base;
		}
	}
}
