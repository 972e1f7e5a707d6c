#include "describe.h"
#include "symbols.h"
#include "terminal.h"
#include "view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_SHOWN     16u
#define FUNCTION_COLUMNS 72u /* longer names (C++) are cut, unless all threads are shown in full */
#define FUNCTION_ALIGNED 32u

const char *view_path(const char *path, const char *base)
{
	size_t length = base ? strlen(base) : 0;

	if (length > 1 && !strncmp(path, base, length) && path[length] == '/')
		return path + length + 1;
	return path;
}

/* One stack ------------------------------------------------------------------------------------------------------------------ */

/* Inside the C library public functions have inner names: __pthread_mutex_lock. `plain` takes the underscores away. */
static size_t print_name(FILE *out, const struct snapshot_frame *frame, size_t most, bool plain)
{
	char name[1024];

	snprintf(name, sizeof(name), "%.*s", (int)describe_function_bytes(frame->function), frame->function);
	return terminal_string(out, name + (plain ? strspn(name, "_") : 0), most);
}

/* "main+0x15", or the address where no symbol covers it. Returns its columns. */
static size_t print_function(FILE *out, const struct snapshot_frame *frame, size_t most)
{
	size_t columns;

	if (!frame->function)
		return (size_t)fprintf(out, "0x%" PRIx64, frame->pc);
	terminal_paint(out, describe_is_system_code(frame) ? PAINT_NONE : PAINT_BOLD);
	columns = print_name(out, frame, most, false);
	terminal_paint(out, PAINT_NONE);
	return columns + (size_t)fprintf(out, "+0x%" PRIx64, frame->function_offset);
}

static void print_module(FILE *out, const struct snapshot_frame *frame)
{
	terminal_paint(out, PAINT_DIM);
	if (!frame->module) {
		fputs("(no module)", out);
	} else {
		putc('(', out);
		terminal_string(out, describe_base_name(frame->module), 0);
		if (!frame->function)
			fprintf(out, "+0x%" PRIx64, frame->offset);
		putc(')', out);
	}
	terminal_paint(out, PAINT_NONE);
}

static void print_frame(FILE *out, const struct snapshot *snapshot, const struct snapshot_frame *frame, size_t number, size_t most)
{
	size_t columns;

	fprintf(out, "  #%-2zu ", number);
	columns = print_function(out, frame, most);
	fprintf(out, "%*s  ", columns < FUNCTION_ALIGNED ? (int)(FUNCTION_ALIGNED - columns) : 0, "");
	if (frame->file) {
		terminal_paint(out, PAINT_CYAN);
		terminal_string(out, view_path(frame->file, snapshot->cwd), 0);
		fprintf(out, ":%u", frame->line);
		terminal_paint(out, PAINT_NONE);
		fputs("  ", out);
	}
	print_module(out, frame);
	putc('\n', out);
}

static void print_registers(FILE *out, const struct snapshot_thread *thread)
{
	for (size_t i = 0; i < thread->register_count; i++) {
		fputs(i % 4 ? "  " : "    ", out);
		terminal_string(out, thread->registers[i].name, 8);
		fprintf(out, "%*s 0x%016" PRIx64 "%s", strlen(thread->registers[i].name) < 3 ? 1 : 0, "",
			thread->registers[i].value, i % 4 == 3 || i + 1 == thread->register_count ? "\n" : "");
	}
}

/* How often the frame stands there in a row: a recursion would fill the screen with itself. */
static size_t repetitions(const struct snapshot_thread *thread, size_t at)
{
	size_t count = 1;

	while (at + count < thread->frame_count && thread->frames[at + count].pc == thread->frames[at].pc)
		count++;
	return count;
}

/* Source is shown once, under the innermost frame whose file is here. */
static void print_stack(FILE *out, const struct snapshot *snapshot, const struct snapshot_thread *thread, bool source, bool all)
{
	size_t at = 0;

	if (!thread->frame_count)
		fputs("  no stack was captured\n", out);
	for (size_t shown = 0; at < thread->frame_count && (all || shown < FRAMES_SHOWN); shown++) {
		const struct snapshot_frame *frame = &thread->frames[at];
		size_t again = all ? 1 : repetitions(thread, at);
		print_frame(out, snapshot, frame, at, all ? 0 : FUNCTION_COLUMNS);
		if (source && frame->file && view_source(out, frame->file, frame->line))
			source = false;
		if (again > 1)
			terminal_printf(out, PAINT_DIM, "  ... the same %zu times more\n", again - 1);
		at += again;
	}
	if (at < thread->frame_count)
		terminal_printf(out, PAINT_DIM, "  ... %zu more (--threads)\n", thread->frame_count - at);
	else if (thread->frames_cut)
		terminal_printf(out, PAINT_DIM, "  ... outer frames are not known\n");
}

