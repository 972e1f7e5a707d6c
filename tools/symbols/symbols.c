#include "symbols.h"

#include "recorder.h"

#include "demangle.h"
#include "module.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SLOTS  4096u
#define PLACE_SLOTS 4096u

/* Demangled names, so that each is made once. */
struct name {
	struct name *next;
	char *mangled, *plain;
};

/*
 * Places that were asked for, so that each is looked up once: libdwfl walks the whole symbol table each time, and a hundred
 * threads wait in the same few functions.
 */
struct place {
	struct place *next;
	const struct module *module;
	uint64_t offset;
	enum symbols_want want;
	struct symbol symbol;
};

struct symbols {
	struct module *modules; /* also those that could not be opened, so that each is tried once */
	struct name *names[NAME_SLOTS];
	struct place *places[PLACE_SLOTS];
};

struct symbols *symbols_create(void)
{
	/* A viewer must not ask a server on the internet for debug information; libdwfl would. */
	unsetenv("DEBUGINFOD_URLS");
	return calloc(1, sizeof(struct symbols));
}

void symbols_destroy(struct symbols *symbols)
{
	if (!symbols)
		return;
	while (symbols->modules) {
		struct module *module = symbols->modules;
		symbols->modules = module->next;
		module_close(module);
	}
	for (size_t i = 0; i < NAME_SLOTS; i++) {
		while (symbols->names[i]) {
			struct name *name = symbols->names[i];
			symbols->names[i] = name->next;
			free(name->mangled);
			free(name->plain);
			free(name);
		}
	}
	for (size_t i = 0; i < PLACE_SLOTS; i++) {
		while (symbols->places[i]) {
			struct place *place = symbols->places[i];
			symbols->places[i] = place->next;
			free(place);
		}
	}
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

static struct module *known_module(struct symbols *symbols, const char *path, const char *build_id)
{
	struct module *module = symbols->modules;

	while (module && !(same(module->path, path) && same(module->build_id, build_id)))
		module = module->next;
	return module;
}

static struct module *add_module(struct symbols *symbols, struct module *module)
{
	if (module) {
		module->next = symbols->modules;
		symbols->modules = module;
	}
	return module;
}

static struct module *find_module(struct symbols *symbols, const char *path, const char *build_id)
{
	struct module *module = known_module(symbols, path, build_id);

	return module ? module : add_module(symbols, module_open(path, build_id));
}

void symbols_offer(struct symbols *symbols, const char *path, const char *build_id, int fd)
{
	add_module(symbols, module_open_lost(path, build_id, fd));
}

/* A path alone says nothing of a file that was lost: what stands there now may be another. A build-id does. */
static void forget_lost(struct symbols *symbols, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->module_count; i++) {
		const struct snapshot_module *module = &snapshot->modules[i];
		if (module->state && !module->build_id && !known_module(symbols, module->path, NULL))
			symbols_offer(symbols, module->path, NULL, -1);
	}
}

static void look_up(struct symbols *symbols, struct module *module, uint64_t offset, enum symbols_want want, struct symbol *symbol)
{
	const char *function = module_function(module, offset, &symbol->function_offset);

	if (function)
		symbol->function = plain_name(symbols, function);
	if (want == SYMBOLS_NAMES_AND_LINES)
		symbol->file = module_line(module, offset, &symbol->line);
}

/* Lives until symbols_destroy(); NULL without memory. */
static const struct place *find_place(struct symbols *symbols, struct module *module, uint64_t offset, enum symbols_want want)
{
	const size_t slot = (size_t)(offset ^ offset >> 12) % PLACE_SLOTS;
	struct place *place = symbols->places[slot];

	while (place && !(place->offset == offset && place->module == module && place->want == want))
		place = place->next;
	if (place)
		return place;
	place = calloc(1, sizeof(*place));
	if (!place)
		return NULL;
	*place = (struct place){.next = symbols->places[slot], .module = module, .offset = offset, .want = want};
	symbols->places[slot] = place;
	look_up(symbols, module, offset, want, &place->symbol);
	return place;
}

int symbols_lookup(struct symbols *symbols, const char *path, const char *build_id, uint64_t offset, enum symbols_want want,
		   struct symbol *symbol)
{
	struct module *module = find_module(symbols, path, build_id);
	const struct place *place;

	memset(symbol, 0, sizeof(*symbol));
	if (!module)
		return -ENOMEM;
	if (module->error)
		return module->error;
	place = find_place(symbols, module, offset, want);
	if (!place)
		return -ENOMEM;
	*symbol = place->symbol;
	return 0;
}

const char *symbols_build_id(struct symbols *symbols, const char *path)
{
	struct module *module = find_module(symbols, path, NULL);

	return module && !module->error ? module_build_id(module) : NULL;
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
}

/* Types of thrown exceptions, which the agent records as the compiler names them. */
static void name_thrown(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->event_count; i++) {
		struct snapshot_text *message = &snapshot->events[i].message;
		char *plain = snapshot->events[i].source == SOURCE_THROW && message->data
				      ? demangle_thrown(arena_bytes(&snapshot->arena, message->data, message->bytes))
				      : NULL;
		if (plain)
			*message = (struct snapshot_text){arena_string(&snapshot->arena, plain), strlen(plain)};
		free(plain);
	}
}

void symbols_name_frames(struct symbols *symbols, struct snapshot *snapshot, enum symbols_want want)
{
	forget_lost(symbols, snapshot);
	name_thrown(snapshot);
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
