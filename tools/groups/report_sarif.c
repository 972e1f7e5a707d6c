/* SARIF 2.1.0, which GitHub's code scanning and many viewers read: https://docs.oasis-open.org/sarif/sarif/v2.1.0/. */
#include "death.h"
#include "escape.h"
#include "own_functions.h"
#include "report.h"

#include <inttypes.h>
#include <string.h>

#define FRAMES_MAX 32u

static void begin(struct report *report)
{
	report->state = NULL;
	fputs("{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n  \"version\": \"2.1.0\",\n  \"runs\": [{\n"
	      "    \"tool\": {\"driver\": {\"name\": \"ttlog\", \"version\": \"" TTLOG_VERSION "\", \"rules\": [\n"
	      "      {\"id\": \"death\", \"shortDescription\": {\"text\": \"A process died\"}}]}},\n"
	      "    \"results\": [",
	      report->out);
}

/* Escaped for a URI it is plain ASCII without quotes and backslashes: nothing is left for JSON to escape. */
static void put_physical(FILE *out, const char *file, uint32_t line, bool is_below)
{
	fputs("\"physicalLocation\": {\"artifactLocation\": {\"uri\": \"", out);
	fputs(is_below || file[0] != '/' ? "" : "file://", out);
	escape_uri(out, file);
	fputs(is_below ? "\", \"uriBaseId\": \"%SRCROOT%\"}" : "\"}", out);
	if (line)
		fprintf(out, ", \"region\": {\"startLine\": %u}", line);
	putc('}', out);
}

static void put_locations(FILE *out, const struct place *place)
{
	fputs(", \"locations\": [", out);
	if (place->file[0]) {
		putc('{', out);
		put_physical(out, place->file, place->line, place->is_below);
		putc('}', out);
	}
	putc(']', out);
}

struct frames {
	FILE *out;
	size_t count;
};

static void put_frame(void *context, const struct own_function *function)
{
	struct frames *frames = context;

	if (frames->count++ >= FRAMES_MAX)
		return;
	fputs(frames->count > 1 ? ", {\"location\": {\"message\": {\"text\": " : "{\"location\": {\"message\": {\"text\": ",
	      frames->out);
	report_json_string(frames->out, function->name);
	putc('}', frames->out);
	if (function->file) {
		fputs(", ", frames->out);
		put_physical(frames->out, function->file, function->line, false);
	}
	fputs("}}", frames->out);
}

/* The program's own functions; a stack without frames is none. */
static void put_stack(FILE *out, const struct snapshot *snapshot)
{
	struct frames frames = {.out = out};

	fputs(",\n       \"stacks\": [{\"frames\": [", out);
	own_functions_each(snapshot, own_functions_thread(snapshot), put_frame, &frames);
	fputs("]}]", out);
}

static void put_message(FILE *out, const struct report_death *death)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s: %s %s", death->group->fingerprint.title, death_program(death->snapshot), death->end);
	fputs("\"message\": {\"text\": ", out);
	report_json_string(out, text);
	putc('}', out);
}

static void group(struct report *report, const struct report_death *death)
{
	const struct group *group = death->group;
	FILE *out = report->out;

	fputs(report->state ? ",\n      " : "\n      ", out);
	report->state = report;
	fputs("{\"ruleId\": \"death\", \"ruleIndex\": 0, \"level\": \"error\", ", out);
	put_message(out, death);
	put_locations(out, death->place);
	fputs(",\n       \"partialFingerprints\": {\"ttlog/v1\": ", out);
	report_json_string(out, group->fingerprint.hash);
	fprintf(out, "}, \"occurrenceCount\": %" PRIu64, group->count);
	if (report->has_baseline)
		fprintf(out, ", \"baselineState\": \"%s\"", group->is_known ? "unchanged" : "new");
	put_stack(out, death->snapshot);
	putc('}', out);
}

static void put_unreadable(const struct report *report)
{
	fprintf(report->out, ",\n    \"invocations\": [{\"executionSuccessful\": %s, \"toolExecutionNotifications\": [",
		report->unreadable_count ? "false" : "true");
	for (size_t i = 0; i < report->unreadable_count; i++) {
		char text[2048];
		snprintf(text, sizeof(text), "%s: %s", report->unreadable[i].path, report->unreadable[i].error);
		fputs(i ? ",\n      {\"level\": \"error\", \"message\": {\"text\": "
			: "\n      {\"level\": \"error\", \"message\": {\"text\": ",
		      report->out);
		report_json_string(report->out, text);
		fputs("}}", report->out);
	}
	fputs("]}]", report->out);
}

static void end(struct report *report)
{
	putc(']', report->out);
	put_unreadable(report);
	fputs("\n  }]\n}\n", report->out);
}

const struct report_format report_sarif = {.name = "sarif", .begin = begin, .group = group, .end = end};
