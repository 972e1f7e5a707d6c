/* What a snapshot's frames and events are called. */
#include "demangle.h"
#include "recorder.h"
#include "symbols.h"

#include <stdlib.h>
#include <string.h>

/* A path alone says nothing of a file that was lost: what stands there now may be another. A build-id does. */
static void forget_lost(struct symbols *symbols, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->module_count; i++) {
		const struct snapshot_module *module = &snapshot->modules[i];
		if (module->state && !module->build_id)
			symbols_offer(symbols, module->path, NULL, -1);
	}
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

void symbols_name_event(struct symbols *symbols, const struct snapshot *snapshot, struct snapshot_event *event)
{
	const struct snapshot_module *module = event->caller ? snapshot_module_at(snapshot, event->caller) : NULL;
	struct symbol symbol;

	if (!module || event->file || event->caller == module->base)
		return;
	forget_lost(symbols, snapshot);
	if (symbols_lookup(symbols, module->path, module->build_id, event->caller - module->base - 1, SYMBOLS_NAMES_AND_LINES,
			   &symbol) != 0)
		return;
	event->file = symbol.file;
	event->line = symbol.line;
	event->function = symbol.function;
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
