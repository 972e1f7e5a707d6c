/*
 * screen.h - the terminal as a screen (ncurses): begun, drawn line by line, and given back whatever happens.
 *
 * Lines are what the text view prints: clean UTF-8 with the colours of terminal.h. Everything that a program said has gone through
 * terminal.h before, so nothing of it can reach the terminal as it is. While the screen is up, what others write to standard error
 * is kept, and can be shown. Single-threaded; one screen at a time.
 */
#ifndef TTLOG_TUI_SCREEN_H
#define TTLOG_TUI_SCREEN_H

#include "command.h"
#include "message_pattern.h"

#include <stdbool.h>
#include <stddef.h>

#define SCREEN_COLUMNS 80
#define SCREEN_LINES   24

/* COMMAND_DONE, or the exit status after the error was printed. From then on every end of the process gives the terminal back. */
int screen_start(const struct command *command, bool no_color);
void screen_stop(void);

/* What was drawn is shown; the next key, as getch(3) waits for it. Where ncurses crashes without memory they end the process, with a word. */
void screen_show(void);
int screen_key(void);

/* The signal that asks us to end, SIGHUP also where the terminal is gone, or 0; and the death by it, after screen_stop(). */
int screen_signal(void);
void screen_die(int number);

/* What was written to standard error since the last call, its last line; "" nothing. Static memory. */
const char *screen_said(void);

struct screen_line {
	const char *text;
	size_t bytes;
	size_t skip;                     /* columns to the left that are not seen */
	bool selected, bar;              /* bar: as heading or foot of the screen */
	struct message_pattern *pattern; /* matches are marked; NULL: none */
	size_t pattern_from;             /* not before this byte of the text */
};

/* Fills the line y. */
void screen_draw(int y, const struct screen_line *line);
/* printf of a line. */
__attribute__((format(printf, 3, 4))) void screen_print(int y, bool bar, const char *format, ...);

#endif
