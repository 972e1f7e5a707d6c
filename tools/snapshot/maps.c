#include "snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char deleted[] = " (deleted)";

/* One line of /proc/pid/maps (proc(5)). */
struct mapping {
	uint64_t start, end, offset;
	bool executable;
	const char *path; /* not NUL-terminated */
	size_t path_bytes;
};

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

static const char *parse_hex(const char *at, const char *end, uint64_t *value)
{
	const char *start = at;

	for (*value = 0; at < end; at++) {
		char c = *at;
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
		if (digit > 15)
			break;
		*value = *value << 4 | digit;
	}
	return at > start ? at : NULL;
}

static const char *skip_word(const char *at, const char *end)
{
	while (at < end && *at != ' ')
		at++;
	while (at < end && *at == ' ')
		at++;
	return at;
}

/* start-end perms offset device inode path; false for a line that is cut off. */
static bool parse_line(const char *at, const char *end, struct mapping *mapping)
{
	at = parse_hex(at, end, &mapping->start);
	if (!at || at == end || *at != '-')
		return false;
	at = parse_hex(at + 1, end, &mapping->end);
	if (!at || end - at < 6 || mapping->end <= mapping->start)
		return false;
	mapping->executable = at[3] == 'x';
	at = parse_hex(skip_word(at + 1, end), end, &mapping->offset);
	if (!at)
		return false;
	at = skip_word(skip_word(skip_word(at, end), end), end);
	mapping->path = at;
	mapping->path_bytes = (size_t)(end - at);
	return true;
}

static bool is_module(const struct mapping *mapping)
{
	static const char vdso[] = "[vdso]";

	if (mapping->path_bytes == sizeof(vdso) - 1)
		return mapping->path[0] == '/' || !memcmp(mapping->path, vdso, sizeof(vdso) - 1);
	return mapping->path_bytes && mapping->path[0] == '/';
}

/* The kernel writes a line feed in a path as \012, and appends " (deleted)". */
static const char *clean_path(struct arena *arena, const struct mapping *mapping)
{
	size_t bytes = mapping->path_bytes, mark = sizeof(deleted) - 1;
	char *path, *to, *from;

	if (bytes > mark && !memcmp(mapping->path + bytes - mark, deleted, mark))
		bytes -= mark;
	path = arena_bytes(arena, mapping->path, bytes);
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

/* The module that the mapping belongs to, or NULL where it begins one. Two copies of a file (dlmopen) are two modules. */
static struct candidate *find(const struct collection *collection, const struct mapping *mapping, const char *path)
{
	for (size_t i = collection->count; i-- > 0;) {
		struct candidate *candidate = &collection->items[i];
		if (strcmp(candidate->module.path, path) != 0)
			continue;
		return mapping->offset == 0 && candidate->last_offset != 0 ? NULL : candidate;
	}
	return NULL;
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
	struct candidate *candidate = find(collection, mapping, path);

	if (!candidate) {
		candidate = append(collection);
		if (!candidate)
			return -ENOMEM;
		*candidate = (struct candidate){.module = {.path = path, .base = mapping->start}};
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
	int error = 0;

	while (!error && maps < end) {
		const char *newline = memchr(maps, '\n', (size_t)(end - maps));
		struct mapping mapping;
		if (!newline)
			break; /* the last line of a text that found no more room */
		if (parse_line(maps, newline, &mapping) && is_module(&mapping))
			error = add(&snapshot->arena, &collection, &mapping);
		maps = newline + 1;
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
