#include "own_functions.h"

#include "system_code.h"

#include <string.h>

struct walk {
	own_function_visit *visit;
	void *context;
	size_t count;
};

static void show(struct walk *walk, const struct own_function *function)
{
	walk->count++;
	walk->visit(walk->context, function);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Every program has a main: its file tells which, the same in every build; its program, where no file is known. */
static void name_main(struct own_function *function, const char *module)
{
	char place[FUNCTION_NAME_BYTES];

	if (function->file)
		snprintf(place, sizeof(place), "%s", base_name(function->file));
	else
		system_code_module_name(module, place, sizeof(place));
	snprintf(function->name, sizeof(function->name), "main@%s", place);
}

static void show_named(struct walk *walk, const struct snapshot_frame *frame, const char *name, const char *file, uint32_t line)
{
	struct own_function function = {.is_named = true, .frame = frame, .file = file, .line = line};

	function_name_plain(name, function.name);
	if (system_code_is_function(function.name))
		return;
	if (!strcmp(function.name, "main"))
		name_main(&function, frame->module);
	show(walk, &function);
}

static void show_nameless(struct walk *walk, const struct snapshot_frame *frame)
{
	struct own_function function = {.frame = frame, .file = frame->file, .line = frame->line};
	char module[FUNCTION_NAME_BYTES];

	system_code_module_name(frame->module, module, sizeof(module));
	snprintf(function.name, sizeof(function.name), "[%s]", module);
	show(walk, &function);
}

static void show_frame(struct walk *walk, const struct snapshot_frame *frame)
{
	if (!frame->module || system_code_is_module(frame->module))
		return;
	for (size_t i = 0; i < frame->inlined_count; i++) {
		const struct snapshot_inline *inlined = &frame->inlined[i];
		if (inlined->function && inlined->function[0])
			show_named(walk, frame, inlined->function, inlined->file, inlined->line);
	}
	if (frame->function && frame->function[0])
		show_named(walk, frame, frame->function, frame->file, frame->line);
	else
		show_nameless(walk, frame);
}

/* The code that returns from a handler was called by nobody, and what it returns to was interrupted. */
static bool is_trampoline(const struct snapshot_thread *thread, size_t at)
{
	return thread->frames[at].exact && at + 1 < thread->frame_count && thread->frames[at + 1].exact;
}

/* Behind the handler of the fault that is behind the death. */
static size_t first_frame(const struct snapshot *snapshot, const struct snapshot_thread *thread)
{
	for (size_t i = 0; snapshot->first_signal.present && i < thread->frame_count; i++) {
		if (is_trampoline(thread, i))
			return i + 1;
	}
	return 0;
}

void own_functions_each(const struct snapshot *snapshot, const struct snapshot_thread *thread, own_function_visit *visit,
			void *context)
{
	struct walk walk = {.visit = visit, .context = context};

	for (size_t i = thread ? first_frame(snapshot, thread) : 0; thread && i < thread->frame_count; i++) {
		if (!is_trampoline(thread, i))
			show_frame(&walk, &thread->frames[i]);
		else if (walk.count)
			return;
	}
}

const struct snapshot_thread *own_functions_thread(const struct snapshot *snapshot)
{
	const struct snapshot_thread *found = snapshot->thread_count ? &snapshot->threads[0] : NULL;

	for (size_t i = 0; i < snapshot->thread_count; i++) {
		if (snapshot->threads[i].crashed)
			return &snapshot->threads[i];
		if (snapshot->threads[i].tid == snapshot->pid)
			found = &snapshot->threads[i];
	}
	return found;
}
