/* The stack of one thread: frames, what is known of how they were found, recursions folded. */
#include "describe.h"
#include "short_name.h"
#include "source.h"
#include "terminal.h"
#include "view.h"

#include <inttypes.h>
#include <string.h>

#define FRAMES_SHOWN     16u
#define FRAMES_OWN       4u  /* that are shown even so, from the first of the program's own on, */
#define FRAMES_MOST      48u /* if that is not deeper than this: a panic of Rust is fifteen deep itself */
/* Longer names (C++) are shortened, unless all threads are shown in full; on a narrow terminal those that take more than half of it. */
#define FUNCTION_COLUMNS 72u
#define FUNCTION_ALIGNED 32u
#define CYCLE_MAX        8u /* functions that call each other in turn: longer cycles are not looked for */

/* Rust's library was built in /rustc/HASH of a commit, which says nothing here. */
static const char *without_rustc(const char *path)
{
	static const char place[] = "/rustc/";
	const char *rest = strncmp(path, place, strlen(place)) == 0 ? strchr(path + strlen(place), '/') : NULL;

	return rest ? rest + 1 : path;
}

const char *view_path(const char *path, const char *base)
{
	size_t length = base ? strlen(base) : 0;

	if (length > 1 && !strncmp(path, base, length) && path[length] == '/')
		return path + length + 1;
	return without_rustc(path);
}

static size_t function_columns(void)
{
	const size_t half = terminal_width() / 2;

	return half && half < FUNCTION_COLUMNS ? (half > FUNCTION_ALIGNED ? half : FUNCTION_ALIGNED) : FUNCTION_COLUMNS;
}

/* One frame ------------------------------------------------------------------------------------------------------------------- */

/* Inside the C library public functions have inner names: __pthread_mutex_lock. `plain` takes the underscores away. */
size_t view_name(FILE *out, const struct snapshot_frame *frame, size_t most, bool plain)
{
	char name[SHORT_NAME_BYTES];

	short_name(frame->function, describe_function_bytes(frame->function), most, name);
	return terminal_string(out, name + (plain ? strspn(name, "_") : 0), most);
}

/* "main+0x15", or the address where no symbol covers it. Returns its columns. */
size_t view_function(FILE *out, const struct snapshot_frame *frame, size_t most)
{
	size_t columns;

	if (!frame->function)
		return (size_t)fprintf(out, "0x%" PRIx64, frame->pc);
	terminal_paint(out, describe_is_system_code(frame) ? PAINT_NONE : PAINT_BOLD);
	columns = view_name(out, frame, most, false);
	terminal_paint(out, PAINT_NONE);
	return columns + (size_t)fprintf(out, "+0x%" PRIx64, frame->function_offset);
}

static const char *state_of(const struct snapshot *snapshot, const struct snapshot_frame *frame)
{
	const struct snapshot_module *module = snapshot_module_at(snapshot, frame->pc);

	return module ? module->state : NULL;
}

static void print_module(FILE *out, const struct snapshot *snapshot, const struct snapshot_frame *frame)
{
	const char *state = state_of(snapshot, frame);

	terminal_paint(out, PAINT_DIM);
	if (!frame->module) {
		fputs("(no module)", out);
	} else {
		putc('(', out);
		terminal_string(out, describe_base_name(frame->module), 0);
		if (!frame->function)
			fprintf(out, "+0x%" PRIx64, frame->offset);
		if (state) {
			fputs(", ", out);
			terminal_string(out, state, 16);
		}
		putc(')', out);
	}
	terminal_paint(out, PAINT_NONE);
}

/* "frame_pointer" of the file is two words to a reader. */
static void print_found(FILE *out, const char *found)
{
	char words[32];

	snprintf(words, sizeof(words), "%s", found);
	for (char *c = words; *c; c++) {
		if (*c == '_')
			*c = ' ';
	}
	terminal_paint(out, PAINT_DIM);
	fputs("  [", out);
	terminal_string(out, words, 0);
	putc(']', out);
	terminal_paint(out, PAINT_NONE);
}

/* The code that returns from a handler was called by nobody, and what it returns to was interrupted. */
static bool is_trampoline(const struct snapshot_thread *thread, size_t at)
{
	return thread->frames[at].exact && at + 1 < thread->frame_count && thread->frames[at + 1].exact;
}

static uint64_t number_of(const struct snapshot_thread *thread, size_t at)
{
	return at + (at >= thread->frames_omitted_at ? thread->frames_omitted : 0);
}

