/* What keys and the mouse do. One table: the keys, what the help says of them, and the function. */
#define NCURSES_WIDECHAR 1
#include "screen.h"
#include "terminal.h"
#include "tui.h"

#include <ncurses.h>
#include <string.h>

/* Moving ---------------------------------------------------------------------------------------------------------------------- */

static void move_by(struct tui *tui, ptrdiff_t rows)
{
	struct page *page = tui_page(tui);

	if (page)
		page_by(page, rows);
	else if (tui->tab == TUI_LIST)
		scroll_by(&tui->list.scroll, rows);
	else
		scroll_by(&tui->events.scroll, rows);
	if (page || tui->tab != TUI_EVENTS)
		return;
	tui->events.follow &= rows > 0; /* who goes up wants to read */
	/* Where the filter is still at work the cursor stays where it is put, at the end at the end. */
	if (tui->events.wanted != SIZE_MAX || !tui->events.sorted)
		tui->events.wanted = rows > (ptrdiff_t)UINT32_MAX ? UINT32_MAX : SIZE_MAX;
}

static ptrdiff_t page_rows(void)
{
	return LINES > 6 ? LINES - 5 : 1;
}

static void up(struct tui *tui)
{
	move_by(tui, -1);
}
static void down(struct tui *tui)
{
	move_by(tui, 1);
}
static void up_fast(struct tui *tui)
{
	move_by(tui, -5);
}
static void down_fast(struct tui *tui)
{
	move_by(tui, 5);
}
static void page_up(struct tui *tui)
{
	move_by(tui, -page_rows());
}
static void page_down(struct tui *tui)
{
	move_by(tui, page_rows());
}
static void first(struct tui *tui)
{
	move_by(tui, -(ptrdiff_t)(PTRDIFF_MAX / 4));
}
static void last(struct tui *tui)
{
	move_by(tui, (ptrdiff_t)(PTRDIFF_MAX / 4));
}

static void sideways(struct tui *tui, int columns)
{
	struct page *page = tui_page(tui);
	size_t *skip = page ? &page->skip : &tui->events.skip;

	if (!page && tui->tab == TUI_LIST)
		return; /* its rows are cut, and open as a whole */
	if (columns > 0)
		*skip += (size_t)columns;
	else
		*skip -= *skip > (size_t)-columns ? (size_t)-columns : *skip;
}

static void left(struct tui *tui)
{
	sideways(tui, -8);
}
static void right(struct tui *tui)
{
	sideways(tui, 8);
}

/* Panes ----------------------------------------------------------------------------------------------------------------------- */

static void list_tab(struct tui *tui)
{
	tui_show(tui, TUI_LIST);
}
static void events_tab(struct tui *tui)
{
	tui_show(tui, TUI_EVENTS);
}
static void stacks_tab(struct tui *tui)
{
	tui_show(tui, TUI_STACKS);
}
static void modules_tab(struct tui *tui)
{
	tui_show(tui, TUI_MODULES);
}
static void process_tab(struct tui *tui)
{
	tui_show(tui, TUI_PROCESS);
}
static void next_tab(struct tui *tui)
{
	tui_show(tui, (enum tui_tab)((tui->tab + 1) % TUI_TABS));
}
static void previous_tab(struct tui *tui)
{
	tui_show(tui, (enum tui_tab)((tui->tab + TUI_TABS - 1) % TUI_TABS));
}

static void enter(struct tui *tui)
{
	const struct list_row *row = list_chosen(&tui->list);
	char path[PATH_MAX];

	if (tui->tab == TUI_EVENTS && !tui->over && events_at(&tui->events, tui->events.scroll.cursor)) {
		tui->over = TUI_OVER_DETAIL;
		events_detail(&tui->events, &tui->over_page);
	}
	if (tui->tab != TUI_LIST || !row)
		return;
	snprintf(path, sizeof(path), "%s", row->path);
	tui_open(tui, path);
}

static void back(struct tui *tui)
{
	if (tui->over)
		tui->over = TUI_OVER_NOTHING;
	else if (tui->events.searching)
		tui->events.searching = false;
	else
		tui->tab = TUI_LIST;
}

static void print_help(FILE *out); /* behind the table that it prints */

static void help(struct tui *tui)
{
	FILE *out = page_begin(&tui->over_page);

	tui->over = TUI_OVER_HELP;
	if (!out)
		return;
	print_help(out);
	page_end(&tui->over_page);
}

static void quit(struct tui *tui)
{
	if (tui->over)
		tui->over = TUI_OVER_NOTHING;
	else
		tui->quit = true;
}

/* Search, filters, order ------------------------------------------------------------------------------------------------------ */

