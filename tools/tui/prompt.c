/* What is typed into the last line: a search, which moves on with every letter, or a filter. */
#define NCURSES_WIDECHAR 1
#include "tui.h"

#include <ctype.h>
#include <ncurses.h>
#include <string.h>

/* What the search moves. */
static struct scroll *searched(struct tui *tui)
{
	struct page *page = tui_page(tui);

	if (page)
		return &page->scroll;
	return tui->tab == TUI_EVENTS ? &tui->events.scroll : &tui->list.scroll;
}

void tui_prompt(struct tui *tui, enum tui_prompt prompt)
{
	tui->prompt = prompt;
	tui->typed[0] = tui->note[0] = tui->events.note[0] = '\0';
	tui->origin = searched(tui)->cursor;
}

/* As less -i does it: capitals are meant where somebody types one. */
static bool has_capital(const char *text)
{
	while (*text && !isupper((unsigned char)*text))
		text++;
	return *text != '\0';
}

static bool compile(struct tui *tui)
{
	struct message_pattern *pattern = message_pattern_create(tui->typed, !has_capital(tui->typed), tui->note,
								 sizeof(tui->note));

	if (!pattern)
		return false;
	message_pattern_destroy(tui->pattern);
	tui->pattern = tui->events.pattern = pattern;
	tui->note[0] = '\0';
	return true;
}

static void search(struct tui *tui, int step, bool here)
{
	struct page *page = tui_page(tui);
	bool found = true;

	if (page)
		found = page_search(page, tui->pattern, step, here);
	else if (tui->tab == TUI_EVENTS)
		events_search(&tui->events, tui->pattern, step, here);
	else
		found = list_search(&tui->list, tui->pattern, step, here);
	if (!found)
		snprintf(tui->note, sizeof(tui->note), "not found");
}

void tui_search_again(struct tui *tui, int step)
{
	if (tui->pattern)
		search(tui, step, false);
	else
		snprintf(tui->note, sizeof(tui->note), "nothing was searched for; / does");
}

static void typed(struct tui *tui)
{
	tui->note[0] = tui->events.note[0] = '\0';
	tui->events.searching = false;
	if (tui->prompt != TUI_PROMPT_SEARCH)
		return;
	scroll_to(searched(tui), tui->origin);
	if (tui->typed[0] && compile(tui))
		search(tui, 1, true);
}

static void enter(struct tui *tui)
{
	const enum tui_prompt prompt = tui->prompt;
	char before[sizeof(tui->events.grep)];

	tui->prompt = TUI_PROMPT_NONE;
	if (prompt != TUI_PROMPT_GREP)
		return;
	memcpy(before, tui->events.grep, sizeof(before));
	snprintf(tui->events.grep, sizeof(tui->events.grep), "%s", tui->typed);
	if (!events_refilter(&tui->events))
		memcpy(tui->events.grep, before, sizeof(before)); /* which is still at work */
}

static void cancel(struct tui *tui)
{
	if (tui->prompt == TUI_PROMPT_SEARCH) {
		message_pattern_destroy(tui->pattern);
		tui->pattern = tui->events.pattern = NULL;
		tui->events.searching = false;
		scroll_to(searched(tui), tui->origin);
	}
	tui->prompt = TUI_PROMPT_NONE;
	tui->note[0] = tui->events.note[0] = '\0';
}

/* A character of UTF-8 goes as a whole. */
static void erase_last(char *text)
{
	size_t bytes = strlen(text);

	while (bytes && ((unsigned char)text[--bytes] & 0xc0) == 0x80)
		;
	text[bytes] = '\0';
}

void tui_prompt_key(struct tui *tui, int key)
{
	const size_t used = strlen(tui->typed);

	if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		enter(tui);
	} else if (key == 27) {
		cancel(tui);
	} else if (key == KEY_BACKSPACE || key == 127 || key == 8) {
		erase_last(tui->typed);
		typed(tui);
	} else if (key == 21) { /* ^U */
		tui->typed[0] = '\0';
		typed(tui);
	} else if (key >= 32 && key < 256 && used + 1 < sizeof(tui->typed)) {
		tui->typed[used] = (char)key;
		tui->typed[used + 1] = '\0';
		if ((key & 0x80) == 0 || (key & 0xc0) == 0x80)
			typed(tui);
	}
}