static void print_place(FILE *out, const struct snapshot *snapshot, size_t columns, const char *file, uint32_t line)
{
	fprintf(out, "%*s  ", columns < FUNCTION_ALIGNED ? (int)(FUNCTION_ALIGNED - columns) : 0, "");
	if (!file)
		return;
	terminal_paint(out, PAINT_CYAN);
	terminal_string(out, view_path(file, snapshot->cwd), 0);
	fprintf(out, ":%u", line);
	terminal_paint(out, PAINT_NONE);
	fputs("  ", out);
}

static void print_number(FILE *out, const struct snapshot_thread *thread, size_t at)
{
	fprintf(out, "  #%-2" PRIu64 " ", number_of(thread, at));
}

static size_t print_inlined_name(FILE *out, const char *function, size_t most)
{
	char name[SHORT_NAME_BYTES];
	size_t columns;

	short_name(function, strlen(function), most, name);
	terminal_paint(out, PAINT_BOLD);
	columns = terminal_string(out, name, most);
	terminal_paint(out, PAINT_NONE);
	return columns;
}

static void print_inline(FILE *out, const struct snapshot *snapshot, const struct snapshot_inline *inlined, size_t most)
{
	const size_t columns = print_inlined_name(out, inlined->function ? inlined->function : "?", most);

	print_place(out, snapshot, columns, inlined->file, inlined->line);
	terminal_printf(out, PAINT_DIM, "[inlined]\n");
	fputs("      ", out);
}

/* How many from `i` on are of a library's headers: the way from std::thread to the function that it was given takes five of them. */
static size_t count_of_headers(const struct snapshot_frame *frame, size_t i)
{
	size_t count = 0;

	while (i + count < frame->inlined_count && frame->inlined[i + count].file &&
	       source_is_system(frame->inlined[i + count].file))
		count++;
	return count;
}

/*
 * The functions whose code the compiler put into the frame's own: one row each, and the number in the first row of all. Unless all are
 * shown, the libraries' own among them are one row.
 */
static void print_inlined(FILE *out, const struct snapshot *snapshot, const struct snapshot_frame *frame, size_t most, bool all)
{
	for (size_t i = 0, headers; i < frame->inlined_count;) {
		headers = all ? 0 : count_of_headers(frame, i);
		if (headers > 1) {
			terminal_printf(out, PAINT_DIM, "... %zu functions of headers, inlined\n", headers);
			fputs("      ", out);
			i += headers;
		} else {
			print_inline(out, snapshot, &frame->inlined[i++], most);
		}
	}
}

static void print_frame(FILE *out, const struct snapshot *snapshot, const struct snapshot_thread *thread, size_t at,
			const struct view_stack_style *style)
{
	const struct snapshot_frame *frame = &thread->frames[at];
	const size_t most = style->all ? style->names : function_columns();
	size_t columns;

	print_number(out, thread, at);
	print_inlined(out, snapshot, frame, most, style->all);
	if (is_trampoline(thread, at))
		columns = (size_t)fprintf(out, "signal handler called");
	else
		columns = view_function(out, frame, most);
	print_place(out, snapshot, columns, frame->file, frame->line);
	print_module(out, snapshot, frame);
	if (frame->found)
		print_found(out, frame->found);
	putc('\n', out);
}

/* Recursion ------------------------------------------------------------------------------------------------------------------- */

/* A number of frames as people read it: 523,453. */
static void print_count(FILE *out, uint64_t count)
{
	if (count >= 1000) {
		print_count(out, count / 1000);
		fprintf(out, ",%03u", (unsigned)(count % 1000));
	} else {
		fprintf(out, "%u", (unsigned)count);
	}
}

static void print_left_out(FILE *out, const struct snapshot_thread *thread)
{
	terminal_paint(out, PAINT_DIM);
	fputs(thread->frames_cut ? "  ... at least " : "  ... ", out);
	print_count(out, thread->frames_omitted);
	fputs(" frames left out\n", out);
	terminal_paint(out, PAINT_NONE);
}

/* How many frames from `at` on are the same `period` again and again; the gap of left out frames may lie among them. */
static size_t cycle_length(const struct snapshot_thread *thread, size_t at, size_t period)
{
	const size_t gap = thread->frames_omitted ? thread->frames_omitted_at : thread->frame_count;
	size_t end = at + period;

	while (end < thread->frame_count && thread->frames[end].pc == thread->frames[end - period].pc)
		end++;
	if (end != gap || end == thread->frame_count || end < at + 2 * period)
		return end - at;
	/* Behind the gap the cycle may go on at any of its functions. */
	for (size_t from = at; from < at + period; from++) {
		size_t more = 0;
		while (end + more < thread->frame_count &&
		       thread->frames[end + more].pc == thread->frames[at + (from - at + more) % period].pc)
			more++;
		if (more >= period)
			return end + more - at;
	}
	return end - at;
}

