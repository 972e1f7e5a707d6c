#include "symbols.h"

#include "recorder.h"

#include "cache.h"
#include "demangle.h"
#include "inlines.h"
#include "module.h"
#include "place.h"
#include "search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_SLOTS 4096u

/* Demangled names, so that each is made once. */
struct name {
	struct name *next;
	char *mangled, *plain;
};

/* A module that was asked for. */
struct known {
	struct known *next;
	struct symbols *symbols;
	char *path, *build_id;     /* build_id may be NULL */
	struct module *module;     /* NULL: not opened yet */
	struct cache_file *cached; /* whose strings its places use */
	bool fresh;                /* it has places that the cache has not */
};

struct symbols {
	struct known *known, **known_end;
	struct name *names[NAME_SLOTS];
	struct places places;
	bool cache;
};

struct symbols *symbols_create(const struct symbols_options *options)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return NULL;
	symbols->known_end = &symbols->known;
	symbols->cache = options && options->cache;
	search_configure(options ? options->directories : NULL, options && options->network);
	return symbols;
}

/* What is known of the module now, for later. */
static void keep(const struct symbols *symbols, const struct known *known)
{
	struct cache_writer *writer = known->fresh ? cache_begin(known->build_id) : NULL;

	if (!writer)
		return;
	for (size_t i = 0; i < PLACE_SLOTS; i++) {
		for (const struct place *place = symbols->places.slots[i]; place; place = place->next) {
			if (place->module == known && place->want == SYMBOLS_NAMES_AND_LINES)
				cache_put(writer, place->offset, &place->symbol);
		}
	}
	cache_commit(writer);
}

static void forget_known(struct known *known)
{
	if (known->module)
		module_close(known->module);
	cache_close(known->cached);
	free(known->path);
	free(known->build_id);
	free(known);
}

static void forget_names(struct symbols *symbols)
{
	for (size_t i = 0; i < NAME_SLOTS; i++) {
		while (symbols->names[i]) {
			struct name *name = symbols->names[i];
			symbols->names[i] = name->next;
			free(name->mangled);
			free(name->plain);
			free(name);
		}
	}
}

void symbols_destroy(struct symbols *symbols)
{
	if (!symbols)
		return;
	for (const struct known *known = symbols->known; known; known = known->next)
		keep(symbols, known);
	places_fini(&symbols->places);
	while (symbols->known) {
		struct known *known = symbols->known;
		symbols->known = known->next;
		forget_known(known);
	}
	forget_names(symbols);
	free(symbols);
}

static size_t slot_of(const char *name)
{
	size_t sum = 5381;

	for (; *name; name++)
		sum = sum * 33 + (unsigned char)*name;
	return sum % NAME_SLOTS;
}

/* As a debugger shows it: without the version of "__libc_start_main@@GLIBC_2.34", demangled. NULL: it is plain as it is. */
static char *plain_text(const char *name)
{
	const char *version = strchr(name, '@');

	return version && version != name ? strndup(name, (size_t)(version - name)) : demangle(name);
}

/* Lives until symbols_destroy(). */
static const char *plain_name(struct symbols *symbols, const char *mangled)
{
	size_t slot = slot_of(mangled);
	struct name *name = symbols->names[slot];

	while (name && strcmp(name->mangled, mangled) != 0)
		name = name->next;
	if (!name) {
		name = calloc(1, sizeof(*name));
		if (!name)
			return mangled;
		name->mangled = strdup(mangled);
		if (!name->mangled) {
			free(name);
			return mangled;
		}
		name->plain = plain_text(mangled);
		name->next = symbols->names[slot];
		symbols->names[slot] = name;
	}
	return name->plain ? name->plain : name->mangled;
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static struct known *find_known(struct symbols *symbols, const char *path, const char *build_id)
{
	struct known *known = symbols->known;

	while (known && !(same(known->path, path) && same(known->build_id, build_id)))
		known = known->next;
	return known;
}

static void load_cache(struct known *known);

static struct known *add_known(struct symbols *symbols, const char *path, const char *build_id)
{
	struct known *known = calloc(1, sizeof(*known));

	if (!known)
		return NULL;
	known->symbols = symbols;
	known->path = strdup(path);
	known->build_id = build_id ? strdup(build_id) : NULL;
	if (!known->path || (build_id && !known->build_id)) {
		forget_known(known);
		return NULL;
	}
	*symbols->known_end = known;
	symbols->known_end = &known->next;
	if (symbols->cache && build_id)
		load_cache(known);
	return known;
}

static struct known *get_known(struct symbols *symbols, const char *path, const char *build_id)
{
	struct known *known = find_known(symbols, path, build_id);

	return known ? known : add_known(symbols, path, build_id);
}

/* Opened when it is first needed, once. NULL without memory. */
static struct module *module_of(struct known *known)
{
	if (!known->module)
		known->module = module_open(known->path, known->build_id);
	return known->module;
}

void symbols_offer(struct symbols *symbols, const char *path, const char *build_id, int fd)
{
	struct known *known = get_known(symbols, path, build_id);

	if (known && !known->module)
		known->module = module_open_lost(path, build_id, fd);
	else if (fd >= 0)
		close(fd);
}

/* A path alone says nothing of a file that was lost: what stands there now may be another. A build-id does. */
static void forget_lost(struct symbols *symbols, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->module_count; i++) {
		const struct snapshot_module *module = &snapshot->modules[i];
		if (module->state && !module->build_id && !find_known(symbols, module->path, NULL))
			symbols_offer(symbols, module->path, NULL, -1);
	}
}

