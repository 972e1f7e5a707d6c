#include "view.h"

#include "command.h"
#include "confined.h"
#include "terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LAST_DEFAULT 20u

enum {
	OPTION_LAST = 1,
	OPTION_THREADS,
	OPTION_NUMBERS,
	OPTION_NO_FOLD,
	OPTION_FULL,
	OPTION_NO_PAGER,
	OPTION_NO_COLOR,
	OPTION_COLOR,
	OPTION_TIME,
	OPTION_OUTPUT,
	OPTION_FORMATS, /* from here on, one after the other */
};

static const struct writer_format *const formats[] = {&writer_json, &writer_ndjson, &writer_csv, &writer_perfetto,
						      &writer_ttlog_rs};

static const struct option long_options[] = {
	{"threads", no_argument, NULL, OPTION_THREADS},
	{"last", required_argument, NULL, OPTION_LAST},
	{"numbers", no_argument, NULL, OPTION_NUMBERS},
	{"no-fold", no_argument, NULL, OPTION_NO_FOLD},
	{"full", no_argument, NULL, OPTION_FULL},
	{"no-pager", no_argument, NULL, OPTION_NO_PAGER},
	{"no-color", no_argument, NULL, OPTION_NO_COLOR},
	{"color", required_argument, NULL, OPTION_COLOR},
	{"time", required_argument, NULL, OPTION_TIME},
	{"output", required_argument, NULL, OPTION_OUTPUT},
	{"o", required_argument, NULL, OPTION_OUTPUT},
	{"json", no_argument, NULL, OPTION_FORMATS},
	{"ndjson", no_argument, NULL, OPTION_FORMATS + 1},
	{"csv", no_argument, NULL, OPTION_FORMATS + 2},
	{"perfetto", no_argument, NULL, OPTION_FORMATS + 3},
	{"ttlog-rs", no_argument, NULL, OPTION_FORMATS + 4},
	FILTER_OPTIONS,
	{NULL, 0, NULL, 0},
};

/* Options --------------------------------------------------------------------------------------------------------------------- */

static int usage(const char *option, const char *value, const char *what)
{
	return command_error(&command_view, COMMAND_USAGE, "%s %s: %s; see `ttlog view --help`", option, value, what);
}

static int parse_last(struct view_options *options, const char *value)
{
	char *end;

	options->has_last = true;
	options->last = ROWS_ALL;
	if (!strcmp(value, "all"))
		return COMMAND_DONE;
	errno = 0;
	options->last = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || errno || options->last == ROWS_ALL)
		return usage("--last", value, "not a number, nor \"all\"");
	return COMMAND_DONE;
}

/* The place of the value among the words, or -1. */
static int place_of(const char *value, const char *const *words)
{
	for (int i = 0; words[i]; i++) {
		if (!strcmp(value, words[i]))
			return i;
	}
	return -1;
}

static int parse_color(struct view_options *options, const char *value)
{
	static const char *const words[] = {"auto", "always", "never", NULL};
	const int place = place_of(value, words);

	if (place < 0)
		return usage("--color", value, "none of auto always never");
	options->colour = (enum terminal_colour)place;
	return COMMAND_DONE;
}

static int parse_time(struct view_options *options, const char *value)
{
	static const char *const words[] = {"relative", "local", "utc", "unix", NULL};
	const int place = place_of(value, words);

	if (place < 0)
		return usage("--time", value, "none of relative local utc unix");
	options->time = (enum event_time)place;
	return COMMAND_DONE;
}

