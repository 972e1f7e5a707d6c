/* Annotations of a pull request: workflow commands on the standard output of a step. GitHub shows ten of each step: the newest stand first. */
#include "escape.h"
#include "report.h"

#include <inttypes.h>
#include <string.h>

#define MESSAGE_BYTES 4096u /* of stack and events: more of it nobody reads there */

static void put_properties(const struct report *report, const struct report_death *death)
{
	const char *title = death->group->fingerprint.title;

	if (death->place->is_below) {
		fputs("file=", report->out);
		escape_github_property(report->out, death->place->file, strlen(death->place->file));
		fprintf(report->out, ",line=%u,", death->place->line ? death->place->line : 1);
	}
	fputs("title=", report->out);
	escape_github_property(report->out, title, strlen(title));
}

static void put_message(FILE *out, const char *text, size_t most)
{
	const size_t bytes = strnlen(text, most);
	size_t whole = bytes;

	if (text[bytes]) /* whole lines only */
		whole = (const char *)memrchr(text, '\n', bytes) ? (size_t)((const char *)memrchr(text, '\n', bytes) - text) : 0;
	escape_github_message(out, "\n", 1);
	escape_github_message(out, text, whole);
}

static void group(struct report *report, const struct report_death *death)
{
	const struct group *group = death->group;

	fprintf(report->out, "::%s ", report->has_baseline && group->is_known ? "warning" : "error");
	put_properties(report, death);
	fputs("::", report->out);
	escape_github_message(report->out, death->end, strlen(death->end));
	fprintf(report->out, " (%" PRIu64 " time%s%s)", group->count, group->count == 1 ? "" : "s",
		report->has_baseline && !group->is_known ? ", new" : "");
	put_message(report->out, death->stack, MESSAGE_BYTES / 2);
	put_message(report->out, death->events, MESSAGE_BYTES / 2);
	putc('\n', report->out);
}

static void end(struct report *report)
{
	for (size_t i = 0; i < report->unreadable_count; i++) {
		fputs("::warning title=not readable::", report->out);
		escape_github_message(report->out, report->unreadable[i].path, strlen(report->unreadable[i].path));
		fputs(": ", report->out);
		escape_github_message(report->out, report->unreadable[i].error, strlen(report->unreadable[i].error));
		putc('\n', report->out);
	}
}

const struct report_format report_github = {.name = "github", .group = group, .end = end};
