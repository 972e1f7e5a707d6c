#include "describe.h"
#include "symbols.h"
#include "terminal.h"
#include "view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define REGISTERS_IN_ROW 3u /* of 80 columns */

static void print_registers(FILE *out, const struct snapshot_thread *thread)
{
	for (size_t i = 0; i < thread->register_count; i++) {
		fputs(i % REGISTERS_IN_ROW ? "  " : "    ", out);
		terminal_string(out, thread->registers[i].name, 8);
		fprintf(out, "%*s 0x%016" PRIx64 "%s", strlen(thread->registers[i].name) < 3 ? 1 : 0, "",
			thread->registers[i].value,
			i % REGISTERS_IN_ROW == REGISTERS_IN_ROW - 1 || i + 1 == thread->register_count ? "\n" : "");
	}
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

/* The others in one line each ------------------------------------------------------------------------------------------------- */

/* Threads that do the same stand together: same name but for digits (worker-1, worker-2), same place, same call it waits in. */
struct folded {
	const struct snapshot_thread *thread;
	const struct snapshot_frame *frame, *waits; /* may be NULL */
	size_t count;
	bool varied; /* their names differ in digits */
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

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The same but for digits, and how many of them. */
static bool alike(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	while (*a && (*a == *b || (is_digit(*a) && is_digit(*b)))) {
		if (!is_digit(*a)) {
			a++;
			b++;
			continue;
		}
		a += strspn(a, "0123456789");
		b += strspn(b, "0123456789");
	}
	return *a == *b;
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
		while (at < count && !(alike(groups[at].thread->name, one.thread->name) &&
				       same_place(groups[at].frame, one.frame) && same_place(groups[at].waits, one.waits)))
			at++;
		if (at < count) {
			groups[at].count++;
			groups[at].varied |= !same_text(groups[at].thread->name, one.thread->name);
		} else {
			groups[count++] = one;
		}
	}
	return count;
}

/* "worker-*" for several that differ in digits. Returns its columns. */
static size_t print_group_name(FILE *out, const struct folded *group)
{
	const char *name = group->thread->name ? group->thread->name : "-";
	char varied[64] = "";
	size_t used = 0;

	if (!group->varied)
		return terminal_string(out, name, 16);
	while (*name && used < sizeof(varied) - 1) {
		varied[used++] = is_digit(*name) ? '*' : *name;
		name += is_digit(*name) ? strspn(name, "0123456789") : 1;
	}
	return terminal_string(out, varied, 16);
}

static void print_folded(FILE *out, const struct snapshot *snapshot, const struct folded *group)
{
	size_t columns;

	if (group->count > 1)
		fprintf(out, "  %4zu x ", group->count);
	else
		fprintf(out, "  %6u ", group->thread->tid);
	columns = print_group_name(out, group);
	fprintf(out, "%*s  ", columns < 16 ? (int)(16 - columns) : 0, "");
	if (!group->frame) {
		fputs("no function known\n", out);
		return;
	}
	view_function(out, group->frame, 48);
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
		view_name(out, group->waits, 48, true);
		terminal_paint(out, PAINT_NONE);
	}
	putc('\n', out);
}

static void print_others(FILE *out, const struct snapshot *snapshot, const struct snapshot_thread *shown)
{
	size_t others = snapshot->thread_count - (shown ? 1 : 0), count;
	struct folded *groups = snapshot->thread_count > (shown ? 1 : 0) ? calloc(snapshot->thread_count, sizeof(*groups)) : NULL;

	if (!groups)
		return;
	terminal_printf(out, PAINT_BOLD, "%zu %s%s\n", others, shown ? "other thread" : "thread", others == 1 ? "" : "s");
	count = fold(snapshot, shown, groups);
	for (size_t i = 0; i < count; i++)
		print_folded(out, snapshot, &groups[i]);
	putc('\n', out);
	free(groups);
}

void view_threads(const struct view *view)
{
	struct snapshot *snapshot = view->snapshot;
	const struct snapshot_thread *crashed = describe_crashed(snapshot);
	const bool all = view->options->all_threads;

	if (view->symbols)
		symbols_name_frames(view->symbols, snapshot, SYMBOLS_NAMES_AND_LINES);
	if (!crashed && snapshot->thread_count == 1)
		crashed = &snapshot->threads[0];
	for (size_t i = 0; i < snapshot->thread_count; i++) {
		const struct snapshot_thread *thread = &snapshot->threads[i];
		const struct view_stack_style style = {.source = thread == crashed, .all = all, .names = view->options->names};
		if (thread != crashed && !all)
			continue;
		print_heading(view->out, thread);
		view_stack(view->out, snapshot, thread, &style);
		if (all)
			view_last_said(view, thread);
		if (all && thread == crashed)
			print_registers(view->out, thread);
		putc('\n', view->out);
	}
	if (!all)
		print_others(view->out, snapshot, crashed);
}
