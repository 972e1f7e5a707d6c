/* The panes that are texts: stacks, modules, the process. They are what the text view prints. */
#define NCURSES_WIDECHAR 1
#include "describe.h"
#include "terminal.h"
#include "tui.h"
#include "view.h"

#include <inttypes.h>
#include <ncurses.h>

#define SAID_EVENTS 65536u /* looked at for what each thread said last */
#define NAMES_LEAST 36u    /* columns */

static void note_said(struct said *said, const struct document *document)
{
	const struct store *store = &document->store;

	if (said_init(said, &document->target.snapshot) != 0) {
		command_error(&command_tui, COMMAND_USAGE, "out of memory: what each thread said last is left out");
		return;
	}
	for (size_t i = store->count > SAID_EVENTS ? store->count - SAID_EVENTS : 0; i < store->count; i++)
		said_note(said, &store->events[i].event, store->events[i].number);
}

static void print_stacks(FILE *out, struct view *view, struct document *document)
{
	if (!view->snapshot->thread_count) {
		terminal_printf(out, PAINT_DIM,
				document->live || document->ended[0]
					? "no stacks: it lives, and is not stopped; `ttlog snapshot %" PRId64 "` takes them\n"
					: "no stacks: the process was gone when its recorder was read\n",
				view->snapshot->pid);
		return;
	}
	note_said(&view->said, document);
	view_threads(view);
	said_fini(&view->said);
}

static void print_modules(FILE *out, const struct snapshot *snapshot)
{
	terminal_printf(out, PAINT_BOLD, "%18s %8s  %-36s  %s\n", "BASE", "SIZE", "MODULE", "BUILD-ID");
	for (size_t i = 0; i < snapshot->module_count; i++) {
		const struct snapshot_module *module = &snapshot->modules[i];
		size_t columns;
		char size[32];
		describe_bytes(module->size, size);
		fprintf(out, "0x%016" PRIx64 " %8s  ", module->base, size);
		columns = terminal_string(out, module->path ? module->path : "-", 0);
		fprintf(out, "%*s  ", columns < 36 ? (int)(36 - columns) : 0, "");
		terminal_string(out, module->build_id ? module->build_id : "-", 0);
		if (module->state) {
			fputs("  ", out);
			terminal_paint(out, PAINT_YELLOW);
			terminal_string(out, module->state, 0);
			terminal_paint(out, PAINT_NONE);
		}
		putc('\n', out);
	}
	if (!snapshot->module_count)
		terminal_printf(out, PAINT_DIM, "no modules are known\n");
}

static void print_process(FILE *out, struct view *view)
{
	const struct snapshot *snapshot = view->snapshot;

	view_head(view);
	fputs("  directory ", out);
	terminal_string(out, snapshot->cwd ? snapshot->cwd : "-", 0);
	fputs("\n  system   ", out);
	terminal_string(out, snapshot->system.os ? snapshot->system.os : "-", 0);
	fputs(", ", out);
	terminal_string(out, snapshot->system.kernel ? snapshot->system.kernel : "-", 0);
	fprintf(out, ", %u CPUs\n  file     ", snapshot->system.cpus);
	terminal_string(out, view->target->path, 0);
	fprintf(out,
		"\n\n%" PRIu64 " events recorded, %" PRIu64 " overwritten, %" PRIu64 " dropped, %" PRIu64 " cut, %" PRIu64
		" torn, %" PRIu64 " secrets taken out\n",
		snapshot->stats.recorded, snapshot->stats.overwritten, snapshot->stats.dropped, snapshot->stats.truncated,
		snapshot->stats.torn, snapshot->stats.redacted);
}

void tui_make_page(struct tui *tui, enum tui_tab tab)
{
	struct document *document = &tui->document;
	struct page *page = &tui->pages[tab];
	/* What stands behind the name of a function is to be seen, too. */
	const struct view_options options = {.all_threads = true,
					     .names = (size_t)COLS / 2 > NAMES_LEAST ? (size_t)COLS / 2 : NAMES_LEAST};
	struct view view = {.options = &options,
			    .target = &document->target,
			    .snapshot = &document->target.snapshot,
			    .symbols = document->symbols,
			    .damage = document->damage,
			    .out = page_begin(page)};

	if (!view.out)
		return;
	if (tab == TUI_STACKS) {
		print_stacks(view.out, &view, document);
	} else if (tab == TUI_MODULES) {
		print_modules(view.out, view.snapshot);
	} else {
		print_process(view.out, &view);
	}
	page_end(page);
}
