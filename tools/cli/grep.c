/*
 * ttlog grep: the events of many snapshots that match, as grep(1) shows the lines of files.
 */
#include "grep_search.h"
#include "inputs.h"
#include "terminal.h"
#include "workers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXT_MAX 1000000u
#define JOBS_MAX    256u

enum {
	OPTION_PATTERN = 1,
	OPTION_NAMES,
	OPTION_COUNT,
	OPTION_QUIET,
	OPTION_JSON,
	OPTION_AFTER,
	OPTION_BEFORE,
	OPTION_CONTEXT,
	OPTION_MOST,
	OPTION_JOBS,
	OPTION_WITH_NAMES,
	OPTION_NO_NAMES,
	OPTION_TIME,
	OPTION_COLOR,
	OPTION_NO_COLOR,
};

static const struct option long_options[] = {
	{"regexp", required_argument, NULL, OPTION_PATTERN},
	{"e", required_argument, NULL, OPTION_PATTERN},
	{"files-with-matches", no_argument, NULL, OPTION_NAMES},
	{"l", no_argument, NULL, OPTION_NAMES},
	{"count", no_argument, NULL, OPTION_COUNT},
	{"c", no_argument, NULL, OPTION_COUNT},
	{"quiet", no_argument, NULL, OPTION_QUIET},
	{"q", no_argument, NULL, OPTION_QUIET},
	{"json", no_argument, NULL, OPTION_JSON},
	{"after-context", required_argument, NULL, OPTION_AFTER},
	{"A", required_argument, NULL, OPTION_AFTER},
	{"before-context", required_argument, NULL, OPTION_BEFORE},
	{"B", required_argument, NULL, OPTION_BEFORE},
	{"context", required_argument, NULL, OPTION_CONTEXT},
	{"C", required_argument, NULL, OPTION_CONTEXT},
	{"max-count", required_argument, NULL, OPTION_MOST},
	{"m", required_argument, NULL, OPTION_MOST},
	{"jobs", required_argument, NULL, OPTION_JOBS},
	{"j", required_argument, NULL, OPTION_JOBS},
	{"with-filename", no_argument, NULL, OPTION_WITH_NAMES},
	{"H", no_argument, NULL, OPTION_WITH_NAMES},
	{"no-filename", no_argument, NULL, OPTION_NO_NAMES},
	{"time", required_argument, NULL, OPTION_TIME},
	{"color", required_argument, NULL, OPTION_COLOR},
	{"no-color", no_argument, NULL, OPTION_NO_COLOR},
	FILTER_OPTIONS,
	{NULL, 0, NULL, 0},
};

struct grep {
	struct grep_options options;
	struct inputs inputs;
	size_t jobs;
	bool has_pattern, names_said;
	enum terminal_colour colour;
	int worst;  /* of bad files */
	bool found; /* in any file */
};

/* Options --------------------------------------------------------------------------------------------------------------------- */

static int usage(const char *option, const char *value, const char *what)
{
	return command_error(&command_grep, COMMAND_USAGE, "%s %s: %s; see `ttlog grep --help`", option, value, what);
}

static int parse_number(const char *option, const char *value, size_t least, size_t most, size_t *number)
{
	char *end;

	errno = 0;
	*number = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || errno || *number < least || *number > most)
		return usage(option, value, "not a number in its range");
	return COMMAND_DONE;
}

static int parse_word(const char *option, const char *value, const char *const *words, const char *what, int *place)
{
	for (*place = 0; words[*place]; ++*place) {
		if (!strcmp(words[*place], value))
			return COMMAND_DONE;
	}
	return usage(option, value, what);
}

static int parse_time(struct grep *grep, const char *value)
{
	static const char *const words[] = {"relative", "local", "utc", "unix", NULL}; /* enum event_time */
	int place, status = parse_word("--time", value, words, "none of relative local utc unix", &place);

	grep->options.time = (enum event_time)place;
	return status;
}

