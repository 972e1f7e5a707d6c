#include "source.h"
#include "terminal.h"
#include "view.h"

#define COLUMNS_MAX 100u

static void print_line(FILE *out, const char *text, uint32_t number, bool marked)
{
	terminal_paint(out, marked ? PAINT_BOLD : PAINT_DIM);
	fprintf(out, "      %s %5u  ", marked ? "▶" : " ", number);
	terminal_string(out, text, COLUMNS_MAX);
	terminal_paint(out, PAINT_NONE);
	putc('\n', out);
}

bool view_source(FILE *out, struct snapshot *snapshot, const struct snapshot_frame *frame)
{
	struct source source;

	source_of_frame(&source, &snapshot->arena, frame);
	for (size_t i = 0; i < source.count; i++)
		print_line(out, source.lines[i], source.first + (uint32_t)i, source.first + i == source.here);
	return source.count != 0;
}
