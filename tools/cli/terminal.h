/*
 * terminal.h - colour, and text of unknown origin made harmless.
 *
 * What a crashed program said may hold anything. Control characters, escape sequences, bytes that are not UTF-8 and characters
 * that turn the direction of writing are shown as \x1b, \u202e and so on; nothing of it reaches the terminal as it is.
 */
#ifndef TTLOG_CLI_TERMINAL_H
#define TTLOG_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum paint { PAINT_NONE, PAINT_BOLD, PAINT_DIM, PAINT_RED, PAINT_BOLD_RED, PAINT_YELLOW, PAINT_GREEN, PAINT_CYAN, PAINT_BLUE };

enum terminal_colour { TERMINAL_COLOUR_AUTO, TERMINAL_COLOUR_ALWAYS, TERMINAL_COLOUR_NEVER };

/*
 * Decides once whether `out` gets colour, and learns its width. AUTO: a terminal whose TERM is not "dumb" does, and
 * CLICOLOR_FORCE=1 and NO_COLOR=1 say so for anything.
 */
void terminal_init(FILE *out, enum terminal_colour wanted);

/* Columns; 0: no terminal, lines may have any length. */
size_t terminal_width(void);

/* paint ... text ... PAINT_NONE */
void terminal_paint(FILE *out, enum paint paint);
__attribute__((format(printf, 3, 4))) void terminal_printf(FILE *out, enum paint paint, const char *format, ...);

/* Clean text. A line feed (with or without a carriage return) is followed by `indent` blanks. Returns the columns of the last line. */
size_t terminal_text(FILE *out, const char *text, size_t bytes, unsigned indent);

/* The same of a string, without line feeds, cut to `most` columns with an ellipsis (0: not cut). */
size_t terminal_string(FILE *out, const char *string, size_t most);

/* The same into memory, at most `bytes` of it, for a line that is written at once: others write there too. Returns `clean`. */
char *terminal_clean(char *clean, size_t bytes, const char *string);

#endif