/* A recursion would fill the screen with itself. The shortest cycle that stands there three times; 0: none. */
static size_t find_cycle(const struct snapshot_thread *thread, size_t at, size_t *frames)
{
	for (size_t period = 1; period <= CYCLE_MAX && at + period < thread->frame_count; period++) {
		*frames = cycle_length(thread, at, period);
		if (*frames >= 3 * period)
			return period;
	}
	return 0;
}

static bool holds_gap(const struct snapshot_thread *thread, size_t at, size_t frames)
{
	return thread->frames_omitted && thread->frames_omitted_at > at && thread->frames_omitted_at < at + frames;
}

static void print_cycle(FILE *out, const struct snapshot_thread *thread, size_t at, size_t period, size_t frames)
{
	const bool gap = holds_gap(thread, at, frames);

	terminal_paint(out, PAINT_DIM);
	fputs(gap && thread->frames_cut ? "  ... at least " : "  ... ", out);
	print_count(out, frames - period + (gap ? thread->frames_omitted : 0));
	fputs(" frames more of ", out);
	for (size_t i = 0; i < period; i++) {
		const struct snapshot_frame *frame = &thread->frames[at + i];
		fputs(i ? ", " : "", out);
		if (frame->function)
			view_name(out, frame, 40, false);
		else
			fprintf(out, "0x%" PRIx64, frame->pc);
	}
	putc('\n', out);
	terminal_paint(out, PAINT_NONE);
}

/* The stack ------------------------------------------------------------------------------------------------------------------- */

static void print_end(FILE *out, const struct snapshot_thread *thread, size_t at, bool guessed)
{
	if (at < thread->frame_count)
		terminal_printf(out, PAINT_DIM, "  ... %" PRIu64 " more (--threads)\n",
				number_of(thread, thread->frame_count) - number_of(thread, at));
	else if (thread->frames_cut)
		terminal_printf(out, PAINT_DIM, "  ... outer frames are not known\n");
	if (guessed)
		terminal_printf(out, PAINT_DIM, "  [...]: guessed so; no unwind information led there\n");
}

/* Prints the frame at `at`, and the recursion that begins there as one; the first frame behind. */
static size_t print_next(FILE *out, const struct snapshot *snapshot, const struct snapshot_thread *thread, size_t at,
			 const struct view_stack_style *style)
{
	size_t frames, period = style->all ? 0 : find_cycle(thread, at, &frames);

	if (thread->frames_omitted && at == thread->frames_omitted_at)
		print_left_out(out, thread);
	for (size_t i = 0; i < (period ? period : 1); i++)
		print_frame(out, snapshot, thread, at + i, style);
	if (period)
		print_cycle(out, thread, at, period, frames);
	return at + (period ? frames : 1);
}

/* The innermost frame of the program's own whose source is here; else the innermost whose source is. The count of frames: none. */
static size_t find_source(struct snapshot *snapshot, const struct snapshot_thread *thread)
{
	const size_t frames = thread->frame_count < FRAMES_MOST ? thread->frame_count : FRAMES_MOST;
	size_t found = thread->frame_count;

	for (size_t i = 0; i < frames; i++) {
		const bool own = source_is_own(&thread->frames[i]) && !describe_is_system_code(&thread->frames[i]);
		struct source source = {.count = 0};
		if (own || found == thread->frame_count)
			source_of_frame(&source, &snapshot->arena, &thread->frames[i]);
		if (source.count && own)
			return i;
		if (source.count)
			found = i;
	}
	return found;
}

/* Behind the last frame that is shown. */
static size_t frames_shown(const struct snapshot_thread *thread)
{
	size_t own = 0;

	while (own < thread->frame_count && (!source_is_own(&thread->frames[own]) || describe_is_system_code(&thread->frames[own])))
		own++;
	return own < thread->frame_count && own + FRAMES_OWN > FRAMES_SHOWN && own < FRAMES_MOST ? own + FRAMES_OWN : FRAMES_SHOWN;
}

void view_stack(FILE *out, struct snapshot *snapshot, const struct snapshot_thread *thread, const struct view_stack_style *style)
{
	const size_t with_source = style->source ? find_source(snapshot, thread) : thread->frame_count;
	const size_t most = style->all ? thread->frame_count : frames_shown(thread);
	size_t at = 0, first;
	bool guessed = false;

	if (!thread->frame_count)
		fputs("  no stack was captured\n", out);
	for (size_t shown = 0; at < thread->frame_count && shown < most; shown++) {
		guessed |= thread->frames[at].found != NULL;
		first = at;
		at = print_next(out, snapshot, thread, at, style);
		if (with_source >= first && with_source < at)
			view_source(out, snapshot, &thread->frames[with_source]);
	}
	print_end(out, thread, at, guessed);
}