static void search(struct tui *tui)
{
	tui_prompt(tui, TUI_PROMPT_SEARCH);
}
static void search_next(struct tui *tui)
{
	tui_search_again(tui, 1);
}
static void search_previous(struct tui *tui)
{
	tui_search_again(tui, -1);
}

static bool has_events(const struct tui *tui)
{
	return tui->tab == TUI_EVENTS && !tui->over;
}

static void grep(struct tui *tui)
{
	if (has_events(tui))
		tui_prompt(tui, TUI_PROMPT_GREP);
}

static void level(struct tui *tui)
{
	if (!has_events(tui))
		return;
	tui->events.level = (tui->events.level + 1) % LEVEL_OFF;
	(void)events_refilter(&tui->events);
}

static void thread(struct tui *tui)
{
	const struct stored *stored = events_at(&tui->events, tui->events.scroll.cursor);

	if (!has_events(tui) || (!stored && !tui->events.tid))
		return;
	tui->events.tid = tui->events.tid ? 0 : stored->event.tid;
	(void)events_refilter(&tui->events);
}

static void source(struct tui *tui)
{
	const struct stored *stored = events_at(&tui->events, tui->events.scroll.cursor);

	if (!has_events(tui) || (!stored && tui->events.source < 0))
		return;
	if (tui->events.source < 0 && !source_name(stored->event.source)) {
		snprintf(tui->note, sizeof(tui->note), "a source that this version does not know cannot be chosen");
		return;
	}
	tui->events.source = tui->events.source >= 0 ? -1 : (int)stored->event.source;
	(void)events_refilter(&tui->events);
}

static void clear_filters(struct tui *tui)
{
	message_pattern_destroy(tui->pattern);
	tui->pattern = tui->events.pattern = NULL;
	tui->events.level = tui->events.tid = 0;
	tui->events.source = -1;
	tui->events.grep[0] = '\0';
	tui->events.searching = false;
	if (tui->document.open)
		(void)events_refilter(&tui->events);
}

static void sort(struct tui *tui)
{
	if (tui->tab == TUI_LIST) {
		tui->list.sort = (enum list_sort)((tui->list.sort + 1) % (LIST_BY_SIZE + 1));
		list_sort(&tui->list);
	} else if (has_events(tui)) {
		tui->events.sort = (enum events_sort)((tui->events.sort + 1) % (EVENTS_BY_SOURCE + 1));
		(void)events_refilter(&tui->events);
	}
}

static void reverse(struct tui *tui)
{
	if (tui->tab == TUI_LIST) {
		tui->list.reversed = !tui->list.reversed;
		list_sort(&tui->list);
	} else if (has_events(tui) && tui->events.scroll.count) {
		tui->events.reversed = !tui->events.reversed;
		scroll_to(&tui->events.scroll, tui->events.scroll.count - 1 - tui->events.scroll.cursor);
	}
}

/* Events ---------------------------------------------------------------------------------------------------------------------- */

static void time_mode(struct tui *tui)
{
	tui->events.time = (enum events_time)((tui->events.time + 1) % (EVENTS_TIME_NONE + 1));
}
static void numbers(struct tui *tui)
{
	tui->events.numbers = !tui->events.numbers;
}
static void follow(struct tui *tui)
{
	tui->events.follow = !tui->events.follow;
	tui->events.sorted = false; /* the cursor goes to the end at once */
	if (!tui->document.live)
		snprintf(tui->note, sizeof(tui->note), "nothing more comes: the process is gone");
}
static void pause_following(struct tui *tui)
{
	tui->events.paused = !tui->events.paused;
}

static void bookmark(struct tui *tui)
{
	if (has_events(tui))
		events_bookmark(&tui->events);
}

static void next_bookmark(struct tui *tui)
{
	if (has_events(tui))
		events_next_bookmark(&tui->events);
}

/* The table ------------------------------------------------------------------------------------------------------------------- */

struct binding {
	int keys[4];      /* the rest 0 */
	const char *name; /* NULL: said in another row */
	const char *what; /* NULL name: unused */
	void (*act)(struct tui *tui);
};

