/*
 * Text for people at a terminal: what one wants to know of each group, the newest first. Kept until the end and then written as lines of a log,
 * for it may be one.
 */
#include "death.h"
#include "escape.h"
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct pages {
	FILE *stream;
	char *text;
	size_t bytes;
};

static void put(FILE *out, const char *text)
{
	escape_line(out, text, strlen(text));
}

static void begin(struct report *report)
{
	struct pages *pages = calloc(1, sizeof(*pages));
	char sum[256];

	report->state = pages;
	if (pages)
		pages->stream = open_memstream(&pages->text, &pages->bytes);
	report_sum(report, sum);
	fprintf(report->out, "%s\n", sum);
}

/* "2026-09-21 14:13:20" */
static void put_time(FILE *out, uint64_t ns)
{
	char time[32];

	report_time(ns, false, time);
	time[strcspn(time, "T")] = ' ';
	fputs(time, out);
}

/* "shop, src/shop.cpp:68, last 2026-09-21 14:13:20, first 2026-09-20 09:00:01 (UTC)" */
static void put_place(FILE *out, const struct report_death *death)
{
	const struct group *group = death->group;

	fputs("  ", out);
	put(out, death_program(death->snapshot));
	if (death->place->file[0]) {
		fputs(", ", out);
		put(out, death->place->file);
		fprintf(out, ":%u", death->place->line);
	}
	if (group->count > 1) {
		fputs(", first ", out);
		put_time(out, group->first_ns);
		fputs(", last ", out);
	} else {
		fputs(", ", out);
	}
	put_time(out, group->last_ns);
	fputs(" (UTC)\n", out);
}

/* Stack and events have lines, and an indent, of their own. */
static void put_lines(FILE *out, const char *text)
{
	if (text[0])
		fprintf(out, "\n%s", text);
}

static void group(struct report *report, const struct report_death *death)
{
	const struct pages *pages = report->state;
	FILE *out = pages ? pages->stream : NULL;

	if (!out)
		return;
	fprintf(out, "\n%" PRIu64 " time%s%s: ", death->group->count, death->group->count == 1 ? "" : "s",
		report->has_baseline && !death->group->is_known ? ", new" : "");
	put(out, death->group->fingerprint.title);
	fputs("\n  ", out);
	put(out, death->end);
	putc('\n', out);
	put_place(out, death);
	put_lines(out, death->stack);
	put_lines(out, death->events);
	fputs("\n  ttlog view ", out);
	put(out, death->path);
	putc('\n', out);
}

static void end(struct report *report)
{
	struct pages *pages = report->state;

	for (size_t i = 0; pages && pages->stream && i < report->unreadable_count; i++) {
		fputs(i ? "not readable: " : "\nnot readable: ", pages->stream);
		put(pages->stream, report->unreadable[i].path);
		fputs(": ", pages->stream);
		put(pages->stream, report->unreadable[i].error);
		putc('\n', pages->stream);
	}
	if (pages && pages->stream && fclose(pages->stream) == 0)
		escape_log_text(report->out, pages->text, pages->bytes);
	if (pages)
		free(pages->text);
	free(pages);
}

const struct report_format report_text = {.name = "text", .begin = begin, .group = group, .end = end};