static void print_heading(FILE *out, const struct snapshot_thread *thread)
{
	terminal_paint(out, PAINT_BOLD);
	fprintf(out, "thread %u", thread->tid);
	if (thread->name) {
		putc(' ', out);
		terminal_string(out, thread->name, 32);
	}
	terminal_paint(out, PAINT_NONE);
	fputs("  ", out);
	terminal_paint(out, thread->crashed ? PAINT_RED : PAINT_DIM);
	terminal_string(out, thread->crashed ? "crashed" : thread->state ? thread->state : "", 32);
	terminal_paint(out, PAINT_NONE);
	putc('\n', out);
}

/* The others in one line each ------------------------------------------------------------------------------------------------ */

/* Threads that do the same stand together: same name, same place, same call it waits in. */
struct folded {
	const struct snapshot_thread *thread;
	const struct snapshot_frame *frame, *waits; /* may be NULL */
	size_t count;
};

/* The outermost function of the C library on top of the thread's own code: what it is doing there. */
static const struct snapshot_frame *waits_in(const struct snapshot_thread *thread, const struct snapshot_frame *frame)
{
	const struct snapshot_frame *found = NULL;

	for (size_t i = 0; i < thread->frame_count && &thread->frames[i] != frame; i++) {
		if (thread->frames[i].function && describe_is_system_code(&thread->frames[i]))
			found = &thread->frames[i];
	}
	return found;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_place(const struct snapshot_frame *a, const struct snapshot_frame *b)
{
	return a && b ? a->pc == b->pc : a == b;
}

/* The number of groups; O(threads * groups), and groups are few where threads are many. */
static size_t fold(const struct snapshot *snapshot, const struct snapshot_thread *shown, struct folded *groups)
{
	size_t count = 0;

	for (size_t i = 0; i < snapshot->thread_count; i++) {
		struct folded one = {.thread = &snapshot->threads[i], .count = 1};
		size_t at = 0;
		if (one.thread == shown)
			continue;
		one.frame = describe_innermost(one.thread);
		one.waits = one.frame ? waits_in(one.thread, one.frame) : NULL;
		while (at < count && !(same_text(groups[at].thread->name, one.thread->name) &&
				       same_place(groups[at].frame, one.frame) && same_place(groups[at].waits, one.waits)))
			at++;
		if (at < count)
			groups[at].count++;
		else
			groups[count++] = one;
	}
	return count;
}

static void print_folded(FILE *out, const struct snapshot *snapshot, const struct folded *group)
{
	size_t columns;

	if (group->count > 1)
		fprintf(out, "  %4zu x ", group->count);
	else
		fprintf(out, "  %6u ", group->thread->tid);
	columns = terminal_string(out, group->thread->name ? group->thread->name : "-", 16);
	fprintf(out, "%*s  ", columns < 16 ? (int)(16 - columns) : 0, "");
	if (!group->frame) {
		fputs("no function known\n", out);
		return;
	}
	print_function(out, group->frame, 48);
	if (group->frame->file) {
		fputs("  ", out);
		terminal_paint(out, PAINT_CYAN);
		terminal_string(out, view_path(group->frame->file, snapshot->cwd), 48);
		fprintf(out, ":%u", group->frame->line);
		terminal_paint(out, PAINT_NONE);
	}
	if (group->waits) {
		terminal_paint(out, PAINT_DIM);
		fputs("  in ", out);
		print_name(out, group->waits, 48, true);
		terminal_paint(out, PAINT_NONE);
	}
	putc('\n', out);
}

static void print_others(FILE *out, const struct snapshot *snapshot, const struct snapshot_thread *shown)
{
	size_t others = snapshot->thread_count - (shown ? 1 : 0), count;
	struct folded *groups = others ? calloc(others, sizeof(*groups)) : NULL;

	if (!groups)
		return;
	terminal_printf(out, PAINT_BOLD, "%zu %s%s\n", others, shown ? "other thread" : "thread", others == 1 ? "" : "s");
	count = fold(snapshot, shown, groups);
	for (size_t i = 0; i < count; i++)
		print_folded(out, snapshot, &groups[i]);
	putc('\n', out);
	free(groups);
}

void view_threads(FILE *out, struct snapshot *snapshot, struct symbols *symbols, const struct view_options *options)
{
	const struct snapshot_thread *crashed = describe_crashed(snapshot);

	if (symbols)
		symbols_name_frames(symbols, snapshot, SYMBOLS_NAMES_AND_LINES);
	if (!crashed && snapshot->thread_count == 1)
		crashed = &snapshot->threads[0];
	for (size_t i = 0; i < snapshot->thread_count; i++) {
		const struct snapshot_thread *thread = &snapshot->threads[i];
		if (thread != crashed && !options->all_threads)
			continue;
		print_heading(out, thread);
		print_stack(out, snapshot, thread, thread == crashed, options->all_threads);
		if (options->all_threads)
			view_last_said(out, snapshot, symbols, options, thread);
		if (options->all_threads && thread == crashed)
			print_registers(out, thread);
		putc('\n', out);
	}
	if (!options->all_threads)
		print_others(out, snapshot, crashed);
}