static const struct binding bindings[] = {
	{{'k', KEY_UP}, "k j ↑ ↓", "a row up, down", up},
	{{'j', KEY_DOWN}, NULL, NULL, down},
	{{'K'}, "K J", "five rows up, down", up_fast},
	{{'J'}, NULL, NULL, down_fast},
	{{KEY_PPAGE, 2}, "PgUp PgDn", "a screen up, down (also ^B ^F)", page_up},
	{{KEY_NPAGE, 6}, NULL, NULL, page_down},
	{{'g', KEY_HOME}, "g G", "the first, the last (also Home, End)", first},
	{{'G', KEY_END}, NULL, NULL, last},
	{{'h', KEY_LEFT}, "← →", "long lines: to the left, to the right (also h)", left},
	{{KEY_RIGHT}, NULL, NULL, right},
	{{'1'}, "1 to 5", "snapshots, events, stacks, modules, process", list_tab},
	{{'2'}, NULL, NULL, events_tab},
	{{'3'}, NULL, NULL, stacks_tab},
	{{'4'}, NULL, NULL, modules_tab},
	{{'5'}, NULL, NULL, process_tab},
	{{'\t'}, "Tab", "the next of them; Shift-Tab: the one before", next_tab},
	{{KEY_BTAB}, NULL, NULL, previous_tab},
	{{'\n', '\r', KEY_ENTER}, "Enter", "opens the snapshot; shows the whole event", enter},
	{{27}, "Esc", "back; ends a search", back},
	{{'/'}, "/", "search, a Perl-compatible regular expression; capitals count where one is typed", search},
	{{'n'}, "n N", "the next, the previous that matches", search_next},
	{{'N'}, NULL, NULL, search_previous},
	{{'&'}, "&", "only events whose message matches; empty: all", grep},
	{{'l'}, "l", "levels: debug and above, info, warn, error, fatal, all", level},
	{{'T'}, "T", "only the thread of this event; again: all", thread},
	{{'o'}, "o", "only the source of this event; again: all", source},
	{{'c'}, "c", "no filter, no search", clear_filters},
	{{'s'}, "s r", "sort by another column; reverse", sort},
	{{'r'}, NULL, NULL, reverse},
	{{'t'}, "t", "times: to the end, local, UTC, none", time_mode},
	{{'#'}, "#", "numbers of events", numbers},
	{{'m', 'b'}, "m '", "sets or removes a bookmark; goes to the next (also b B)", bookmark},
	{{'\'', 'B'}, NULL, NULL, next_bookmark},
	{{'f'}, "f", "stays with the newest event of a living process", follow},
	{{' '}, "Space", "takes nothing new for now; again: goes on", pause_following},
	{{'?', KEY_F(1)}, "?", "this", help},
	{{'q'}, "q", "ends (also ^C)", quit},
};

#define BINDINGS (sizeof(bindings) / sizeof(bindings[0]))

static void print_help(FILE *out)
{
	for (size_t i = 0; i < BINDINGS; i++) {
		size_t columns;
		if (!bindings[i].name)
			continue;
		fputs("  ", out);
		terminal_paint(out, PAINT_BOLD);
		columns = terminal_string(out, bindings[i].name, 0);
		terminal_paint(out, PAINT_NONE);
		fprintf(out, "%*s%s\n", columns < 12 ? 12 - (int)columns : 1, "", bindings[i].what);
	}
	fputs("\n  The mouse: a click chooses a row or a tab, a click on the chosen row opens it, the wheel scrolls.\n", out);
}

/* Mouse ----------------------------------------------------------------------------------------------------------------------- */

static void click_row(struct tui *tui, size_t row)
{
	struct scroll *scroll = tui->tab == TUI_LIST ? &tui->list.scroll : &tui->events.scroll;
	const size_t at = scroll->top + row;

	if (tui_page(tui) || row >= scroll->rows || at >= scroll->count)
		return;
	if (at == scroll->cursor) {
		enter(tui);
		return;
	}
	tui->events.follow &= tui->tab != TUI_EVENTS;
	scroll_to(scroll, at);
}

static void mouse(struct tui *tui)
{
	/* Where the rows begin: below title and tabs, a line about damage, the list's heading. */
	const int top = 2 + (tui->document.damage.text[0] != '\0') + (tui->tab == TUI_LIST);
	MEVENT event;

	if (getmouse(&event) != OK)
		return;
	if (event.bstate & BUTTON4_PRESSED)
		move_by(tui, -3);
	else if (event.bstate & BUTTON5_PRESSED)
		move_by(tui, 3);
	else if (event.y == 1 && tui_tab_at(event.x) != TUI_TABS)
		tui_show(tui, tui_tab_at(event.x));
	else if (event.y >= top && event.y < LINES - 1)
		click_row(tui, (size_t)(event.y - top));
}

static const struct binding *binding_of(int key)
{
	for (size_t i = 0; i < BINDINGS; i++) {
		for (size_t k = 0; k < 4 && bindings[i].keys[k]; k++) {
			if (bindings[i].keys[k] == key)
				return &bindings[i];
		}
	}
	return NULL;
}

void tui_key(struct tui *tui, int key)
{
	const struct binding *binding = binding_of(key);

	if (key == KEY_RESIZE) {
		clear();
		return;
	}
	if (tui->prompt && key != KEY_MOUSE) {
		tui_prompt_key(tui, key);
		return;
	}
	tui->note[0] = tui->events.note[0] = '\0';
	tui->events.searching = false;
	if (key == KEY_MOUSE)
		mouse(tui);
	else if (binding)
		binding->act(tui);
}
