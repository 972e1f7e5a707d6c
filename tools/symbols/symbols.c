#include "symbols.h"

#include "address.h"
#include "arena.h"
#include "cache.h"
#include "inlines.h"
#include "module.h"
#include "names.h"
#include "search.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A module that was asked for. */
struct known {
	struct known *next;
	struct symbols *symbols;
	char *path, *build_id;     /* build_id may be NULL */
	struct module *module;     /* NULL: not opened yet */
	struct cache_file *cached; /* whose strings its addresses use */
	bool fresh;                /* it has addresses that the cache has not */
};

struct symbols {
	struct known *known, **known_end;
	struct names names;
	struct addresses addresses;
	bool cache;
};

struct symbols *symbols_create(const struct symbols_options *options)
{
	struct symbols *symbols = arena_need(calloc(1, sizeof(*symbols)), sizeof(*symbols));

	symbols->known_end = &symbols->known;
	symbols->cache = options && options->cache;
	search_configure(options ? options->directories : NULL, options && options->network);
	return symbols;
}

/* What is known of the module now, for later. */
static void keep(const struct symbols *symbols, const struct known *known)
{
	struct cache_writer *writer = known->fresh && !search_fell_short() ? cache_begin(known->build_id) : NULL;

	if (!writer)
		return;
	for (size_t i = 0; i < ADDRESS_SLOTS; i++) {
		for (const struct address *address = symbols->addresses.slots[i]; address; address = address->next) {
			if (address->module == known && address->want == SYMBOLS_NAMES_AND_LINES)
				cache_put(writer, address->offset, &address->symbol);
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

void symbols_destroy(struct symbols *symbols)
{
	if (!symbols)
		return;
	for (const struct known *known = symbols->known; known; known = known->next)
		keep(symbols, known);
	addresses_fini(&symbols->addresses);
	while (symbols->known) {
		struct known *known = symbols->known;
		symbols->known = known->next;
		forget_known(known);
	}
	names_fini(&symbols->names);
	free(symbols);
}

/* Lives until symbols_destroy(). */
static const char *absolute_path(struct symbols *symbols, const char *directory, const char *file)
{
	char path[PATH_MAX];

	if (!file || file[0] == '/' || !directory || directory[0] != '/')
		return file;
	while (!strncmp(file, "./", 2))
		file += 2;
	if (snprintf(path, sizeof(path), "%s/%s", directory, file) >= (int)sizeof(path))
		return file;
	return names_keep(&symbols->names, path);
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
	struct known *known = arena_need(calloc(1, sizeof(*known)), sizeof(*known));

	known->symbols = symbols;
	known->path = arena_need(strdup(path), strlen(path));
	known->build_id = build_id ? arena_need(strdup(build_id), strlen(build_id)) : NULL;
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

/* Opened when it is first needed, once. */
static struct module *module_of(struct known *known)
{
	if (!known->module)
		known->module = module_open(known->path, known->build_id);
	return known->module;
}

void symbols_offer(struct symbols *symbols, const char *path, const char *build_id, int fd)
{
	struct known *known = get_known(symbols, path, build_id);

	if (!known->module)
		known->module = module_open_lost(path, build_id, fd);
	else if (fd >= 0)
		close(fd);
}

/* Look-up -------------------------------------------------------------------------------------------------------------------- */

static struct symbol_inline *copy_of(const struct symbol_inline *inlined, size_t count)
{
	const size_t bytes = count * sizeof(*inlined);

	return count ? memcpy(arena_need(malloc(bytes), bytes), inlined, bytes) : NULL;
}

static void take_cached(void *context, uint64_t offset, const struct symbol *symbol)
{
	struct known *known = context;
	struct address *address = addresses_add(&known->symbols->addresses, known, offset, SYMBOLS_NAMES_AND_LINES);

	address->symbol = *symbol;
	address->symbol.inlined = copy_of(symbol->inlined, symbol->inlined_count);
}

static void load_cache(struct known *known)
{
	known->cached = cache_open(known->build_id, take_cached, known);
}

/* DWARF names the place of each call; a reader wants the place in each function: the calls' move out by one. */
static void look_up_inlined(struct symbols *symbols, struct module *module, uint64_t offset, const char *directory,
			    struct symbol *symbol)
{
	struct inline_call calls[INLINES_MAX];
	const size_t count = inlines_at(module, offset, &symbols->names, calls);
	struct symbol_inline *inlined = count ? arena_need(calloc(count, sizeof(*inlined)), count * sizeof(*inlined)) : NULL;

	for (size_t i = 0; i < count; i++) {
		inlined[i].function = calls[i].function ? names_plain(&symbols->names, calls[i].function) : NULL;
		inlined[i].file = symbol->file;
		inlined[i].line = symbol->line;
		symbol->file = absolute_path(symbols, directory, calls[i].file);
		symbol->line = calls[i].line;
	}
	symbol->inlined = inlined;
	symbol->inlined_count = count;
}

static void look_up_line(struct symbols *symbols, struct module *module, uint64_t offset, struct symbol *symbol)
{
	const char *file = module_line(module, offset, &symbol->line);
	const char *directory = file ? module_directory(module, offset) : NULL;

	symbol->file = absolute_path(symbols, directory, file);
	if (file)
		look_up_inlined(symbols, module, offset, directory, symbol);
}

struct look_up {
	struct symbols *symbols;
	struct module *module;
	uint64_t offset;
	enum symbols_want want;
	struct symbol *symbol;
};

static void work_look_up(void *context)
{
	const struct look_up *look_up = context;
	struct symbol *symbol = look_up->symbol;
	const char *function = module_function(look_up->module, look_up->offset, &symbol->function_offset);

	if (function)
		symbol->function = names_plain(&look_up->symbols->names, function);
	if (look_up->want == SYMBOLS_NAMES_AND_LINES)
		look_up_line(look_up->symbols, look_up->module, look_up->offset, symbol);
}

int symbols_lookup(struct symbols *symbols, const char *path, const char *build_id, uint64_t offset, enum symbols_want want,
		   struct symbol *symbol)
{
	struct known *known = get_known(symbols, path, build_id);
	struct address *address = addresses_find(&symbols->addresses, known, offset, want);

	memset(symbol, 0, sizeof(*symbol));
	if (!address) {
		struct module *module = module_of(known);
		if (module->error)
			return module->error;
		address = addresses_add(&symbols->addresses, known, offset, want);
		struct look_up look_up = {symbols, module, offset, want, &address->symbol};
		if (!module_work(path, work_look_up, &look_up))
			memset(&address->symbol, 0, sizeof(address->symbol));
		known->fresh |= address->symbol.file && symbols->cache && known->build_id;
	}
	*symbol = address->symbol;
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
	struct module *module = module_of(known);

	return module->error ? NULL : module_build_id(module);
}
