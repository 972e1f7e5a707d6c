#include "group_rows.h"

#include "report.h"
#include "stream.h"
#include "table.h"

#include <stdio.h>
#include <string.h>

#define GROUP_SHOWN  14 /* characters of a fingerprint: enough to tell them apart, and to copy */
#define TREND_BUILDS 6u

static const struct table_column columns[] = {
	{"DEATHS", 6, true},    {"OVER BUILDS", 20, false},    {"FIRST (UTC)", 16, false}, {"LAST (UTC)", 16, false},
	{"SERVICE", 16, false}, {"GROUP", GROUP_SHOWN, false}, {"TITLE", 0, false},
};

/* Deaths in each of the last builds of its project, oldest first: "0 0 3 12". */
static void table_trend(struct table *table, const struct history *history, const struct history_group *group)
{
	const struct history_build *last = history_last_build(history, group->project);
	char text[TREND_BUILDS * 24] = "";
	size_t used = 0;

	for (size_t place = last && last->builds > TREND_BUILDS ? last->builds - TREND_BUILDS : 0; last && place < last->builds;
	     place++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%zu", used ? " " : "", history_deaths(group, place));
	table_text(table, used ? text : NULL);
}

static void table_row(struct table *table, const struct history *history, const struct history_group *group)
{
	table_format(table, "%zu", group->deaths);
	table_trend(table, history, group);
	table_time(table, group->first);
	table_time(table, group->last);
	table_format(table, "%s%s", group->service[0] ? group->service : "-", group->has_services ? ", ..." : "");
	table_format(table, "%.*s", GROUP_SHOWN, group->fingerprint);
	table_text(table, group->title);
}

size_t group_rows_table(const struct history *history, const struct request *request, group_pick *pick, size_t limit)
{
	struct table table;
	size_t found = 0;

	for (size_t i = 0; i < history->group_count; i++) {
		const struct history_group *group = &history->groups[i];
		if (!pick(history, group, request))
			continue;
		if (!found)
			table_begin(&table, request->format, columns, sizeof(columns) / sizeof(columns[0]));
		found++;
		if (!limit || found <= limit)
			table_row(&table, history, group);
	}
	return found;
}

/* JSON ----------------------------------------------------------------------------------------------------------------------------- */

static void json_text(const char *name, const char *text)
{
	printf("\"%s\": ", name);
	snapshot_print_json_text(stdout, text, strlen(text));
	fputs(", ", stdout);
}

/* With the names and the times of `ttlog collect --format json`. */
static void json_group(const struct history_group *group)
{
	char first[32], last[32];

	report_time((uint64_t)group->first, true, first);
	report_time((uint64_t)group->last, true, last);
	putchar('{');
	json_text("fingerprint", group->fingerprint);
	json_text("title", group->title);
	json_text("project", group->project);
	json_text("service", group->service);
	printf("\"count\": %zu, \"first_seen\": \"%s\", \"last_seen\": \"%s\", \"builds\": [", group->deaths, first, last);
	for (size_t i = 0; i < group->count_count; i++) {
		fputs(i ? ", {" : "{", stdout);
		json_text("build", group->counts[i].build->name);
		printf("\"count\": %zu}", group->counts[i].deaths);
	}
	fputs("]}", stdout);
}

size_t group_rows_json(const struct history *history, const struct request *request, group_pick *pick, size_t limit,
		       const char *between)
{
	size_t found = 0;

	for (size_t i = 0; i < history->group_count; i++) {
		const struct history_group *group = &history->groups[i];
		if (!pick(history, group, request))
			continue;
		found++;
		if (limit && found > limit)
			continue;
		fputs(found > 1 ? between : "", stdout);
		json_group(group);
	}
	return found;
}
