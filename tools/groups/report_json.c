/* All that is known of the groups, for programs. The keys are described in ttlog-collect(1). */
#include "death.h"
#include "report.h"

#include <inttypes.h>
#include <string.h>

static void put_unreadable(const struct report *report)
{
	fputs("  \"unreadable\": [", report->out);
	for (size_t i = 0; i < report->unreadable_count; i++) {
		fputs(i ? ",\n    {\"path\": " : "\n    {\"path\": ", report->out);
		report_json_string(report->out, report->unreadable[i].path);
		fputs(", \"error\": ", report->out);
		report_json_string(report->out, report->unreadable[i].error);
		putc('}', report->out);
	}
	fputs("],\n", report->out);
}

static void begin(struct report *report)
{
	report->state = NULL;
	fprintf(report->out, "{\n  \"version\": 1, \"deaths\": %" PRIu64 ", \"group_count\": %zu, \"living\": %" PRIu64 ",\n",
		report->groups->deaths, report->groups->count, report->living);
	if (report->has_baseline)
		fprintf(report->out, "  \"new_groups\": %zu,\n", report->new_groups);
	put_unreadable(report);
	fputs("  \"groups\": [", report->out);
}

static void put(FILE *out, const char *name, const char *text)
{
	fprintf(out, ", \"%s\": ", name);
	report_json_string(out, text);
}

/* Lines as an array. */
static void put_lines(FILE *out, const char *name, const char *text)
{
	char line[2048];
	bool any = false;

	fprintf(out, ",\n     \"%s\": [", name);
	for (const char *end; *text; text = *end ? end + 1 : end, any = true) {
		end = strchrnul(text, '\n');
		snprintf(line, sizeof(line), "%.*s", (int)(end - text), text);
		fputs(any ? ",\n       " : "\n       ", out);
		report_json_string(out, line);
	}
	putc(']', out);
}

static void put_paths(const struct report *report, const struct group *group)
{
	bool any = false;

	fputs(",\n     \"snapshots\": [", report->out);
	for (size_t i = 0; i < report->path_count; i++) {
		if (report->group_of[i] != group->id)
			continue;
		fputs(any ? ",\n       " : "\n       ", report->out);
		report_json_string(report->out, report->paths[i]);
		any = true;
	}
	putc(']', report->out);
}

/* Fingerprints of builds whose optimiser parted them from this group. */
static void put_also(const struct report *report, const struct group *group)
{
	const struct groups *groups = report->groups;
	bool any = false;

	fputs(",\n     \"also\": [", report->out);
	for (size_t i = 0; i < groups->folded_count; i++) {
		if (groups_id(groups, groups->folded[i].id) != group->id)
			continue;
		fputs(any ? ", " : "", report->out);
		report_json_string(report->out, groups->folded[i].fingerprint.hash);
		any = true;
	}
	putc(']', report->out);
}

static void put_head(FILE *out, const struct report *report, const struct report_death *death)
{
	const struct group *group = death->group;
	char first[32], last[32];

	report_time(group->first_ns, true, first);
	report_time(group->last_ns, true, last);
	fputs("{\"fingerprint\": ", out);
	report_json_string(out, group->fingerprint.hash);
	put(out, "title", group->fingerprint.title);
	fprintf(out, ", \"count\": %" PRIu64, group->count);
	if (report->has_baseline)
		fprintf(out, ", \"new\": %s", group->is_known ? "false" : "true");
	put(out, "first_seen", first);
	put(out, "last_seen", last);
	put(out, "program", death_program(death->snapshot));
	put(out, "reason", death_word(death->snapshot));
	put(out, "end", death->end);
	if (death->place->file[0]) {
		put(out, "file", death->place->file);
		fprintf(out, ", \"line\": %u, \"in_repository\": %s", death->place->line,
			death->place->is_below ? "true" : "false");
	}
}

static void group(struct report *report, const struct report_death *death)
{
	fputs(report->state ? ",\n    " : "\n    ", report->out);
	report->state = report;
	put_head(report->out, report, death);
	put_also(report, death->group);
	put_lines(report->out, "key", death->group->fingerprint.key);
	put_lines(report->out, "stack", death->stack);
	put_lines(report->out, "events", death->events);
	put_paths(report, death->group);
	putc('}', report->out);
}

static void end(struct report *report)
{
	fputs("]\n}\n", report->out);
}

const struct report_format report_json = {.name = "json", .begin = begin, .group = group, .end = end};
