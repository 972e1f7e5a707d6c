#include "request.h"

#include "duration.h"
#include "moment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_DEFAULT_MS 30000u
#define WAIT_MOST_MS    86400000u
#define JOBS_MOST       256u
#define DAYS_MOST       36500u
#define NAME_MOST       256u /* bytes; what is in an index of PostgreSQL must be short */

static const struct verb *const verbs[] = {&verb_add, &verb_query, &verb_groups, &verb_report, &verb_prune};

static int usage(const char *option, const char *value, const char *what)
{
	return command_error(&command_db, COMMAND_USAGE, "--%s %s: %s; see `ttlog db --help`", option, value, what);
}

static int parse_number(const char *option, unsigned least, unsigned most, unsigned *number)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(optarg, &end, 10);
	if (optarg[0] < '0' || optarg[0] > '9' || *end || errno || value < least || value > most)
		return usage(option, optarg, "not a number in its range");
	*number = (unsigned)value;
	return COMMAND_DONE;
}

static int parse_limit(struct request *request)
{
	unsigned limit = 0;
	const int status = parse_number("limit", 0, INT_MAX, &limit);

	request->limit = limit;
	request->has_limit = true;
	return status;
}

static int parse_wait(struct request *request)
{
	uint64_t ns;

	if (duration_parse(optarg, &ns) || ns / 1000000 > WAIT_MOST_MS)
		return usage("wait", optarg, "not a time of at most a day, like 30s or 500ms");
	request->wait_ms = ns < 1000000 ? 1 : (unsigned)(ns / 1000000);
	return COMMAND_DONE;
}

static int parse_moment(const struct request *request, const char *option, bool *has, uint64_t *ns)
{
	struct moment moment;

	if (moment_parse(optarg, &moment))
		return usage(option, optarg, MOMENT_FORMS);
	*has = true;
	*ns = moment_resolve(&moment, request->now);
	return COMMAND_DONE;
}

static int parse_format(struct request *request, const char *format)
{
	static const char *const formats[] = {[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_MARKDOWN] = "markdown"};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (!strcmp(formats[i], format)) {
			request->format = (enum db_format)i;
			return COMMAND_DONE;
		}
	}
	return usage("format", format, "none of text json markdown");
}

/* An empty one is a variable of a pipeline that is not set, never what was meant. */
static int set_name(const struct request *request, const char *option, const char **name)
{
	if (!*optarg)
		return usage(option, "\"\"", "empty");
	if (strlen(optarg) > NAME_MOST && name != &request->database)
		return usage(option, optarg, "too long, 256 bytes at most");
	*name = optarg;
	return COMMAND_DONE;
}

static int apply_name(struct request *request, enum db_option option)
{
	switch (option) {
	case DB_DATABASE:
		return set_name(request, "db", &request->database);
	case DB_PROJECT:
		return set_name(request, "project", &request->project);
	case DB_BUILD:
		return set_name(request, "build", &request->build);
	case DB_SERVICE:
		return set_name(request, "service", &request->service);
	case DB_HOST:
		return set_name(request, "host", &request->host);
	case DB_REASON:
		return set_name(request, "reason", &request->reason);
	case DB_GROUP:
		return set_name(request, "group", &request->group);
	case DB_NEW_IN:
		return set_name(request, "new-in", &request->new_in);
	default:
		return set_name(request, "back-in", &request->back_in);
	}
}

static int apply(struct request *request, enum db_option option)
{
	switch (option) {
	case DB_WAIT:
		return parse_wait(request);
	case DB_JOBS:
		return parse_number("jobs", 1, JOBS_MOST, &request->jobs);
	case DB_ALL:
		request->all = true;
		return COMMAND_DONE;
	case DB_SINCE:
		return parse_moment(request, "since", &request->has_since, &request->since);
	case DB_UNTIL:
		return parse_moment(request, "until", &request->has_until, &request->until);
	case DB_LIMIT:
		return parse_limit(request);
	case DB_FORMAT:
		return parse_format(request, optarg);
	case DB_JSON:
		return parse_format(request, "json");
	case DB_KEEP_DAYS:
		request->has_keep_days = true;
		return parse_number("keep-days", 0, DAYS_MOST, &request->keep_days);
	case DB_NO_COLOR:
		request->no_color = true;
		return COMMAND_DONE;
	default:
		return apply_name(request, option);
	}
}

/* Database ------------------------------------------------------------------------------------------------------------------------- */

static int choose_database(struct request *request)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int bytes = 0;

	if (!request->database)
		request->database = getenv("TTLOG_DB");
	if (request->database && *request->database)
		return COMMAND_DONE;
	if (data && data[0] == '/')
		bytes = snprintf(request->default_database, sizeof(request->default_database), "%s/ttlog/crashes.db", data);
	else if (home && *home)
		bytes = snprintf(request->default_database, sizeof(request->default_database), "%s/.local/share/ttlog/crashes.db",
				 home);
	request->database = request->default_database;
	if (bytes > 0 && (size_t)bytes < sizeof(request->default_database))
		return COMMAND_DONE;
	return command_error(&command_db, COMMAND_USAGE, "no database: neither --db nor TTLOG_DB says which, and there is no HOME");
}

/* Verb ----------------------------------------------------------------------------------------------------------------------------- */

static const char *name_of(unsigned option)
{
	const struct option *at = command_db.options;

	while (at->name && at->val != (int)option)
		at++;
	return at->name;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!strcmp(verbs[i]->name, name))
			return verbs[i];
	}
	return NULL;
}

static int check(const struct request *request, const struct verb *verb, uint64_t given)
{
	const uint64_t wrong = given & ~(verb->options | REQUEST_BIT(DB_DATABASE) | REQUEST_BIT(DB_WAIT));

	if (wrong)
		return command_error(&command_db, COMMAND_USAGE, "--%s: not an option of `%s`; see `ttlog db --help`",
				     name_of((unsigned)__builtin_ctzll(wrong)), verb->name);
	if (request->count && !verb->takes_files)
		return command_error(&command_db, COMMAND_USAGE, "%s: `%s` takes no file", request->arguments[0], verb->name);
	return COMMAND_DONE;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int request_parse(struct request *request, int argc, char **argv, const struct verb **verb)
{
	uint64_t given = 0;
	int option, status = COMMAND_DONE;

	*request = (struct request){.wait_ms = WAIT_DEFAULT_MS, .now = now_ns()};
	*verb = NULL;
	while (!status && (option = command_option(&command_db, argc, argv, command_db.options, 0)) != OPTION_END) {
		if (option == OPTION_HELP || option == OPTION_BAD)
			return option == OPTION_HELP ? COMMAND_DONE : COMMAND_USAGE;
		given |= REQUEST_BIT(option);
		status = apply(request, (enum db_option)option);
	}
	if (status)
		return status;
	if (optind == argc)
		return command_error(&command_db, COMMAND_USAGE, "add, query, groups, report or prune? see `ttlog db --help`");
	*verb = find_verb(argv[optind]);
	if (!*verb)
		return command_error(&command_db, COMMAND_USAGE, "%s: none of add query groups report prune; see `ttlog db --help`",
				     argv[optind]);
	request->arguments = argv + optind + 1;
	request->count = argc - optind - 1;
	status = check(request, *verb, given);
	return status ? status : choose_database(request);
}
