/*
 * ttlog tui: snapshots and living processes on one screen.
 *
 * A loop: draw, wait for a key, do what it says. While there is something to filter, to search or to read it does not wait but does
 * a step of it, so a key is never answered later than after one step.
 */
#define NCURSES_WIDECHAR 1
#include "tui.h"

#include "directory.h"
#include "recorder_list.h"
#include "screen.h"

#include <errno.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_MS   200
#define REFRESH_NS 1000000000ull /* the directory is looked at */

/* Opening --------------------------------------------------------------------------------------------------------------------- */

static bool show_progress(void *context, size_t events)
{
	struct tui *tui = context;
	int key;

	if (LINES >= SCREEN_LINES && COLS >= SCREEN_COLUMNS)
		screen_print(LINES - 1, true, " reading: %zu events; Esc stops, and shows those", events);
	screen_show();
	timeout(0);
	while ((key = screen_key()) != ERR && key != 27) {
		if (tui->ahead_count < sizeof(tui->ahead) / sizeof(tui->ahead[0]))
			tui->ahead[tui->ahead_count++] = key;
	}
	return key == 27 || screen_signal();
}

static void forget(struct tui *tui)
{
	for (int i = 0; i < TUI_TABS; i++)
		page_forget(&tui->pages[i]);
	events_fini(&tui->events);
	document_close(&tui->document);
	tui->over = TUI_OVER_NOTHING;
}

void tui_open(struct tui *tui, const char *name)
{
	forget(tui);
	if (!document_open(&tui->document, name, show_progress, tui)) {
		tui->tab = TUI_LIST;
		snprintf(tui->note, sizeof(tui->note), "%s", screen_said());
		return;
	}
	snprintf(tui->note, sizeof(tui->note), "%s", screen_said());
	events_show(&tui->events, &tui->document);
	tui->events.pattern = tui->pattern;
	tui_show(tui, tui->document.target.snapshot.thread_count && !tui->document.live ? TUI_STACKS : TUI_EVENTS);
}

void tui_show(struct tui *tui, enum tui_tab tab)
{
	tui->over = TUI_OVER_NOTHING;
	if (tab != TUI_LIST && !tui->document.open) {
		snprintf(tui->note, sizeof(tui->note), "choose a snapshot, and Enter");
		return;
	}
	tui->tab = tab;
	if (tab >= TUI_STACKS && !tui->pages[tab].made)
		tui_make_page(tui, tab);
}

struct page *tui_page(struct tui *tui)
{
	if (tui->over)
		return &tui->over_page;
	return tui->tab >= TUI_STACKS ? &tui->pages[tui->tab] : NULL;
}

/* The loop -------------------------------------------------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* True: there is more to do. */
static bool work(struct tui *tui)
{
	static uint64_t refreshed;
	bool more;

	if (!tui->events.paused)
		(void)document_follow(&tui->document);
	if (now_ns() - refreshed > REFRESH_NS) {
		list_refresh(&tui->list);
		refreshed = now_ns();
	}
	more = events_work(&tui->events);
	if (!more && list_work(&tui->list)) {
		list_sort(&tui->list);
		more = true;
	}
	return more;
}

/* What was typed while a file was read. */
static void play_ahead(struct tui *tui)
{
	for (size_t i = 0; i < tui->ahead_count && !tui->quit; i++)
		tui_key(tui, tui->ahead[i]);
	tui->ahead_count = 0;
}

static void loop(struct tui *tui)
{
	while (!tui->quit && !screen_signal()) {
		const bool more = work(tui);
		int key;
		play_ahead(tui);
		tui_draw(tui);
		timeout(more ? 0 : PAUSE_MS);
		/* All that was typed meanwhile, before anything is drawn again. */
		for (key = screen_key(); key != ERR && !tui->quit; key = screen_key()) {
			tui_key(tui, key);
			timeout(0);
		}
	}
}

/* The command ----------------------------------------------------------------------------------------------------------------- */

