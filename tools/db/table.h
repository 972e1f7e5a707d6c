/*
 * table.h - rows of text for people: columns on a terminal, or a table of Markdown.
 *
 * What a crashed program had a hand in may hold anything: it is made harmless by terminal.h and escape.h. Prints on standard output; single-threaded.
 */
#ifndef TTLOG_DB_TABLE_H
#define TTLOG_DB_TABLE_H

#include "request.h"

struct table_column {
	const char *heading;
	unsigned width; /* on a terminal: filled, cut above it; 0: the last one, as long as it is */
	bool right;
};

struct table {
	enum db_format format; /* FORMAT_TEXT or FORMAT_MARKDOWN */
	const struct table_column *columns;
	size_t count, at;
};

/* Prints the headings. */
void table_begin(struct table *table, enum db_format format, const struct table_column *columns, size_t count);

/* The next cell; after the last one of a row the line ends. NULL: "-". */
void table_text(struct table *table, const char *text);
__attribute__((format(printf, 2, 3))) void table_format(struct table *table, const char *format, ...);
void table_time(struct table *table, int64_t ns);

#endif
