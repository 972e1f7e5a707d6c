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

/* What travels with the snapshot is of the build that died; a file that is here may have been edited since. */
bool view_source(FILE *out, struct snapshot *snapshot, const struct snapshot_frame *frame)
{
	const struct snapshot_inline *inlined = frame->inlined_count ? &frame->inlined[0] : NULL;
	const char *file = inlined ? inlined->file : frame->file;
	const uint32_t line = inlined ? inlined->line : frame->line;
	struct source source = {.first = frame->source_line};

	if (frame->source_count) {
		for (; source.count < frame->source_count && source.count < SOURCE_LINES; source.count++)
			source.lines[source.count] = frame->source[source.count];
	} else if (file) {
		source_read(&source, &snapshot->arena, file, line);
	}
	for (size_t i = 0; i < source.count; i++)
		print_line(out, source.lines[i], source.first + (uint32_t)i, source.first + i == line);
	return source.count != 0;
}
