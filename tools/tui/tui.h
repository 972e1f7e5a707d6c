/*
 * tui.h - the screens of `ttlog tui`: which pane is seen, what is asked for in the last line, and what keys do.
 *
 * One struct for all, made by the command, handed on. Single-threaded.
 */
#ifndef TTLOG_TUI_TUI_H
#define TTLOG_TUI_TUI_H

#include "command.h"
#include "document.h"
#include "events.h"
#include "list.h"
#include "page.h"

#include <stdbool.h>

extern const struct command command_tui;

enum tui_tab { TUI_LIST, TUI_EVENTS, TUI_STACKS, TUI_MODULES, TUI_PROCESS, TUI_TABS };
enum tui_over { TUI_OVER_NOTHING, TUI_OVER_DETAIL, TUI_OVER_HELP };
enum tui_prompt { TUI_PROMPT_NONE, TUI_PROMPT_SEARCH, TUI_PROMPT_GREP };

struct tui {
	struct list list;
	struct document document;
	struct events events;
	struct page pages[TUI_TABS]; /* of the tabs from TUI_STACKS on */
	struct page over_page;
	enum tui_tab tab;
	enum tui_over over; /* what lies over the tab */
	enum tui_prompt prompt;
	char typed[256];
	size_t origin;                   /* of the cursor when the search began */
	struct message_pattern *pattern; /* searched last; NULL: nothing */
	char note[512];
	int ahead[64]; /* keys that came while a file was read */
	size_t ahead_count;
	bool quit;
};

/* Opens a file or, as its number, a process, and shows it. */
void tui_open(struct tui *tui, const char *name);
void tui_show(struct tui *tui, enum tui_tab tab);
/* The page that keys move now; NULL: a list. */
struct page *tui_page(struct tui *tui);

void tui_draw(struct tui *tui);
/* Of one key of ncurses, the mouse and a new size among them. */
void tui_key(struct tui *tui, int key);
/* The tab at that column of the second line, or TUI_TABS. */
enum tui_tab tui_tab_at(int column);

void tui_make_page(struct tui *tui, enum tui_tab tab);

/* What is typed into the last line. */
void tui_prompt(struct tui *tui, enum tui_prompt prompt);
void tui_prompt_key(struct tui *tui, int key);
void tui_search_again(struct tui *tui, int step);

#endif
