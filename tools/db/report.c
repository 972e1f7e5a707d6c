/*
 * ttlog db report: the state of things on one page.
 */
#include "report.h"
#include "database.h"
#include "describe.h"
#include "escape.h"
#include "group_rows.h"
#include "stream.h"
#include "table.h"
#include "terminal.h"
#include "where.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIMIT_DEFAULT 10u

/* Of the deaths that the filters let through. */
struct sums {
	int64_t deaths, first, last, services, hosts;
};

struct overview {
	struct sums sums;
	struct history all;           /* whenever they died: what is new is new in the light of everything */
	struct history limited;       /* of the time that was asked for, where it was */
	const struct history *within; /* one of them */
};

/* Of the last build of its project. */
static bool in_last(const struct history *history, const struct history_group *group, bool is(const struct history_group *, size_t))
{
	const struct history_build *last = history_last_build(history, group->project);

	return last && is(group, last->place);
}

static bool is_new(const struct history *history, const struct history_group *group, const struct request *request)
{
	const struct history_build *last = history_last_build(history, group->project);

	(void)request;
	/* In the first build of all everything is new, which says nothing. */
	return last && last->place && history_is_new(group, last->place);
}

static bool is_back(const struct history *history, const struct history_group *group, const struct request *request)
{
	(void)request;
	return in_last(history, group, history_is_back);
}

static bool is_gone(const struct history *history, const struct history_group *group, const struct request *request)
{
	(void)request;
	return in_last(history, group, history_is_gone);
}

static bool is_any(const struct history *history, const struct history_group *group, const struct request *request)
{
	(void)history;
	(void)group;
	(void)request;
	return true;
}

static const struct section {
	const char *key, *heading;
	group_pick *pick;
	bool within;
} sections[] = {
	{"new", "New in the last build", is_new, false},
	{"back", "Back in the last build: gone in the build before it", is_back, false},
	{"gone", "Gone in the last build", is_gone, false},
	{"frequent", "Most frequent", is_any, true},
};

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

static size_t limit_of(const struct request *request)
{
	return request->has_limit ? request->limit : LIMIT_DEFAULT;
}

/* Text and Markdown ---------------------------------------------------------------------------------------------------------------- */

static void print_heading(const struct request *request, const char *heading)
{
	if (request->format == FORMAT_MARKDOWN)
		printf("\n### %s\n\n", heading);
	else
		terminal_printf(stdout, PAINT_BOLD, "\n%s\n", heading);
}

/* A name that a person chose, in a sentence. */
static void print_name(const struct request *request, const char *name)
{
	if (request->format == FORMAT_MARKDOWN)
		escape_markdown(stdout, name, strlen(name));
	else
		terminal_string(stdout, name, 0);
}

static void print_build(const struct request *request, const struct history_build *build)
{
	char time[64];

	describe_time((uint64_t)build->at, false, time);
	fputs(request->format == FORMAT_MARKDOWN ? "- " : "  ", stdout);
	if (build->project[0]) {
		print_name(request, build->project);
		fputs(": ", stdout);
	}
	fputs("last build ", stdout);
	print_name(request, build->name);
	printf(" of %zu, since %.16s: ", build->builds, time);
	if (build->deaths)
		printf("%zu death%s in %zu group%s\n", build->deaths, build->deaths == 1 ? "" : "s", build->groups,
		       build->groups == 1 ? "" : "s");
	else
		puts("nothing died");
}

static void print_sums(const struct overview *overview)
{
	const struct sums *sums = &overview->sums;
	const size_t groups = overview->within->group_count;
	char first[64], last[64];

	if (!sums->deaths) {
		puts("no deaths");
		return;
	}
	describe_time((uint64_t)sums->first, false, first);
	describe_time((uint64_t)sums->last, false, last);
	printf("%" PRId64 " death%s in %zu group%s, of %" PRId64 " service%s on %" PRId64 " host%s, from %.16s to %.16s UTC\n",
	       sums->deaths, sums->deaths == 1 ? "" : "s", groups, groups == 1 ? "" : "s", sums->services,
	       sums->services == 1 ? "" : "s", sums->hosts, sums->hosts == 1 ? "" : "s", first, last);
}

static bool is_last_build(const struct history_build *build, const struct request *request)
{
	return build->place + 1 == build->builds && (!request->project || !strcmp(request->project, build->project));
}

static void print_builds(const struct overview *overview, const struct request *request)
{
	for (size_t i = 0; i < overview->all.build_count; i++) {
		if (is_last_build(&overview->all.builds[i], request))
			print_build(request, &overview->all.builds[i]);
	}
}