/* Look-up -------------------------------------------------------------------------------------------------------------------- */

static struct symbol_inline *copy_of(const struct symbol_inline *inlined, size_t count)
{
	struct symbol_inline *copy = count ? malloc(count * sizeof(*copy)) : NULL;

	if (copy)
		memcpy(copy, inlined, count * sizeof(*copy));
	return copy;
}

static void take_cached(void *context, uint64_t offset, const struct symbol *symbol)
{
	struct known *known = context;
	struct place *place = places_add(&known->symbols->places, known, offset, SYMBOLS_NAMES_AND_LINES);

	if (!place)
		return;
	place->symbol = *symbol;
	place->symbol.inlined = copy_of(symbol->inlined, symbol->inlined_count);
	place->symbol.inlined_count = place->symbol.inlined ? symbol->inlined_count : 0;
}

static void load_cache(struct known *known)
{
	known->cached = cache_open(known->build_id, take_cached, known);
}

/* DWARF names the place of each call; a reader wants the place in each function: the calls' move out by one. */
static void look_up_inlined(struct symbols *symbols, struct module *module, uint64_t offset, struct symbol *symbol)
{
	struct inline_call calls[INLINES_MAX];
	const size_t count = inlines_at(module, offset, calls);
	struct symbol_inline *inlined = count ? calloc(count, sizeof(*inlined)) : NULL;

	for (size_t i = 0; inlined && i < count; i++) {
		inlined[i].function = calls[i].function ? plain_name(symbols, calls[i].function) : NULL;
		inlined[i].file = symbol->file;
		inlined[i].line = symbol->line;
		symbol->file = calls[i].file;
		symbol->line = calls[i].line;
	}
	symbol->inlined = inlined;
	symbol->inlined_count = inlined ? count : 0;
}

static void look_up(struct symbols *symbols, struct module *module, uint64_t offset, enum symbols_want want, struct symbol *symbol)
{
	const char *function = module_function(module, offset, &symbol->function_offset);

	if (function)
		symbol->function = plain_name(symbols, function);
	if (want == SYMBOLS_NAMES_AND_LINES)
		symbol->file = module_line(module, offset, &symbol->line);
	if (symbol->file)
		look_up_inlined(symbols, module, offset, symbol);
}

int symbols_lookup(struct symbols *symbols, const char *path, const char *build_id, uint64_t offset, enum symbols_want want,
		   struct symbol *symbol)
{
	struct known *known = get_known(symbols, path, build_id);
	struct place *place = known ? places_find(&symbols->places, known, offset, want) : NULL;
	struct module *module = known && !place ? module_of(known) : NULL;

	memset(symbol, 0, sizeof(*symbol));
	if (!place && module && module->error)
		return module->error;
	if (!place && module) {
		place = places_add(&symbols->places, known, offset, want);
		if (place)
			look_up(symbols, module, offset, want, &place->symbol);
		known->fresh |= place && place->symbol.file && symbols->cache && known->build_id;
	}
	if (!place)
		return -ENOMEM;
	*symbol = place->symbol;
	return 0;
}

