#include "view.h"

#include "command.h"
#include "spans.h"
#include "target.h"
#include "terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LAST_DEFAULT 20u

static const struct option long_options[] = {
	{"json", no_argument, NULL, 'j'},          {"threads", no_argument, NULL, 't'},
	{"last", required_argument, NULL, 'n'},    {"level", required_argument, NULL, 'l'},
	{"grep", required_argument, NULL, 'g'},    {"source", required_argument, NULL, 's'},
	{"tid", required_argument, NULL, 'i'},     {"no-color", no_argument, NULL, 'c'},
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

static int parse_level(struct view_options *options, const char *value)
{
	if (level_parse(value, strlen(value), &options->level) != 0)
		return usage("--level", value, "none of trace debug info warn error fatal");
	options->has_level = true;
	return 0;
}

static int parse_source(struct view_options *options, const char *value)
{
	for (unsigned source = 0; source < SOURCE_COUNT; source++) {
		if (!strcmp(source_name(source), value)) {
			options->source = source;
			options->has_source = true;
			return 0;
		}
	}
	return usage("--source", value, "none of macro stdout stderr write1 write2 syslog abort agent");
}

static int parse_tid(struct view_options *options, const char *value)
{
	unsigned long number;

	if (!parse_number(value, UINT32_MAX, &number))
		return usage("--tid", value, "not a thread id");
	options->tid = (uint32_t)number;
	options->has_tid = true;
	return 0;
}

static int parse_grep(struct view_options *options, const char *value)
{
	char text[160];
	int error;

	if (options->has_grep)
		regfree(&options->grep);
	error = regcomp(&options->grep, value, REG_EXTENDED | REG_NOSUB);
	options->has_grep = !error;
	if (!error)
		return 0;
	regerror(error, &options->grep, text, sizeof(text));
	return usage("--grep", value, text);
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
	case 'l':
		return parse_level(options, optarg);
	case 'g':
		return parse_grep(options, optarg);
	case 's':
		return parse_source(options, optarg);
	default:
		return parse_tid(options, optarg);
	}
}

/* Filter ------------------------------------------------------------------------------------------------------------------- */

static bool matches(const struct snapshot_event *event, const struct view_options *options)
{
	if (options->has_level && event->level < options->level)
		return false;
	if (options->has_source && event->source != options->source)
		return false;
	if (options->has_tid && event->tid != options->tid)
		return false;
	return !options->has_grep || (event->message.data && regexec(&options->grep, event->message.data, 0, NULL, 0) == 0);
}

void view_filter(struct snapshot *snapshot, const struct view_options *options)
{
	size_t kept = 0;

	for (size_t i = 0; options->filtered && i < snapshot->event_count; i++) {
		if (matches(&snapshot->events[i], options))
			snapshot->events[kept++] = snapshot->events[i];
	}
	if (options->filtered)
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

	if (target->cbor && !options->filtered && !options->has_last)
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
	options->filtered = options->has_level || options->has_grep || options->has_source || options->has_tid;
	if (options->json) {
		status = print_json(&target, options);
	} else {
		size_t events;

		terminal_init(stdout, options->no_color);
		options->pieces = target.snapshot.event_count;
		spans_nest(&target.snapshot);
		view_join(&target.snapshot);
		events = target.snapshot.event_count;
		view_note_last(&target.snapshot, options);
		view_filter(&target.snapshot, options);
		view_text(stdout, &target.snapshot, target.path, events, options);
	}
	target_close(&target);
	return status;
}

static int run_view(int argc, char **argv)
{
	struct view_options options = {.last = LAST_DEFAULT};
	int option, status = COMMAND_DONE;

	while (!status && (option = command_option(&command_view, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return COMMAND_DONE;
		status = option == OPTION_BAD ? COMMAND_USAGE : apply(&options, option);
	}
	if (!status && argc - optind != 1)
		status = command_error(&command_view, COMMAND_USAGE, "%s; see `ttlog view --help`",
				       argc == optind ? "no FILE, DIR or PID given" : "more than one FILE, DIR or PID given");
	if (!status)
		status = view(argv[optind], &options);
	if (options.has_grep)
		regfree(&options.grep);
	return status;
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
		"  --level L       only events of level L and above: trace debug info warn error fatal\n"
		"  --grep RE       only events whose message matches the extended regular expression\n"
		"  --source S      only events that came through S: macro stdout stderr write1 write2 syslog abort agent\n"
		"  --tid N         only events of thread N\n"
		"  --json          everything, as JSON (with filters or --last: those events)\n"
		"  --no-color      no colour (also: NO_COLOR=1)\n\n"
		"Examples:\n"
		"  ttlog view tmp                          the newest snapshot in ./tmp\n"
		"  ttlog view --threads --last 200 FILE    more of it\n"
		"  ttlog view --level warn --grep 'user [0-9]+' FILE\n"
		"  ttlog view --json FILE | jq '.threads[0].frames[].function'\n",
};
