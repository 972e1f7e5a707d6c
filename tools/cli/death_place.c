#include "death_place.h"

#include "describe.h"
#include "short_name.h"
#include "symbols.h"
#include "terminal.h"
#include "view.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FRAMES_TRIED = 16, NAME_COLUMNS = 96 };

/* As the user would write it: from where he started the run. */
static void print_file(const char *file, uint32_t line)
{
	char real[PATH_MAX], here[PATH_MAX];
	const char *path = realpath(file, real) ? real : file;

	fputs("  ", stderr);
	terminal_string(stderr, view_path(path, getcwd(here, sizeof(here))), 0);
	fprintf(stderr, ":%u", line);
}

static void print_place(const char *function, const char *file, uint32_t line)
{
	char name[SHORT_NAME_BYTES];

	short_name(function, describe_function_bytes(function), NAME_COLUMNS, name);
	fputs("ttlog:     in ", stderr);
	terminal_string(stderr, name, 0);
	if (file)
		print_file(file, line);
	putc('\n', stderr);
}

/* Whose source stands here, and not with the system's: the user's, where his languages' libraries are inlined into it or call it. */
static bool is_own(const char *file)
{
	return file && strncmp(file, "/usr/", 5) != 0 && access(file, R_OK) == 0;
}

/* The place in the frame's code that is the user's own; false: none is. */
static bool print_own(const struct symbol *symbol)
{
	for (size_t i = 0; i < symbol->inlined_count; i++) {
		if (symbol->inlined[i].function && is_own(symbol->inlined[i].file)) {
			print_place(symbol->inlined[i].function, symbol->inlined[i].file, symbol->inlined[i].line);
			return true;
		}
	}
	if (!symbol->function || !is_own(symbol->file))
		return false;
	print_place(symbol->function, symbol->file, symbol->line);
	return true;
}

static void look_up(struct symbols *symbols, const struct snapshot_thread *thread, const struct snapshot_frame *frame,
		    struct symbol *symbol)
{
	*symbol = (struct symbol){.function = NULL};
	if (symbols && frame->module)
		(void)symbols_lookup(symbols, frame->module, frame->build_id,
				     frame->offset - !(frame->exact || frame == thread->frames), SYMBOLS_NAMES_AND_LINES, symbol);
}

/* The innermost function that is the user's, or else that is not the system's. */
static void print_function(const struct snapshot_thread *thread, const struct snapshot_frame *innermost)
{
	struct symbols *symbols = symbols_create(&(struct symbols_options){.cache = true});
	const size_t first = (size_t)(innermost - thread->frames);
	struct symbol symbol;
	bool found = false;

	for (size_t i = first; !found && i < thread->frame_count && i < first + FRAMES_TRIED; i++) {
		look_up(symbols, thread, &thread->frames[i], &symbol);
		found = print_own(&symbol);
	}
	if (!found) {
		look_up(symbols, thread, innermost, &symbol);
		print_place(symbol.function ? symbol.function : innermost->function, symbol.file, symbol.line);
	}
	symbols_destroy(symbols);
}

/* Of a program without symbols. */
static void print_module(const struct snapshot_thread *thread)
{
	size_t i = 0;

	while (i < thread->frame_count && (!thread->frames[i].module || describe_is_system_code(&thread->frames[i])))
		i++;
	if (i == thread->frame_count)
		return;
	fputs("ttlog:     in ", stderr);
	terminal_string(stderr, describe_base_name(thread->frames[i].module), 0);
	fprintf(stderr, "+0x%" PRIx64 "\n", thread->frames[i].offset);
}

void death_place_print(const struct snapshot *snapshot)
{
	const struct snapshot_thread *crashed = describe_crashed(snapshot);
	const struct snapshot_thread *thread = crashed ? crashed : snapshot->thread_count ? &snapshot->threads[0] : NULL;
	const struct snapshot_frame *frame;

	if (!thread)
		return;
	frame = describe_innermost(thread);
	if (frame)
		print_function(thread, frame);
	else
		print_module(thread);
}
