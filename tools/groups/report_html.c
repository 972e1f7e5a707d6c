/* The index of a directory with a page for each group: one table, which needs nothing beside itself. */
#include "death.h"
#include "escape.h"
#include "report.h"

#include <inttypes.h>
#include <string.h>

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\n"
	"<title>";
static const char style[] =
	"</title><style>body{font:14px/1.5 system-ui,sans-serif;margin:2em}table{border-collapse:collapse;width:100%}"
	"th,td{text-align:left;padding:.35em .8em;border-bottom:1px solid #8884;vertical-align:top}td.n{text-align:right}"
	"code{font:13px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}b{color:#d33}</style></head><body>\n";

static void put(FILE *out, const char *text)
{
	escape_xml(out, text, strlen(text));
}

static void begin(struct report *report)
{
	char sum[256];

	report_sum(report, sum);
	fputs(head, report->out);
	put(report->out, sum);
	fputs(style, report->out);
	fputs("<h1>", report->out);
	put(report->out, sum);
	fputs("</h1>\n<table><thead><tr><th></th><th>deaths</th><th>what</th><th>where</th><th>program</th><th>first seen</th>"
	      "<th>last seen</th><th>fingerprint</th></tr></thead><tbody>\n",
	      report->out);
}

static void put_cell(FILE *out, const char *text)
{
	fputs("<td>", out);
	put(out, text);
	fputs("</td>", out);
}

static void group(struct report *report, const struct report_death *death)
{
	const struct group *group = death->group;
	char page[REPORT_PAGE_BYTES], first[32], last[32];
	FILE *out = report->out;

	report_page_name(group, page);
	report_time(group->first_ns, true, first);
	report_time(group->last_ns, true, last);
	fprintf(out, "<tr><td>%s</td><td class=\"n\">%" PRIu64 "</td><td><a href=\"%s\"><code>",
		report->has_baseline && !group->is_known ? "<b>new</b>" : "", group->count, page);
	put(out, group->fingerprint.title);
	fputs("</code></a></td><td><code>", out);
	put(out, death->place->file);
	if (death->place->file[0])
		fprintf(out, ":%u", death->place->line);
	fputs("</code></td>", out);
	put_cell(out, death_program(death->snapshot));
	put_cell(out, first);
	put_cell(out, last);
	fprintf(out, "<td><code>%s</code></td></tr>\n", group->fingerprint.hash);
}

static void end(struct report *report)
{
	fputs("</tbody></table>\n", report->out);
	for (size_t i = 0; i < report->unreadable_count; i++) {
		fputs("<p>not readable: <code>", report->out);
		put(report->out, report->unreadable[i].path);
		fputs("</code>: ", report->out);
		put(report->out, report->unreadable[i].error);
		fputs("</p>\n", report->out);
	}
	fputs("</body></html>\n", report->out);
}

const struct report_format report_html = {.name = "html", .begin = begin, .group = group, .end = end};
