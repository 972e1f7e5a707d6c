#define NCURSES_WIDECHAR 1
#include "screen.h"

#include "contain.h"
#include "terminal.h"
#include "utf8.h"

#include <errno.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define LINE_BYTES 8192u /* of a line that is drawn; no terminal is wider */

static struct {
	const struct command *command;
	SCREEN *curses;
	struct contained crash;  /* of ncurses, which does not look whether it got its memory */
	bool inside;             /* who calls exit() then is ncurses */
	struct termios terminal; /* as we found it */
	char restore[256];       /* what gives it back, for a signal handler */
	size_t restore_bytes;
	int error, said; /* standard error as it was; what takes its place */
	off_t said_read;
	volatile sig_atomic_t ended_by;
} screen = {.error = -1, .said = -1};

/* Beginning and end ----------------------------------------------------------------------------------------------------------- */

static void note_end(int number)
{
	screen.ended_by = number;
}

/* No library is called, it may be what is broken. */
static void give_back(void)
{
	(void)!write(STDOUT_FILENO, screen.restore, screen.restore_bytes);
	(void)tcsetattr(STDOUT_FILENO, TCSANOW, &screen.terminal);
	if (screen.error >= 0)
		(void)dup2(screen.error, STDERR_FILENO);
}

/* A fault of ours: the signal comes again, and is lethal then. */
static void note_fault(int number)
{
	static const char said[] = "ttlog tui: crashed: a fault of its own, or a library without memory\n";

	give_back();
	(void)!write(STDERR_FILENO, said, sizeof(said) - 1);
	(void)raise(number);
}

static void catch_signals(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT}, faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &(struct sigaction){.sa_handler = note_end}, NULL);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigaction(faults[i], &(struct sigaction){.sa_handler = note_fault, .sa_flags = (int)SA_RESETHAND | SA_NODEFER},
			  NULL);
}

static void divert_errors(void)
{
	screen.said = memfd_create("ttlog tui", MFD_CLOEXEC);
	if (screen.said < 0)
		return;
	fflush(stderr);
	screen.error = dup(STDERR_FILENO);
	(void)dup2(screen.said, STDERR_FILENO);
}

/* What nobody has seen on the screen: the reason for ending, too. */
static void hand_on_errors(void)
{
	char text[1024];
	ssize_t got;

	while ((got = pread(screen.said, text, sizeof(text), screen.said_read)) > 0) {
		screen.said_read += got;
		fwrite(text, 1, (size_t)got, stderr);
	}
	fflush(stderr);
}

static void return_errors(void)
{
	if (screen.error < 0)
		return;
	fflush(stderr);
	(void)dup2(screen.error, STDERR_FILENO);
	hand_on_errors();
	close(screen.error);
	close(screen.said);
	screen.error = screen.said = -1;
}

