/* GitLab's code quality report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format. */
#include "death.h"
#include "report.h"

#include <string.h>

static void begin(struct report *report)
{
	report->state = NULL;
	putc('[', report->out);
}

/* A place there must be: where no line is known, the program's name stands for it. */
static void put_location(FILE *out, const struct report_death *death)
{
	const char *file = death->place->file[0] ? death->place->file : death_program(death->snapshot);

	while (*file == '/' && file[1])
		file++;
	fputs("{\"path\": ", out);
	report_json_string(out, file);
	fprintf(out, ", \"lines\": {\"begin\": %u}}", death->place->file[0] && death->place->line ? death->place->line : 1);
}

static void group(struct report *report, const struct report_death *death)
{
	const struct group *group = death->group;
	char description[1024];

	snprintf(description, sizeof(description), "%s: %s", group->fingerprint.title, death->end);
	fputs(report->state ? ",\n  {\"description\": " : "\n  {\"description\": ", report->out);
	report->state = report;
	report_json_string(report->out, description);
	fputs(", \"check_name\": \"ttlog/death\", \"fingerprint\": ", report->out);
	report_json_string(report->out, group->fingerprint.hash);
	fprintf(report->out,
		", \"severity\": \"%s\", \"location\": ", report->has_baseline && group->is_known ? "major" : "blocker");
	put_location(report->out, death);
	putc('}', report->out);
}

static void end(struct report *report)
{
	fputs(report->state ? "\n]\n" : "]\n", report->out);
}

const struct report_format report_gitlab = {.name = "gitlab", .begin = begin, .group = group, .end = end};
