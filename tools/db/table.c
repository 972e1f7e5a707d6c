#include "table.h"

#include "describe.h"
#include "escape.h"
#include "terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void begin_markdown(const struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		printf("| %s ", table->columns[i].heading);
	fputs("|\n", stdout);
	for (size_t i = 0; i < table->count; i++)
		fputs(table->columns[i].right ? "| ---: " : "| --- ", stdout);
	fputs("|\n", stdout);
}

static void begin_text(const struct table *table)
{
	terminal_paint(stdout, PAINT_BOLD);
	for (size_t i = 0; i < table->count; i++) {
		const struct table_column *column = &table->columns[i];
		printf("%*s%s", column->right ? (int)column->width : -(int)column->width, column->heading,
		       i + 1 < table->count ? "  " : "");
	}
	terminal_paint(stdout, PAINT_NONE);
	putchar('\n');
}

void table_begin(struct table *table, enum db_format format, const struct table_column *columns, size_t count)
{
	*table = (struct table){.format = format, .columns = columns, .count = count};
	if (format == FORMAT_MARKDOWN)
		begin_markdown(table);
	else
		begin_text(table);
}

static void text_cell(const struct table_column *column, const char *text, bool last)
{
	const size_t bytes = strlen(text);
	size_t used;

	/* To the right stand numbers, which are never cut. */
	if (column->right) {
		printf("%*s", (int)column->width, text);
		used = bytes < column->width ? column->width : bytes;
	} else {
		used = terminal_string(stdout, text, column->width);
	}
	if (!last)
		printf("%*s  ", used < column->width ? (int)(column->width - used) : 0, "");
}

void table_text(struct table *table, const char *text)
{
	const bool last = table->at + 1 == table->count;

	text = text ? text : "-";
	if (table->format == FORMAT_MARKDOWN) {
		fputs(table->at ? " " : "| ", stdout);
		escape_markdown(stdout, text, strlen(text));
		fputs(" |", stdout);
	} else {
		text_cell(&table->columns[table->at], text, last);
	}
	if (last)
		putchar('\n');
	table->at = last ? 0 : table->at + 1;
}

void table_format(struct table *table, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	table_text(table, text);
}

void table_time(struct table *table, int64_t ns)
{
	char text[64];

	describe_time((uint64_t)ns, false, text);
	table_format(table, "%.16s", text);
}