const char *screen_said(void)
{
	static char text[1024];
	ssize_t got;
	char *line;

	fflush(stderr);
	text[0] = '\0';
	if (screen.said < 0 || lseek(screen.said, 0, SEEK_END) <= screen.said_read)
		return text;
	got = pread(screen.said, text, sizeof(text) - 1, screen.said_read);
	screen.said_read = lseek(screen.said, 0, SEEK_END);
	text[got > 0 ? got : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	line = strstr(text, "ttlog tui: ");
	return line ? line + strlen("ttlog tui: ") : text;
}

static void start_colours(void)
{
	static const short colours[] = {[PAINT_RED] = COLOR_RED,     [PAINT_BOLD_RED] = COLOR_RED, [PAINT_YELLOW] = COLOR_YELLOW,
					[PAINT_GREEN] = COLOR_GREEN, [PAINT_CYAN] = COLOR_CYAN,    [PAINT_BLUE] = COLOR_BLUE};

	start_color();
	use_default_colors();
	for (int i = PAINT_RED; i <= PAINT_BLUE; i++)
		init_pair((short)i, colours[i], -1);
}

/* ncurses ---------------------------------------------------------------------------------------------------------------------- */

static _Noreturn void end_without_curses(void)
{
	screen.curses = NULL;
	give_back();
	if (screen.said >= 0)
		hand_on_errors();
	exit(command_error(screen.command, COMMAND_USAGE, "out of memory: ncurses crashed (%s)", strsignal(screen.crash.crashed)));
}

/* ncurses has said why, and its status would be another's. */
static void take_exit(void)
{
	if (!screen.inside) {
		screen_stop();
		return;
	}
	give_back();
	if (screen.said >= 0)
		hand_on_errors();
	_exit(command_error(screen.command, COMMAND_USAGE, "ncurses gave up"));
}

static void add_sequence(const char *capability)
{
	const char *text = tigetstr(capability);
	const size_t bytes = text && text != (char *)-1 ? strlen(text) : 0;

	if (!bytes || screen.restore_bytes + bytes > sizeof(screen.restore))
		return;
	memcpy(screen.restore + screen.restore_bytes, text, bytes);
	screen.restore_bytes += bytes;
}

static void prepare_restore(void)
{
	static const char mouse_off[] = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";

	memcpy(screen.restore, mouse_off, sizeof(mouse_off) - 1);
	screen.restore_bytes = sizeof(mouse_off) - 1;
	add_sequence("sgr0");
	add_sequence("cnorm");
	add_sequence("rmkx");
	add_sequence("rmcup");
}

static void start(void *usable)
{
	const char *move;

	screen.curses = newterm(NULL, stdout, stdin);
	if (!screen.curses)
		return;
	prepare_restore();
	move = tigetstr("cup");
	*(bool *)usable = move && move != (char *)-1;
}

static void set_up(void *unused)
{
	(void)unused;
	start_colours();
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	set_escdelay(25);
	/* A press and a release that come together are a click, for ncurses. */
	mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(0);
}

static void end(void *unused)
{
	(void)unused;
	endwin();
	delscreen(screen.curses);
}

static void show(void *unused)
{
	(void)unused;
	refresh();
}

static void read_key(void *key)
{
	*(int *)key = getch();
}

static bool try_curses(void (*work)(void *context), void *context)
{
	bool done;

	screen.inside = true;
	done = contain(&screen.crash, work, context);
	screen.inside = false;
	return done;
}

static void curses(void (*work)(void *context), void *context)
{
	if (!try_curses(work, context))
		end_without_curses();
}

void screen_show(void)
{
	curses(show, NULL);
}

int screen_key(void)
{
	int key = ERR;

	curses(read_key, &key);
	return key;
}

int screen_start(const struct command *command, bool no_color)
{
	const char *term = getenv("TERM");
	bool usable = false;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return command_error(command, COMMAND_USAGE, "needs a terminal; `ttlog view` and `ttlog ls` print without one");
	setlocale(LC_ALL, "");
	terminal_init(stdout, no_color ? TERMINAL_COLOUR_NEVER : TERMINAL_COLOUR_AUTO);
	tcgetattr(STDOUT_FILENO, &screen.terminal);
	screen.command = command;
	atexit(take_exit);
	curses(start, &usable);
	if (!usable) {
		screen_stop();
		return command_error(command, COMMAND_USAGE, "TERM=%s: a terminal that is not known, or cannot move its cursor",
				     term ? term : "");
	}
	catch_signals();
	contain_before(note_fault);
	curses(set_up, NULL);
	divert_errors();
	return COMMAND_DONE;
}

void screen_stop(void)
{
	if (!screen.curses)
		return;
	if (!try_curses(end, NULL))
		give_back();
	screen.curses = NULL;
	return_errors();
}

/* Who is not its session's, or ignores SIGHUP, gets no signal: reading ends at once then, again and again. */
static bool is_gone(void)
{
	struct pollfd terminal = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&terminal, 1, 0) > 0 && (terminal.revents & (POLLHUP | POLLERR | POLLNVAL));
}

int screen_signal(void)
{
	if (!screen.ended_by && is_gone())
		screen.ended_by = SIGHUP;
	return screen.ended_by;
}

void screen_die(int number)
{
	signal(number, SIG_DFL);
	(void)raise(number);
}

/* Lines ----------------------------------------------------------------------------------------------------------------------- */

#define MARKED 0x80u /* a byte that a pattern matches */

/* The text without colours, and beside each byte its paint. */
struct cells {
	char text[LINE_BYTES];
	unsigned char paint[LINE_BYTES];
	size_t bytes, pattern_from;
};