static void print_section(const struct overview *overview, const struct request *request, const struct section *section)
{
	const struct history *history = section->within ? overview->within : &overview->all;
	const size_t limit = limit_of(request);
	size_t found = 0;

	for (size_t i = 0; i < history->group_count && !found; i++)
		found = section->pick(history, &history->groups[i], request);
	if (!found)
		return;
	print_heading(request, section->heading);
	found = group_rows_table(history, request, section->pick, limit);
	if (limit && found > limit)
		printf("%sand %zu more\n", request->format == FORMAT_MARKDOWN ? "\n" : "", found - limit);
}

static void print_text(const struct overview *overview, const struct request *request)
{
	if (request->format == FORMAT_MARKDOWN)
		fputs("## Crashes\n\n", stdout);
	print_sums(overview);
	fputs(request->format == FORMAT_MARKDOWN ? "\n" : "", stdout);
	print_builds(overview, request);
	for (size_t i = 0; i < SECTIONS; i++)
		print_section(overview, request, &sections[i]);
}

/* JSON ----------------------------------------------------------------------------------------------------------------------------- */

static void print_json_builds(const struct overview *overview, const struct request *request)
{
	const char *comma = "";

	fputs("\"last_builds\": [", stdout);
	for (size_t i = 0; i < overview->all.build_count; i++) {
		const struct history_build *build = &overview->all.builds[i];
		if (!is_last_build(build, request))
			continue;
		printf("%s{\"project\": ", comma);
		snapshot_print_json_text(stdout, build->project, strlen(build->project));
		fputs(", \"build\": ", stdout);
		snapshot_print_json_text(stdout, build->name, strlen(build->name));
		printf(", \"deaths\": %zu, \"group_count\": %zu}", build->deaths, build->groups);
		comma = ", ";
	}
	putchar(']');
}

static void print_json(const struct overview *overview, const struct request *request)
{
	const struct sums *sums = &overview->sums;
	char first[32], last[32];

	report_time((uint64_t)sums->first, true, first);
	report_time((uint64_t)sums->last, true, last);
	printf("{\"deaths\": %" PRId64 ", \"group_count\": %zu, \"services\": %" PRId64 ", \"hosts\": %" PRId64 ", ", sums->deaths,
	       overview->within->group_count, sums->services, sums->hosts);
	if (sums->deaths)
		printf("\"first_seen\": \"%s\", \"last_seen\": \"%s\", ", first, last);
	print_json_builds(overview, request);
	for (size_t i = 0; i < SECTIONS; i++) {
		printf(", \"%s\": [", sections[i].key);
		group_rows_json(sections[i].within ? overview->within : &overview->all, request, sections[i].pick,
				limit_of(request), ", ");
		putchar(']');
	}
	fputs("}\n", stdout);
}

/* The command ---------------------------------------------------------------------------------------------------------------------- */

static int take_sums(void *context, const struct store_value *values, size_t count)
{
	struct sums *sums = context;

	(void)count;
	*sums = (struct sums){values[0].number, values[1].number, values[2].number, values[3].number, values[4].number};
	return 0;
}

static int load(struct overview *overview, struct store *store, const struct request *request, struct store_error *error)
{
	struct request always = *request;
	struct where where;
	char sql[1024];
	int result;

	always.has_since = always.has_until = false;
	where_init(&where, request);
	snprintf(sql, sizeof(sql),
		 "SELECT count(*), min(died_at), max(died_at), count(DISTINCT service), count(DISTINCT host) FROM ttlog_crashes%s",
		 where.sql);
	result = store_run(store, sql, where.values, where.count, take_sums, &overview->sums, error);
	if (!result)
		result = history_load(&overview->all, store, &always, error);
	overview->within = request->has_since || request->has_until ? &overview->limited : &overview->all;
	return result || overview->within == &overview->all ? result : history_load(&overview->limited, store, request, error);
}

static int run_report(const struct request *request)
{
	struct overview overview = {.sums = {0}};
	struct store_error error;
	struct store *store;
	int result, status = database_open(request, STORE_READ, &store);

	if (status)
		return status;
	result = load(&overview, store, request, &error);
	if (result)
		status = database_error(store, result, &error);
	else if (!overview.sums.deaths && !overview.all.build_count)
		status = database_nothing(store);
	else if (request->format == FORMAT_JSON)
		print_json(&overview, request);
	else
		print_text(&overview, request);
	history_free(&overview.all);
	history_free(&overview.limited);
	store_close(store);
	return status;
}

const struct verb verb_report = {.name = "report", .run = run_report, .options = REQUEST_WHICH & ~REQUEST_BIT(DB_BUILD)};