void symbols_each_module(struct symbols *symbols, symbols_visit *visit, void *context)
{
	for (const struct known *known = symbols->known; known; known = known->next) {
		struct module *module = known->module;
		const int error = module ? module->error : 0;
		visit(context, known->path, known->build_id, error, module ? module_build_id(module) : NULL);
	}
}

const char *symbols_build_id(struct symbols *symbols, const char *path)
{
	struct known *known = get_known(symbols, path, NULL);
	struct module *module = known ? module_of(known) : NULL;

	return module && !module->error ? module_build_id(module) : NULL;
}

static void copy_inlined(struct snapshot *snapshot, struct snapshot_frame *frame, const struct symbol *symbol)
{
	struct snapshot_inline *inlined;

	if (!symbol->inlined_count)
		return;
	inlined = arena_alloc(&snapshot->arena, symbol->inlined_count, sizeof(*inlined));
	for (size_t i = 0; i < symbol->inlined_count; i++) {
		inlined[i].function = arena_string(&snapshot->arena, symbol->inlined[i].function);
		inlined[i].file = arena_string(&snapshot->arena, symbol->inlined[i].file);
		inlined[i].line = symbol->inlined[i].line;
	}
	frame->inlined = inlined;
	frame->inlined_count = symbol->inlined_count;
}

/*
 * The pc of an outer frame is a return address: it may already be the next line, or the next function where the call never
 * returns. Only the innermost frame, and what a signal interrupted, is looked up as it is.
 */
static void name_frame(struct symbols *symbols, struct snapshot *snapshot, struct snapshot_frame *frame, bool innermost,
		       enum symbols_want want)
{
	uint64_t back = innermost || frame->exact || !frame->offset ? 0 : 1;
	const struct snapshot_module *module = snapshot_module_at(snapshot, frame->pc - back);
	struct symbol symbol;

	if (module && module->state)
		want = SYMBOLS_NAMES_AND_LINES; /* of a file that is lost nobody can ask later */
	if (!frame->module || symbols_lookup(symbols, frame->module, frame->build_id, frame->offset - back, want, &symbol) != 0)
		return;
	if (symbol.function && !frame->function) {
		frame->function = arena_string(&snapshot->arena, symbol.function);
		frame->function_offset = symbol.function_offset + back;
	}
	if (symbol.file && !frame->file) {
		frame->file = arena_string(&snapshot->arena, symbol.file);
		frame->line = symbol.line;
	}
	if (!frame->inlined)
		copy_inlined(snapshot, frame, &symbol);
}

void symbols_name_frames(struct symbols *symbols, struct snapshot *snapshot, enum symbols_want want)
{
	forget_lost(symbols, snapshot);
	for (size_t i = 0; i < snapshot->thread_count; i++) {
		for (size_t j = 0; j < snapshot->threads[i].frame_count; j++)
			name_frame(symbols, snapshot, &snapshot->threads[i].frames[j], j == 0, want);
	}
}

void symbols_name_event(struct symbols *symbols, struct snapshot *snapshot, struct snapshot_event *event)
{
	const struct snapshot_module *module = event->caller ? snapshot_module_at(snapshot, event->caller) : NULL;
	struct symbol symbol;

	if (!module || event->file || event->caller == module->base)
		return;
	forget_lost(symbols, snapshot);
	if (symbols_lookup(symbols, module->path, module->build_id, event->caller - module->base - 1, SYMBOLS_NAMES_AND_LINES,
			   &symbol) != 0)
		return;
	event->file = arena_string(&snapshot->arena, symbol.file);
	event->line = symbol.line;
	event->function = arena_string(&snapshot->arena, symbol.function);
}

void symbols_add_build_ids(struct symbols *symbols, struct snapshot *snapshot)
{
	bool any = false;

	for (size_t i = 0; i < snapshot->module_count; i++) {
		struct snapshot_module *module = &snapshot->modules[i];
		const char *build_id = module->build_id ? NULL : symbols_build_id(symbols, module->path);
		if (!build_id)
			continue;
		module->build_id = arena_string(&snapshot->arena, build_id);
		any |= strcmp(module->path, "[vdso]") != 0;
	}
	if (any)
		snapshot_add_degradation(snapshot, degradation_name(__builtin_ctz(DEGRADED_BUILD_ID_FILE)));
}