static unsigned char paint_of(const char *code, size_t bytes)
{
	static const char *const codes[] = {
		[PAINT_NONE] = "0",    [PAINT_BOLD] = "1",   [PAINT_DIM] = "2",   [PAINT_RED] = "31", [PAINT_BOLD_RED] = "1;31",
		[PAINT_YELLOW] = "33", [PAINT_GREEN] = "32", [PAINT_CYAN] = "36", [PAINT_BLUE] = "34"};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strlen(codes[i]) == bytes && !memcmp(codes[i], code, bytes))
			return (unsigned char)i;
	}
	return PAINT_NONE;
}

static void split(struct cells *cells, const struct screen_line *line)
{
	unsigned char paint = PAINT_NONE;

	cells->bytes = cells->pattern_from = 0;
	for (size_t at = 0; at < line->bytes && cells->bytes < LINE_BYTES;) {
		if (at <= line->pattern_from)
			cells->pattern_from = cells->bytes;
		if (line->text[at] == '\x1b') {
			const char *code = line->text + at + 2, *end = memchr(line->text + at, 'm', line->bytes - at);
			if (!end)
				break;
			paint = paint_of(code, (size_t)(end - code));
			at = (size_t)(end - line->text) + 1;
			continue;
		}
		cells->text[cells->bytes] = line->text[at++];
		cells->paint[cells->bytes++] = paint;
	}
}

static void mark(struct cells *cells, struct message_pattern *pattern)
{
	size_t at = cells->pattern_from, begin, end;

	while (at < cells->bytes && message_pattern_find(pattern, cells->text, cells->bytes, at, &begin, &end) == 1) {
		for (size_t i = begin; i < end; i++)
			cells->paint[i] |= MARKED;
		at = end > at ? end : at + 1;
	}
}

static attr_t attributes_of(unsigned char paint, const struct screen_line *line)
{
	const unsigned colour = paint & ~MARKED;
	attr_t attributes = line->selected || line->bar ? A_REVERSE : A_NORMAL;

	if (colour >= PAINT_RED && !line->bar)
		attributes |= (attr_t)COLOR_PAIR(colour);
	if (colour == PAINT_BOLD || colour == PAINT_BOLD_RED)
		attributes |= A_BOLD;
	if (colour == PAINT_DIM && !line->selected && !line->bar)
		attributes |= A_DIM;
	if (paint & MARKED)
		attributes = (attributes ^ A_REVERSE) | A_BOLD | A_UNDERLINE;
	return attributes;
}

/* One character with its attributes at the cursor; what does not fit any more is left out. */
static void put(const struct cells *cells, size_t at, size_t length, size_t *column, const struct screen_line *line)
{
	wchar_t character[2] = {L'?', L'\0'};
	mbstate_t state = {0};
	int width;

	if (length)
		(void)mbrtowc(character, cells->text + at, length, &state);
	width = wcwidth(character[0]);
	width = width < 0 ? 1 : width;
	*column += (size_t)width;
	if (*column <= line->skip || *column > line->skip + (size_t)COLS || (width == 0 && *column == line->skip))
		return;
	if (*column - (size_t)width < line->skip) { /* the right half of a wide one */
		character[0] = L' ';
	}
	attrset(attributes_of(cells->paint[at], line));
	addnwstr(character, 1);
}

void screen_draw(int y, const struct screen_line *line)
{
	static struct cells cells;
	size_t column = 0;
	int x, at_y;

	split(&cells, line);
	if (line->pattern)
		mark(&cells, line->pattern);
	move(y, 0);
	for (size_t at = 0; at < cells.bytes;) {
		const size_t length = utf8_character(cells.text + at, cells.bytes - at);
		put(&cells, at, length, &column, line);
		at += length ? length : 1;
	}
	attrset(line->selected || line->bar ? A_REVERSE : A_NORMAL);
	getyx(stdscr, at_y, x);
	if (at_y == y && x < COLS && column < line->skip + (size_t)COLS)
		hline(line->selected || line->bar ? ' ' | A_REVERSE : ' ', COLS - x);
	attrset(A_NORMAL);
}

void screen_print(int y, bool bar, const char *format, ...)
{
	char text[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	screen_draw(y, &(struct screen_line){.text = text, .bytes = strlen(text), .bar = bar});
}
