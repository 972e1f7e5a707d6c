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
 * Markdown (GitHub's and GitLab's, also in a cell of a table), where it does not begin a line: what could be markup becomes an entity, which
 * is text. Mentions (@) and emoji are left alone in <code> only. Line feeds become blanks.
 */
void escape_markdown(FILE *out, const char *text, size_t bytes);

/* The message, and the value of a property, of a workflow command: https://docs.github.com, "Workflow commands". Line feeds become %0A. */
void escape_github_message(FILE *out, const char *text, size_t bytes);
void escape_github_property(FILE *out, const char *text, size_t bytes);

/* A path as a URI reference (RFC 3986). */
void escape_uri(FILE *out, const char *path);

/* A line on a screen. Line feeds become blanks. */
void escape_line(FILE *out, const char *text, size_t bytes);

/* A string of JSON, in its quotes. Line feeds stay. */
void escape_json(FILE *out, const char *text, size_t bytes);

/*
 * Lines of a log in which workflow commands are looked for: ::error at the beginning of one, the older ##[error] anywhere. A blank parts
 * what would be read as one. `text` is NUL-terminated, and harmless otherwise.
 */
void escape_log_text(FILE *out, const char *text, size_t bytes);

#endif
