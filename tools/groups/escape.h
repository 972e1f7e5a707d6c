/*
 * escape.h - text of unknown origin where it could be taken for something else: markup, workflow commands, addresses.
 *
 * All of them neutralise control characters, escape sequences, what is not UTF-8, and what turns the direction of writing first, as
 * clean_character() does, and print to a stream. Thread-safe as the stream is.
 */
#ifndef TTLOG_GROUPS_ESCAPE_H
#define TTLOG_GROUPS_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/* Content and values of attributes of XML 1.0 and HTML. Line feeds stay. */
void escape_xml(FILE *out, const char *text, size_t bytes);

/*
 * Markdown, also in a cell of a table: whatever is not a letter, a digit, a blank or beyond ASCII becomes an entity, which Markdown takes
 * for text. Line feeds become blanks.
 */
void escape_markdown(FILE *out, const char *text, size_t bytes);

/* The message, and the value of a property, of a workflow command: https://docs.github.com, "Workflow commands". Line feeds become %0A. */
void escape_github_message(FILE *out, const char *text, size_t bytes);
void escape_github_property(FILE *out, const char *text, size_t bytes);

/* A path as a URI reference (RFC 3986). */
void escape_uri(FILE *out, const char *path);

/*
 * A line of a log in which workflow commands are looked for: the older ones, ##[error], are found anywhere in it. What stands in `text`
 * of them is parted by a blank.
 */
void escape_log_text(FILE *out, const char *text, size_t bytes);

#endif