static int choose_format(struct view_options *options, const struct writer_format *format)
{
	if (options->format && options->format != format)
		return command_error(&command_view, COMMAND_USAGE, "--%s and --%s: one format at a time; see `ttlog view --help`",
				     options->format->option, format->option);
	options->format = format;
	return COMMAND_DONE;
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
	case OPTION_THREADS:
		options->all_threads = true;
		return COMMAND_DONE;
	case OPTION_LAST:
		return parse_last(options, optarg);
	case OPTION_NUMBERS:
		options->numbers = true;
		return COMMAND_DONE;
	case OPTION_NO_FOLD:
		options->no_fold = true;
		return COMMAND_DONE;
	case OPTION_FULL:
		options->full = true;
		return COMMAND_DONE;
	case OPTION_NO_PAGER:
		options->no_pager = true;
		return COMMAND_DONE;
	case OPTION_NO_COLOR:
		options->colour = TERMINAL_COLOUR_NEVER;
		return COMMAND_DONE;
	case OPTION_COLOR:
		return parse_color(options, optarg);
	case OPTION_TIME:
		return parse_time(options, optarg);
	case OPTION_OUTPUT:
		options->output = optarg;
		return COMMAND_DONE;
	default:
		return filter_knows(option) ? apply_filter(options, option)
					    : choose_format(options, formats[option - OPTION_FORMATS]);
	}
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
	if (!status && argc == optind)
		status = command_error(&command_view, COMMAND_USAGE, "no FILE, DIR or PID given; see `ttlog view --help`");
	/* Who asks for the surroundings of an event wants all of them. */
	if (!options->has_last && filter_is_around(options->filter))
		options->last = ROWS_ALL;
	return status;
}

/* Damage ---------------------------------------------------------------------------------------------------------------------- */

static char damage[8192];

void view_note_damage(const struct target *target, const struct snapshot_error *error, uint64_t events)
{
	const size_t used = strlen(damage);

	snprintf(damage + used, sizeof(damage) - used, "%s%s: %s; shown is what can be read: %" PRIu64 " event%s", used ? "\n" : "",
		 target->path, error->text, events, events == 1 ? "" : "s");
}

int view_damage(void)
{
	for (char *line = damage, *end; *line; line = end) {
		end = line + strcspn(line, "\n");
		command_error(&command_view, COMMAND_BAD_FILE, "%.*s", (int)(end - line), line);
		end += *end == '\n';
	}
	return damage[0] ? COMMAND_BAD_FILE : COMMAND_DONE;
}

/* Targets --------------------------------------------------------------------------------------------------------------------- */

/* Which of several files it is, as head(1) and tail(1) say it. */
static void print_name(const struct target *target, FILE *out, bool first)
{
	fputs(first ? "" : "\n", out);
	terminal_paint(out, PAINT_BOLD);
	fputs("==> ", out);
	terminal_string(out, target->path, 0);
	fputs(" <==", out);
	terminal_paint(out, PAINT_NONE);
	putc('\n', out);
}

static int view_one(const char *name, const struct view_options *options, const struct output *output, struct writer *writer,
		    bool several)
{
	static bool later;
	struct target target;
	int status = target_open(&command_view, &target, name);

	if (status)
		return status;
	if (!several)
		confined_read(options->output, !options->format);
	if (options->format) {
		status = view_format(&target, options, output, writer);
	} else {
		if (several)
			print_name(&target, output->stream, !later);
		later = true;
		status = view_text(&target, options, output);
	}
	target_close(&target);
	return status;
}

/* The worst status of all: one bad file must not hide the others. */
static int view_all(char **names, int count, const struct view_options *options, struct output *output)
{
	struct writer writer = {.out = output->stream, .numbers = options->numbers};
	int worst = COMMAND_DONE;

	output->is_nothing = true;
	if (count > 1 && confined_can_open(names, (size_t)count))
		confined_read(options->output, !options->format);
	for (int i = 0; i < count && !output_is_over(output); i++) {
		const int status = view_one(names[i], options, output, &writer, count > 1);
		worst = status > worst ? status : worst;
		output->is_nothing &= status && !damage[0];
	}
	if (options->format && options->format->close && writer.snapshots)
		options->format->close(&writer);
	free(writer.cbor);
	return worst;
}

