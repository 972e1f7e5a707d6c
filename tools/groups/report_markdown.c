/* Markdown for people: the summary of a job on GitHub or GitLab, a comment. A table of the groups, then what is known of each. */
#include "arena.h"
#include "death.h"
#include "escape.h"
#include "memory_stream.h"
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SUMMARY_BYTES_MAX ((size_t)960 * 1024) /* GitHub takes a summary of 1 MiB, or none of it */

/* Details come behind the table, and are made while it is. */
struct details {
	FILE *stream;
	char *text;
	size_t bytes;
	size_t left_out;
};

static void begin(struct report *report)
{
	struct details *details = arena_need(calloc(1, sizeof(*details)), sizeof(*details));
	char sum[256];

	report->state = details;
	details->stream = memory_stream_open(&details->text, &details->bytes);
	report_sum(report, sum);
	fprintf(report->out, "### %s\n\n", sum);
	if (report->shown)
		fprintf(report->out, "| | deaths | what | where | program | last seen (UTC) |\n|---|---:|---|---|---|---|\n");
}

static void put_code(FILE *out, const char *text)
{
	fputs("<code>", out);
	escape_markdown(out, text, strlen(text));
	fputs("</code>", out);
}

static void put_row(const struct report *report, const struct report_death *death)
{
	const struct group *group = death->group;
	char time[32];

	report_time(group->last_ns, false, time);
	fprintf(report->out, "| %s | %" PRIu64 " | ", report->has_baseline && !group->is_known ? "**new**" : "", group->count);
	put_code(report->out, group->fingerprint.title);
	fputs(" | ", report->out);
	if (death->place->file[0]) {
		put_code(report->out, death->place->file);
		fprintf(report->out, ":%u", death->place->line);
	}
	fputs(" | ", report->out);
	put_code(report->out, death_program(death->snapshot));
	fprintf(report->out, " | %s |\n", time);
}

/* A fence longer than any run of its character in the text: nothing in it can end the block. */
static size_t fence_length(const char *text)
{
	size_t longest = 2;

	for (; *text; text++) {
		const size_t run = strspn(text, "`");
		longest = run > longest ? run : longest;
		text += run ? run - 1 : 0;
	}
	return longest + 1;
}

static void put_fence(FILE *out, size_t length, const char *language)
{
	while (length--)
		putc('`', out);
	fprintf(out, "%s\n", language);
}

static void put_block(FILE *out, const char *text)
{
	const size_t length = fence_length(text);

	if (!text[0])
		return;
	put_fence(out, length, "text");
	escape_log_text(out, text, strlen(text));
	put_fence(out, length, "");
	putc('\n', out);
}

static void put_details(FILE *out, const struct report_death *death)
{
	const struct group *group = death->group;
	char first[32];

	report_time(group->first_ns, true, first);
	fputs("<details><summary>", out);
	put_code(out, group->fingerprint.title);
	fprintf(out, "</summary>\n\n");
	put_code(out, death->end);
	fputs("\n\n", out);
	put_block(out, death->stack);
	put_block(out, death->events);
	fprintf(out, "Fingerprint <code>%s</code>, first seen %s, newest snapshot ", group->fingerprint.hash, first);
	put_code(out, death->path);
	fputs("\n\n</details>\n\n", out);
}

static void group(struct report *report, const struct report_death *death)
{
	struct details *details = report->state;

	put_row(report, death);
	fflush(details->stream);
	if (details->bytes + strlen(death->stack) + strlen(death->events) < SUMMARY_BYTES_MAX)
		put_details(details->stream, death);
	else
		details->left_out++;
}

static void put_unreadable(const struct report *report)
{
	for (size_t i = 0; i < report->unreadable_count; i++) {
		fputs("- not readable: ", report->out);
		put_code(report->out, report->unreadable[i].path);
		fputs(": ", report->out);
		put_code(report->out, report->unreadable[i].error);
		putc('\n', report->out);
	}
}

static void end(struct report *report)
{
	struct details *details = report->state;

	putc('\n', report->out);
	memory_stream_close(details->stream, &details->text);
	fwrite(details->text, 1, details->bytes, report->out);
	if (details->left_out)
		fprintf(report->out, "Details of %zu groups are left out: a summary has room for 1 MiB.\n\n", details->left_out);
	put_unreadable(report);
	free(details->text);
	free(details);
}

const struct report_format report_markdown = {.name = "markdown", .begin = begin, .group = group, .end = end};
