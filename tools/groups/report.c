#include "report.h"

#include "escape.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

static const struct report_format *const formats[] = {&report_text,  &report_markdown, &report_github, &report_gitlab,
						      &report_junit, &report_json,     &report_sarif,  &report_html};

const struct report_format *report_find(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	}
	return NULL;
}

/* The colon of a hash is none that every file system takes. */
void report_page_name(const struct group *group, char name[REPORT_PAGE_BYTES])
{
	snprintf(name, REPORT_PAGE_BYTES, "group-%s.html", group->fingerprint.hash);
	for (char *c = name; *c; c++) {
		if (*c == ':')
			*c = '-';
	}
}

void report_time(uint64_t ns, bool zone, char text[32])
{
	const time_t seconds = (time_t)(ns / 1000000000u);
	struct tm tm;

	text[0] = '\0';
	if (gmtime_r(&seconds, &tm))
		strftime(text, 32, zone ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%dT%H:%M:%S", &tm);
}

void report_sum(const struct report *report, char text[256])
{
	const struct groups *groups = report->groups;
	size_t used = (size_t)snprintf(text, 256, "%" PRIu64 " death%s in %zu group%s", groups->deaths,
				       groups->deaths == 1 ? "" : "s", groups->count, groups->count == 1 ? "" : "s");

	if (report->has_baseline)
		used += (size_t)snprintf(text + used, 256 - used, ", %zu of them new", report->new_groups);
	if (report->shown < groups->count)
		used += (size_t)snprintf(text + used, 256 - used, "; shown are the newest %zu", report->shown);
	if (report->unreadable_count)
		used += (size_t)snprintf(text + used, 256 - used, "; %zu file%s could not be read", report->unreadable_count,
					 report->unreadable_count == 1 ? "" : "s");
	if (report->living)
		snprintf(text + used, 256 - used, "; %" PRIu64 " snapshot%s of no death left out", report->living,
			 report->living == 1 ? "" : "s");
}

void report_json_string(FILE *out, const char *text)
{
	if (text)
		escape_json(out, text, strlen(text));
	else
		fputs("null", out);
}