static int parse_color(struct grep *grep, const char *value)
{
	static const char *const words[] = {"auto", "always", "never", NULL};
	int place, status = parse_word("--color", value, words, "none of auto always never", &place);

	grep->colour = (enum terminal_colour)place;
	return status;
}

static int parse_context(struct grep *grep, const char *value)
{
	const int status = parse_number("--context", value, 0, CONTEXT_MAX, &grep->options.before);

	grep->options.after = grep->options.before;
	return status;
}

static int apply_filter(struct grep *grep, int option, const char *value)
{
	char error[FILTER_ERROR_BYTES];

	if (!filter_option(grep->options.filter, option, value, error))
		return COMMAND_DONE;
	return command_error(&command_grep, COMMAND_USAGE, "%s; see `ttlog grep --help`", error);
}

static int set_names(struct grep *grep, bool names)
{
	grep->names_said = true;
	grep->options.names = names;
	return COMMAND_DONE;
}

static int set_show(struct grep *grep, enum grep_show show)
{
	grep->options.show = show;
	return COMMAND_DONE;
}

static int apply_number(struct grep *grep, int option)
{
	switch (option) {
	case OPTION_AFTER:
		return parse_number("--after-context", optarg, 0, CONTEXT_MAX, &grep->options.after);
	case OPTION_BEFORE:
		return parse_number("--before-context", optarg, 0, CONTEXT_MAX, &grep->options.before);
	case OPTION_CONTEXT:
		return parse_context(grep, optarg);
	case OPTION_MOST:
		return parse_number("--max-count", optarg, 1, SIZE_MAX - 1, &grep->options.most);
	default:
		return parse_number("--jobs", optarg, 1, JOBS_MAX, &grep->jobs);
	}
}

static int apply(struct grep *grep, int option)
{
	switch (option) {
	case OPTION_PATTERN:
		grep->has_pattern = true;
		return apply_filter(grep, FILTER_GREP, optarg);
	case OPTION_NAMES:
		return set_show(grep, GREP_NAMES);
	case OPTION_COUNT:
		return set_show(grep, GREP_COUNT);
	case OPTION_QUIET:
		return set_show(grep, GREP_NOTHING);
	case OPTION_JSON:
		return set_show(grep, GREP_JSON);
	case OPTION_WITH_NAMES:
		return set_names(grep, true);
	case OPTION_NO_NAMES:
		return set_names(grep, false);
	case OPTION_TIME:
		return parse_time(grep, optarg);
	case OPTION_COLOR:
		return parse_color(grep, optarg);
	case OPTION_NO_COLOR:
		return parse_color(grep, "never");
	default:
		return filter_knows(option) ? apply_filter(grep, option, optarg) : apply_number(grep, option);
	}
}