/* The directory of the list, and what is opened in it at once: NULL, a file, or a process as its number. COMMAND_DONE or the exit status. */
static int choose(const char *name, char directory[PATH_MAX], const char **opened)
{
	const char *slash = strrchr(name, '/'), *found;
	int status;
	pid_t pid;

	*opened = NULL;
	snprintf(directory, PATH_MAX, "%s", DIRECTORY_DEFAULT);
	if (access(name, F_OK) != 0) {
		const int error = errno;
		if (!recorder_pid(name, &pid))
			return command_error(&command_tui, COMMAND_BAD_FILE, "%s: %s", name, strerror(error));
		*opened = name;
	} else if ((found = directory_find(&command_tui, name, &status))) {
		snprintf(directory, PATH_MAX, "%s", found);
	} else if (status) {
		return status;
	} else {
		*opened = name;
		snprintf(directory, PATH_MAX, "%.*s", slash ? (int)(slash - name) + 1 : 1, slash ? name : ".");
	}
	return COMMAND_DONE;
}

/* What was named on the command line, and could not be read, or not to its end. */
static int status_of(const struct tui *tui, const char *opened)
{
	if (!opened || (tui->document.open && !tui->document.damage.text[0]))
		return COMMAND_DONE;
	return access(opened, F_OK) == 0 ? COMMAND_BAD_FILE : COMMAND_NOTHING;
}

static int show(const char *directory, const char *opened, bool no_color)
{
	static struct tui tui;
	int status = screen_start(&command_tui, no_color);

	if (status)
		return status;
	tui.events.source = -1;
	tui.list.directory = directory;
	if (opened)
		tui_open(&tui, opened);
	status = status_of(&tui, opened);
	loop(&tui);
	screen_stop();
	forget(&tui);
	page_forget(&tui.over_page);
	message_pattern_destroy(tui.pattern);
	list_fini(&tui.list);
	if (screen_signal())
		screen_die(screen_signal());
	return status;
}

static const struct option long_options[] = {{"no-color", no_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};

static int run_tui(int argc, char **argv)
{
	char directory[PATH_MAX] = DIRECTORY_DEFAULT;
	const char *opened = NULL;
	bool no_color = false;
	int option, status;

	while ((option = command_option(&command_tui, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return COMMAND_DONE;
		if (option == OPTION_BAD)
			return COMMAND_USAGE;
		no_color = true;
	}
	if (argc - optind > 1)
		return command_error(&command_tui, COMMAND_USAGE, "%s: more than one DIR, FILE or PID; see `ttlog tui --help`",
				     argv[optind + 1]);
	status = optind < argc ? choose(argv[optind], directory, &opened) : COMMAND_DONE;
	return status ? status : show(directory, opened, no_color);
}

const struct command command_tui = {
	.name = "tui",
	.summary = "snapshots and living processes on one screen, with search",
	.run = run_tui,
	.options = long_options,
	.operands = COMMAND_TAKES_FILES,
	.help = "usage: ttlog tui [--no-color] [DIR|FILE|PID]\n\n"
		"Lists the snapshots of DIR (default ./tmp) and the processes that are recorded\n"
		"now; Enter opens one. FILE and PID are opened at once. A file that cannot be\n"
		"read is a row with the reason; if it was named, the exit status is 3. Needs a\n"
		"terminal of 80x24.\n\n"
		"  1 to 5, Tab   snapshots, events, stacks, modules, process\n"
		"  j k g G       move; Enter opens, Esc goes back, q ends\n"
		"  / n N         search (Perl-compatible regular expression)\n"
		"  & l T o c     only events that match, of a level and above, of this thread, of\n"
		"                this source; all\n"
		"  s r           sort, reverse\n"
		"  m '           bookmark, next bookmark\n"
		"  f Space       follow a living process, pause\n"
		"  ?             all keys\n\n"
		"  --no-color    no colour (also: NO_COLOR=1)\n\n"
		"Examples:\n"
		"  ttlog tui\n"
		"  ttlog tui /var/crash/myservice\n"
		"  ttlog tui 4711\n",
};
