/*
 * JUnit XML: a suite for each group, a failed case for each death, and an error for each file that could not be read. Holds to what Ant's
 * schema and that of Jenkins have in common.
 */
#include "death.h"
#include "escape.h"
#include "report.h"

#include <inttypes.h>
#include <string.h>

#define SUITE_END "    <system-out></system-out>\n    <system-err></system-err>\n  </testsuite>\n"

static void begin(struct report *report)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", report->out);
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	escape_xml(out, value, strlen(value));
	putc('"', out);
}

/* Schemas want a word there; blanks are none. */
static void put_word(FILE *out, const char *name, const char *value)
{
	put_attribute(out, name, value[strspn(value, " \t\r\n")] ? value : "unknown");
}

static void put_suite(FILE *out, const char *name, const char *host, uint64_t ns, size_t id)
{
	char time[32];

	report_time(ns, false, time);
	fputs("  <testsuite", out);
	put_attribute(out, "name", name);
	fprintf(out, " package=\"ttlog\" id=\"%zu\" timestamp=\"%s\"", id, time);
	put_word(out, "hostname", host ? host : "localhost");
}

static void put_property(FILE *out, const char *name, const char *value)
{
	fputs("      <property", out);
	put_attribute(out, "name", name);
	put_attribute(out, "value", value);
	fputs("/>\n", out);
}

static void group(struct report *report, const struct report_death *death)
{
	const struct group *group = death->group;
	char first[32];

	report_time(group->first_ns, true, first);
	put_suite(report->out, group->fingerprint.title, death->snapshot->hostname, group->last_ns,
		  (size_t)(group - report->groups->list));
	fprintf(report->out,
		" tests=\"%" PRIu64 "\" failures=\"%" PRIu64 "\" errors=\"0\" skipped=\"0\" time=\"0\">\n    <properties>\n",
		group->count, group->count);
	put_property(report->out, "fingerprint", group->fingerprint.hash);
	put_property(report->out, "first_seen", first);
	if (report->has_baseline)
		put_property(report->out, "new", group->is_known ? "false" : "true");
	if (death->place->file[0])
		put_property(report->out, "file", death->place->file);
	fputs("    </properties>\n", report->out);
}

/* Names stay the same from run to run, so that a server can follow a case; the second death of a group is "... (2)". */
static void put_case(FILE *out, const struct report_death *death)
{
	const struct snapshot *snapshot = death->snapshot;

	fputs("    <testcase name=\"", out);
	escape_xml(out, death->group->fingerprint.title, strlen(death->group->fingerprint.title));
	if (death->number > 1)
		fprintf(out, " (%" PRIu64 ")", death->number);
	putc('"', out);
	put_word(out, "classname", death_program(snapshot));
	fprintf(out, " time=\"%" PRIu64 ".%03u\">\n", snapshot->uptime / 1000000000u,
		(unsigned)(snapshot->uptime / 1000000u % 1000));
}

static void death(struct report *report, const struct report_death *death)
{
	FILE *out = report->out;

	put_case(out, death);
	fputs("      <failure", out);
	put_attribute(out, "type", death_word(death->snapshot));
	put_attribute(out, "message", death->end);
	putc('>', out);
	if (death->place->file[0]) {
		escape_xml(out, death->place->file, strlen(death->place->file));
		fprintf(out, ":%u\n", death->place->line);
	}
	escape_xml(out, death->stack, strlen(death->stack));
	escape_xml(out, death->events, strlen(death->events));
	fputs("snapshot: ", out);
	escape_xml(out, death->path, strlen(death->path));
	fputs("</failure>\n    </testcase>\n", out);
}

static void end_group(struct report *report)
{
	fputs(SUITE_END, report->out);
}

static void put_unreadable(const struct report *report)
{
	FILE *out = report->out;

	put_suite(out, "snapshots that cannot be read", NULL, 0, report->shown);
	fprintf(out, " tests=\"%zu\" failures=\"0\" errors=\"%zu\" skipped=\"0\" time=\"0\">\n    <properties/>\n",
		report->unreadable_count, report->unreadable_count);
	for (size_t i = 0; i < report->unreadable_count; i++) {
		fputs("    <testcase", out);
		put_word(out, "name", report->unreadable[i].path);
		fputs(" classname=\"ttlog\" time=\"0\">\n      <error type=\"unreadable\"", out);
		put_attribute(out, "message", report->unreadable[i].error);
		fputs("/>\n    </testcase>\n", out);
	}
	fputs(SUITE_END, out);
}

static void end(struct report *report)
{
	if (report->unreadable_count)
		put_unreadable(report);
	fputs("</testsuites>\n", report->out);
}

const struct report_format report_junit = {
	.name = "junit", .wants_deaths = true, .begin = begin, .group = group, .death = death, .end_group = end_group, .end = end};
