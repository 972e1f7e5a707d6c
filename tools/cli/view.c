#include "view.h"

#include "command.h"
#include "target.h"
#include "terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LAST_DEFAULT 20u

static const struct option long_options[] = {
	{"json", no_argument, NULL, 'j'},
	{"threads", no_argument, NULL, 't'},
	{"last", required_argument, NULL, 'n'},
	{"no-color", no_argument, NULL, 'c'},
	FILTER_OPTIONS,
	{NULL, 0, NULL, 0},
};

/* Options ------------------------------------------------------------------------------------------------------------------ */

static int usage(const char *option, const char *value, const char *what)
{
	return command_error(&command_view, COMMAND_USAGE, "%s %s: %s; see `ttlog view --help`", option, value, what);
}

static bool parse_number(const char *text, unsigned long most, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && !*end && !errno && *number <= most;
}

static int parse_last(struct view_options *options, const char *value)
{
	unsigned long number;

	if (strcmp(value, "all") != 0 && !parse_number(value, SIZE_MAX, &number))
		return usage("--last", value, "not a number, nor \"all\"");
	options->last = strcmp(value, "all") ? number : SIZE_MAX;
	options->has_last = true;
	return 0;
}

static int apply_filter(struct view_options *options, int option)
{
	char error[FILTER_ERROR_BYTES];

	if (!filter_option(options->filter, option, optarg, error))
		return COMMAND_DONE;
	return command_error(&command_view, COMMAND_USAGE, "%s; see `ttlog view --help`", error);
}

static int apply(struct view_options *options, int option)
{
	switch (option) {
	case 'j':
		options->json = true;
		return 0;
	case 't':
		options->all_threads = true;
		return 0;
	case 'c':
		options->no_color = true;
		return 0;
	case 'n':
		return parse_last(options, optarg);
	default:
		return apply_filter(options, option);
	}
}

/* Filter ------------------------------------------------------------------------------------------------------------------- */

void view_filter(struct snapshot *snapshot, const struct view_options *options)
{
	size_t kept = 0;

	filter_begin(options->filter, snapshot->created_at);
	for (size_t i = 0; i < snapshot->event_count; i++) {
		if (filter_matches(options->filter, &snapshot->events[i], i + 1))
			snapshot->events[kept++] = snapshot->events[i];
	}
	snapshot->event_count = kept;
	if (snapshot->event_count > options->last) {
		snapshot->events += snapshot->event_count - options->last;
		snapshot->event_count = options->last;
	}
}

/* Output ------------------------------------------------------------------------------------------------------------------- */

static int print_cbor(const struct target *target, const unsigned char *cbor, size_t bytes)
{
	struct snapshot_error error;

	if (snapshot_print_json(stdout, cbor, bytes, &error) != 0)
		return command_error(&command_view, COMMAND_BAD_FILE, "%s: %s", target->path, error.text);
	return COMMAND_DONE;
}

/* The file as it is, with keys that this version does not know, unless a filter asks for less. */
static int print_json(struct target *target, struct view_options *options)
{
	struct snapshot_error error;
	unsigned char *cbor;
	size_t bytes;
	int status;

	if (target->cbor && !filter_is_set(options->filter) && !options->has_last)
		return print_cbor(target, target->cbor, target->cbor_bytes);
	if (!options->has_last)
		options->last = SIZE_MAX;
	view_filter(&target->snapshot, options);
	if (snapshot_encode(&target->snapshot, &cbor, &bytes, &error) != 0)
		return command_error(&command_view, COMMAND_BAD_FILE, "%s: %s", target->path, error.text);
	status = print_cbor(target, cbor, bytes);
	free(cbor);
	return status;
}

static int view(const char *name, struct view_options *options)
{
	struct target target;
	int status = target_open(&command_view, &target, name);

	if (status)
		return status;
	if (options->json) {
		status = print_json(&target, options);
	} else {
		size_t events;

		terminal_init(stdout, options->no_color ? TERMINAL_COLOUR_NEVER : TERMINAL_COLOUR_AUTO);
		options->pieces = target.snapshot.event_count;
		view_join(&target.snapshot);
		events = target.snapshot.event_count;
		view_note_last(&target.snapshot, options);
		view_filter(&target.snapshot, options);
		view_text(stdout, &target.snapshot, target.path, events, options);
	}
	target_close(&target);
	return status;
}

static int parse(struct view_options *options, int argc, char **argv)
{
	char error[FILTER_ERROR_BYTES];
	int option, status = COMMAND_DONE;

	while (!status && (option = command_option(&command_view, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return OPTION_HELP;
		status = option == OPTION_BAD ? COMMAND_USAGE : apply(options, option);
	}
	if (!status && filter_ready(options->filter, error) != 0)
		status = command_error(&command_view, COMMAND_USAGE, "%s; see `ttlog view --help`", error);
	if (!status && argc - optind != 1)
		status = command_error(&command_view, COMMAND_USAGE, "%s; see `ttlog view --help`",
				       argc == optind ? "no FILE, DIR or PID given" : "more than one FILE, DIR or PID given");
	return status;
}

static int run_view(int argc, char **argv)
{
	struct view_options options = {.last = LAST_DEFAULT, .filter = filter_create()};
	int status;

	if (!options.filter)
		return command_error(&command_view, COMMAND_NOTHING, "out of memory");
	status = parse(&options, argc, argv);
	if (!status)
		status = view(argv[optind], &options);
	filter_destroy(options.filter);
	return status == OPTION_HELP ? COMMAND_DONE : status;
}

const struct command command_view = {
	.name = "view",
	.summary = "show a snapshot, or a running process's recorder: why did it die?",
	.run = run_view,
	.help = "usage: ttlog view [OPTIONS] FILE|DIR|PID\n\n"
		"FILE is a snapshot or a recorder file, DIR stands for the newest snapshot in it, PID for the recorder of that\n"
		"process.\n\n"
		"  --threads       stacks of all threads in full, with what each said last; limits; how long the capture took\n"
		"  --last N        events shown (default 20, or \"all\")\n"
		"  --json          everything, as JSON (with filters or --last: those events)\n"
		"  --no-color      no colour (also: NO_COLOR=1)\n\n"
		"Which events (options of different kinds must all hold, of one kind one is enough):\n" FILTER_HELP "\n"
		"Examples:\n"
		"  ttlog view tmp                          the newest snapshot in ./tmp\n"
		"  ttlog view --threads --last 200 FILE    more of it\n"
		"  ttlog view --level warn --grep 'user [0-9]+' FILE\n"
		"  ttlog view --json FILE | jq '.threads[0].frames[].function'\n",
};