static void note_given_up(const struct view_options *options)
{
	const uint64_t count = filter_gave_up(options->filter);

	if (count)
		command_error(&command_view, COMMAND_DONE,
			      "a pattern takes too long on %" PRIu64 " message%s, which count as no match", count,
			      count == 1 ? "" : "s");
}

static int view(char **names, int count, const struct view_options *options)
{
	struct output output;
	int status = output_open(&command_view, &output, options->output, !options->format && !options->no_pager);

	if (status)
		return status;
	terminal_init(output.pager ? stdout : output.stream, options->colour);
	status = output_close(&command_view, &output, view_all(names, count, options, &output));
	note_given_up(options);
	view_damage();
	return status;
}

static int run_view(int argc, char **argv)
{
	struct view_options options = {.last = LAST_DEFAULT, .filter = filter_create()};
	int status;

	if (!options.filter)
		return command_error(&command_view, COMMAND_USAGE, "out of memory");
	status = parse(&options, argc, argv);
	if (!status)
		status = view(argv + optind, argc - optind, &options);
	filter_destroy(options.filter);
	return status == OPTION_HELP ? COMMAND_DONE : status;
}

const struct command command_view = {
	.name = "view",
	.summary = "show a snapshot, or a running process's recorder: why did it die?",
	.run = run_view,
	.options = long_options,
	.operands = COMMAND_TAKES_FILES,
	.help = "usage: ttlog view [OPTIONS] FILE|DIR|PID|-...\n\n"
		"FILE is a snapshot or a recorder file, or a core file: then it is the snapshot\n"
		"beside it of the same process. DIR, or a bundle of `ttlog collect`, stands for\n"
		"the newest snapshot in it, PID for the recorder of that process, - for standard\n"
		"input.\n\n"
		"  --threads            stacks of all threads in full, with what each said last;\n"
		"                       limits; how long the capture took\n"
		"  --last N             rows of events shown (default 20, of which a program's\n"
		"                       own report of its fault takes half at the most; or\n"
		"                       \"all\"); of other formats than text all, unless said\n"
		"  --numbers            each event's number, from 1, the same with any filter\n"
		"  --no-fold            repeated rows one by one, not \"412 times in 3.1 s\"\n"
		"  --full               messages of a great many lines, and very long ones, whole\n"
		"  --time=HOW           relative to the end (default), local, utc, unix\n"
		"  --color=WHEN         auto (default), always, never; --no-color: never; also\n"
		"                       NO_COLOR=1, CLICOLOR_FORCE=1\n"
		"  --no-pager           on a terminal TTLOG_PAGER, PAGER or less is used\n"
		"                       otherwise\n"
		"  -o, --output FILE    there instead of standard output; the file appears whole\n"
		"                       or not at all\n\n"
		"Which events (all options must hold; of one given twice one is enough):\n" FILTER_HELP "\n"
		"Other formats, with all events that match as they were recorded (lines not\n"
		"joined, repetitions not folded):\n"
		"  --json               the whole snapshot\n"
		"  --ndjson             one event a line, with the keys of the snapshot\n"
		"  --csv                a table (RFC 4180); what a spreadsheet would run as a\n"
		"                       formula gets an apostrophe\n"
		"  --perfetto           trace events for ui.perfetto.dev and chrome://tracing\n"
		"  --ttlog-rs           as the Rust crate ttlog writes its snapshots\n\n"
		"Examples:\n"
		"  ttlog view tmp                                 the newest snapshot in ./tmp\n"
		"  ttlog view --threads --last 200 FILE           more of it\n"
		"  ttlog view --level warn --grep 'user \\d+' --since -5s FILE\n"
		"  ttlog view --numbers --around 4711,50 FILE     what happened around an event\n"
		"  ttlog view --json FILE | jq '.threads[0].frames[].function'\n"
		"  ttlog view --perfetto -o trace.json tmp\n"
		"  ssh host cat tmp/NAME.cbor.lz4 | ttlog view -\n",
};
