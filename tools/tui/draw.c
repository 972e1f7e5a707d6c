/* The screen as a whole: title, tabs, a pane, the foot. */
#define NCURSES_WIDECHAR 1
#include "describe.h"
#include "memory_stream.h"
#include "screen.h"
#include "terminal.h"
#include "tui.h"

#include <inttypes.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>

static const char *const tabs[] = {"1 Snapshots", "2 Events", "3 Stacks", "4 Modules", "5 Process"};

enum tui_tab tui_tab_at(int column)
{
	int at = 1;

	for (int i = 0; i < TUI_TABS; i++) {
		const int behind = at + (int)strlen(tabs[i]) + 2;
		if (column >= at && column < behind)
			return (enum tui_tab)i;
		at = behind + 1;
	}
	return TUI_TABS;
}

static void draw_title(const struct tui *tui)
{
	const struct snapshot *snapshot = &tui->document.target.snapshot;
	char end[DESCRIBE_BYTES], *text = NULL;
	size_t bytes = 0;
	FILE *out = memory_stream_open(&text, &bytes);

	fputs(" ttlog  ", out);
	if (tui->document.open) {
		describe_end(snapshot, end);
		terminal_string(out, snapshot->service ? snapshot->service : "process", 32);
		fprintf(out, "[%" PRId64 "] ", snapshot->pid);
		fflush(out);
		terminal_string(out, tui->document.ended[0] ? tui->document.ended : end,
				(size_t)COLS > bytes + 1 ? (size_t)COLS - bytes : 2);
	} else {
		terminal_string(out, tui->list.directory, 0);
	}
	memory_stream_close(out, &text);
	screen_draw(0, &(struct screen_line){.text = text, .bytes = bytes, .bar = true});
	free(text);
}

static void draw_tabs(const struct tui *tui)
{
	char text[256] = " ";
	size_t used = 1;

	for (int i = 0; i < TUI_TABS; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%c%s%c ", i == (int)tui->tab ? '[' : ' ', tabs[i],
					 i == (int)tui->tab ? ']' : ' ');
	screen_draw(1, &(struct screen_line){.text = text, .bytes = used});
	if (tui->document.damage.text[0])
		screen_print(2, false, " damaged: %s; shown is what could be read", tui->document.damage.text);
}

static void print_filters(FILE *out, const struct events *events)
{
	static const char *const sorts[] = {"", "  by level", "  by thread", "  by source"};

	fputs(events->level ? "  level " : "", out);
	fputs(events->level ? level_name(events->level) : "", out);
	if (events->tid)
		fprintf(out, "  thread %u", events->tid);
	fputs(events->source >= 0 ? "  source " : "", out);
	fputs(events->source >= 0 ? source_name((unsigned)events->source) : "", out);
	if (events->grep[0]) {
		fputs("  & ", out);
		terminal_string(out, events->grep, 20);
	}
	fputs(sorts[events->sort], out);
	fputs(events->reversed ? "  reversed" : "", out);
	fputs(events->paused ? "  PAUSED" : events->follow && events->document && events->document->live ? "  following" : "", out);
}

static void print_events_foot(FILE *out, const struct tui *tui)
{
	const struct events *events = &tui->events;

	fprintf(out, "%zu/%zu", events->scroll.count ? events->scroll.cursor + 1 : 0, events->scroll.count);
	if (events->scroll.count != tui->document.store.count)
		fprintf(out, " of %zu", tui->document.store.count);
	if (events->seen < tui->document.store.count)
		fprintf(out, " (%zu%%)", events->seen * 100 / tui->document.store.count);
	if (tui->document.missed)
		fprintf(out, "  %" PRIu64 " lost", tui->document.missed);
	fputs(tui->document.stopped ? "  reading was stopped: there are more" : "", out);
	print_filters(out, events);
}

static void print_foot(FILE *out, struct tui *tui)
{
	const struct page *page = tui_page(tui);

	putc(' ', out);
	if (tui->prompt) {
		fputs(tui->prompt == TUI_PROMPT_SEARCH ? "/" : "& ", out);
		terminal_string(out, tui->typed, 0);
		fputs("_  ", out);
	}
	if (page) {
		fprintf(out, "%zu/%zu", page->scroll.count ? page->scroll.top + 1 : 0, page->scroll.count);
	} else if (tui->tab == TUI_EVENTS) {
		print_events_foot(out, tui);
	} else {
		fprintf(out, "%zu/%zu", tui->list.scroll.count ? tui->list.scroll.cursor + 1 : 0, tui->list.scroll.count);
	}
	fputs("  ", out);
	terminal_string(out, tui->note[0] ? tui->note : tui->events.note, 0);
	if (!tui->prompt && !tui->note[0] && !tui->events.note[0])
		fputs(" ? help  q quit", out);
}

static void draw_foot(struct tui *tui)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = memory_stream_open(&text, &bytes);

	print_foot(out, tui);
	memory_stream_close(out, &text);
	screen_draw(LINES - 1, &(struct screen_line){.text = text, .bytes = bytes, .bar = true});
	free(text);
}

static void draw_pane(struct tui *tui)
{
	const int top = tui->document.damage.text[0] ? 3 : 2;
	const size_t rows = (size_t)(LINES - 1 - top);
	struct page *page = tui_page(tui);

	if (page)
		page_draw(page, top, rows, tui->pattern);
	else if (tui->tab == TUI_EVENTS)
		events_draw(&tui->events, top, rows);
	else
		list_draw(&tui->list, top, rows, tui->pattern);
}

void tui_draw(struct tui *tui)
{
	if (LINES < SCREEN_LINES || COLS < SCREEN_COLUMNS) {
		erase();
		screen_print(0, false, "ttlog tui needs %dx%d; this is %dx%d", SCREEN_COLUMNS, SCREEN_LINES, COLS, LINES);
		screen_show();
		return;
	}
	tui->events.pattern = tui->pattern;
	draw_title(tui);
	draw_tabs(tui);
	draw_pane(tui);
	draw_foot(tui);
	screen_show();
}