static int parse(struct grep *grep, int argc, char **argv)
{
	char error[FILTER_ERROR_BYTES];
	int option, status = COMMAND_DONE;

	while (!status && (option = command_option(&command_grep, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return OPTION_HELP;
		grep->has_pattern |= option == FILTER_GREP;
		status = option == OPTION_BAD ? COMMAND_USAGE : apply(grep, option);
	}
	if (!status && !grep->has_pattern && optind == argc)
		status = command_error(&command_grep, COMMAND_USAGE, "no PATTERN given; see `ttlog grep --help`");
	if (!status && !grep->has_pattern)
		status = apply_filter(grep, FILTER_GREP, argv[optind++]);
	if (!status && filter_ready(grep->options.filter, error) != 0)
		status = command_error(&command_grep, COMMAND_USAGE, "%s; see `ttlog grep --help`", error);
	return status;
}

/* Files ----------------------------------------------------------------------------------------------------------------------- */

static int search_one(void *context, size_t i)
{
	const struct grep *grep = context;

	return grep_search(&grep->options, grep->inputs.names[i]);
}

/* Not 0: nothing more is to be known. */
static int note(void *context, size_t i, int status, int signal)
{
	struct grep *grep = context;

	if (status < 0)
		status = command_error(&command_grep, COMMAND_BAD_FILE,
				       signal ? "%s: not searched: its reader died of signal %d"
					      : "%s: not searched to its end: its reader ended",
				       grep->inputs.names[i], signal);
	grep->found |= status == COMMAND_DONE;
	if (status > COMMAND_NOTHING && status > grep->worst)
		grep->worst = status;
	return (grep->found && grep->options.show == GREP_NOTHING) || ferror(stdout);
}

static int search(struct grep *grep)
{
	const struct workers_task task = {.files = grep->inputs.count,
					  .jobs = (unsigned)grep->jobs,
					  .read = search_one,
					  .done = note,
					  .context = grep,
					  .progress = "searching"};
	const int result = workers_run(&task);

	if (result < 0)
		return command_error(&command_grep, COMMAND_NOTHING, "cannot start to search: %s", strerror(-result));
	if (grep->worst || grep->inputs.status > COMMAND_NOTHING)
		return grep->worst > grep->inputs.status ? grep->worst : grep->inputs.status;
	return grep->found ? COMMAND_DONE : COMMAND_NOTHING;
}

static int run_grep(int argc, char **argv)
{
	struct grep grep = {.options = {.filter = filter_create(), .most = SIZE_MAX, .time = EVENT_TIME_LOCAL}};
	int status;

	if (!grep.options.filter)
		return command_error(&command_grep, COMMAND_USAGE, "out of memory");
	status = parse(&grep, argc, argv);
	if (!status) {
		terminal_init(stdout, grep.colour);
		status = inputs_open(&command_grep, &grep.inputs, argv + optind, argc - optind);
		if (!grep.names_said)
			grep.options.names = grep.inputs.count > 1;
		if (!status)
			status = search(&grep);
		inputs_close(&grep.inputs);
	}
	filter_destroy(grep.options.filter);
	return status == OPTION_HELP ? COMMAND_DONE : status;
}

const struct command command_grep = {
	.name = "grep",
	.summary = "find events in many snapshots",
	.run = run_grep,
	.options = long_options,
	.operands = COMMAND_TAKES_FILES,
	.help = "usage: ttlog grep [OPTIONS] PATTERN [DIR|FILE|PID|-...]\n\n"
		"Prints the lines of snapshots whose message matches PATTERN, a Perl-compatible\n"
		"regular expression. DIR (default ./tmp) stands for all snapshots in it, oldest\n"
		"first. Files are read at once, their lines printed in order.\n\n"
		"  -e, --regexp RE      another PATTERN; one is enough to match. Then no PATTERN\n"
		"                       is taken from the arguments\n"
		"  -l, --files-with-matches   names of files only; -c, --count: how many lines\n"
		"                             match in each; -q, --quiet: nothing\n"
		"  -A, --after-context N      N lines behind each match; -B, --before-context N:\n"
		"                             before; -C, --context N: both\n"
		"  -m, --max-count N    of each file the first N matches\n"
		"  -H, --with-filename  rows begin with the file's name, as they do where there\n"
		"                       are several; --no-filename: never\n"
		"  -j, --jobs N         processes that read (default: as many as there are\n"
		"                       processors)\n"
		"  --json               one JSON object a line: file, event\n"
		"  --time=HOW           local (default), utc, unix, relative to the end of the\n"
		"                       snapshot\n"
		"  --color=WHEN         auto (default), always, never; --no-color: never\n\n"
		"Which events (all options must hold; of one given twice one is enough):\n" FILTER_HELP "\n"
		"Exit status: 0 found, 1 nothing found, 3 a file is bad: it is named, what can be\n"
		"read of it and the others are searched.\n\n"
		"Examples:\n"
		"  ttlog grep 'user \\d+ not found'\n"
		"  ttlog grep -il timeout /var/crash/*.lz4\n"
		"  ttlog grep -C 3 --level error '' tmp    every error, with what was said around\n"
		"  ttlog grep --json deadlock tmp | jq -r .event.message\n",
};
