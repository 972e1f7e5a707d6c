/*
 * ttlog top: what was said most often, and from where.
 */
#include "command.h"
#include "confined.h"
#include "describe.h"
#include "event_text.h"
#include "filter.h"
#include "inputs.h"
#include "line_join.h"
#include "placeholders.h"
#include "symbols.h"
#include "tally.h"
#include "target.h"
#include "terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_DEFAULT 20u

enum { OPTION_NUMBER = 1, OPTION_BY, OPTION_SORT, OPTION_EXACT, OPTION_JSON, OPTION_NO_COLOR };

static const struct option long_options[] = {
	{"number", required_argument, NULL, OPTION_NUMBER},
	{"n", required_argument, NULL, OPTION_NUMBER},
	{"by", required_argument, NULL, OPTION_BY},
	{"sort", required_argument, NULL, OPTION_SORT},
	{"exact", no_argument, NULL, OPTION_EXACT},
	{"json", no_argument, NULL, OPTION_JSON},
	{"no-color", no_argument, NULL, OPTION_NO_COLOR},
	FILTER_OPTIONS,
	{NULL, 0, NULL, 0},
};

enum top_key { BY_MESSAGE, BY_SITE, BY_LEVEL, BY_SOURCE, BY_THREAD, BY_TARGET, BY_SERVICE };
static const char *const key_words[] = {"message", "site", "level", "source", "thread", "target", "service", NULL};

struct top {
	enum top_key by;
	bool by_bytes, exact, json, no_color;
	size_t most;
	struct filter *filter;
	struct symbols *symbols; /* for sites; may be NULL */
	struct tally tally;
	uint64_t events, bytes, files;
	/* Of the file that is read. */
	struct target target;
	bool begun;
};

/* What an event is counted as -------------------------------------------------------------------------------------------------- */

static size_t put_message(const struct top *top, const struct snapshot_event *event, char key[PLACEHOLDERS_BYTES])
{
	size_t bytes = event->message.bytes;

	if (!top->exact)
		return placeholders_put(event->message.data ? event->message.data : "", bytes, key);
	while (bytes && (event->message.data[bytes - 1] == '\n' || event->message.data[bytes - 1] == '\r'))
		bytes--;
	bytes = bytes < PLACEHOLDERS_BYTES ? bytes : PLACEHOLDERS_BYTES - 1;
	if (bytes)
		memcpy(key, event->message.data, bytes);
	return bytes;
}

/* orders.c:47, or where nobody knows the line the place in the module: orders+0x11c5. */
static size_t put_site(const struct top *top, const struct snapshot_event *event, char key[PLACEHOLDERS_BYTES])
{
	const struct snapshot_module *module = event->caller ? snapshot_module_at(&top->target.snapshot, event->caller) : NULL;
	int bytes;

	if (event->file)
		bytes = snprintf(key, PLACEHOLDERS_BYTES, "%.300s:%u", describe_base_name(event->file), event->line);
	else if (module)
		bytes = snprintf(key, PLACEHOLDERS_BYTES, "%.300s+0x%" PRIx64, describe_base_name(module->path),
				 event->caller - module->base);
	else
		bytes = snprintf(key, PLACEHOLDERS_BYTES, "(unknown)");
	return (size_t)bytes;
}

static size_t put_thread(const struct snapshot_event *event, char key[PLACEHOLDERS_BYTES])
{
	return (size_t)snprintf(key, PLACEHOLDERS_BYTES, "%u %.300s", event->tid, event->thread_name ? event->thread_name : "");
}

static size_t put_word(const char *word, char key[PLACEHOLDERS_BYTES])
{
	return (size_t)snprintf(key, PLACEHOLDERS_BYTES, "%.300s", word ? word : "-");
}

static size_t put_key(const struct top *top, const struct snapshot_event *event, char key[PLACEHOLDERS_BYTES])
{
	switch (top->by) {
	case BY_MESSAGE:
		return put_message(top, event, key);
	case BY_SITE:
		return put_site(top, event, key);
	case BY_LEVEL:
		return put_word(level_name(event->level), key);
	case BY_SOURCE:
		return put_word(source_name(event->source), key);
	case BY_THREAD:
		return put_thread(event, key);
	case BY_TARGET:
		return put_word(event->target, key);
	default:
		return put_word(top->target.snapshot.service, key);
	}
}

/* Reading --------------------------------------------------------------------------------------------------------------------- */

static int line(void *context, struct snapshot_event *event, uint64_t number)
{
	struct top *top = context;
	char key[PLACEHOLDERS_BYTES];
	struct tally_entry *entry;

	if (!filter_matches(top->filter, event, number))
		return 0;
	if (top->symbols)
		symbols_name_event(top->symbols, &top->target.snapshot, event);
	entry = tally_add(&top->tally, key, put_key(top, event, key));
	entry->bytes += event->message.bytes + event->truncated;
	entry->level = event->level > entry->level ? event->level : entry->level;
	top->events++;
	top->bytes += event->message.bytes + event->truncated;
	return 0;
}

static int event(void *context, struct snapshot_item *item)
{
	struct line_join *join = ((void **)context)[1];
	struct top *top = ((void **)context)[0];

	if (!top->begun)
		filter_begin(top->filter, top->target.snapshot.created_at);
	top->begun = true;
	return line_join_put(join, item->event, item->number);
}

/* `last`: nothing else is to be opened. */
static int read_file(struct top *top, const char *name, bool last)
{
	struct line_join *join = line_join_create(line, top);
	void *both[] = {top, join};
	const struct snapshot_visitor visitor = {.context = both, .decode = true, .event = event};
	struct snapshot_error error;
	int status = join ? target_open(&command_top, &top->target, name)
			  : command_error(&command_top, COMMAND_USAGE, "out of memory");

	if (!status) {
		if (last)
			confined_read(NULL, top->symbols != NULL);
		top->begun = false;
		if (target_read(&top->target, NULL, &visitor, &error) < 0)
			status = command_error(&command_top, COMMAND_BAD_FILE, "%s: %s; counted is what can be read", name,
					       error.text);
		(void)line_join_flush(join);
		top->files++;
		target_close(&top->target);
	}
	line_join_destroy(join);
	return status;
}

/* Output ---------------------------------------------------------------------------------------------------------------------- */

static void print_json(const struct top *top, const struct tally_entry *entry)
{
	printf("{\"%s\": ", key_words[top->by]);
	snapshot_print_json_text(stdout, entry->key, entry->key_bytes);
	printf(", \"count\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"share\": %.4f, \"level\": \"%s\"}\n", entry->count,
	       entry->bytes, (double)entry->count / (double)top->events, level_name(entry->level));
}

static void print_row(const struct top *top, const struct tally_entry *entry)
{
	char bytes[32];

	describe_bytes(entry->bytes, bytes);
	printf("%10" PRIu64 "  %5.1f %%  %9s ", entry->count, 100.0 * (double)entry->count / (double)top->events, bytes);
	event_level_print(stdout, entry->level);
	fputs("  ", stdout);
	terminal_text(stdout, entry->key, entry->key_bytes, 40);
	putchar('\n');
}

static int show(struct top *top)
{
	const size_t rows = top->tally.count < top->most ? top->tally.count : top->most;
	char bytes[32];

	tally_sort(&top->tally, top->by_bytes);
	for (size_t i = 0; top->json && i < rows; i++)
		print_json(top, &top->tally.entries[i]);
	if (top->json)
		return top->events ? COMMAND_DONE : COMMAND_NOTHING;
	if (!top->events)
		return command_error(&command_top, COMMAND_NOTHING, "no event%s", filter_is_set(top->filter) ? " matches" : "");
	terminal_printf(stdout, PAINT_BOLD, "%10s  %7s  %9s  %-5s  %s\n", "EVENTS", "SHARE", "SIZE", "LEVEL", key_words[top->by]);
	for (size_t i = 0; i < rows; i++)
		print_row(top, &top->tally.entries[i]);
	describe_bytes(top->bytes, bytes);
	terminal_printf(stdout, PAINT_DIM, "%zu of %zu kinds; %" PRIu64 " events, %s, of %" PRIu64 " file%s\n", rows,
			top->tally.count, top->events, bytes, top->files, top->files == 1 ? "" : "s");
	return COMMAND_DONE;
}

/* Options --------------------------------------------------------------------------------------------------------------------- */

static int usage(const char *option, const char *value, const char *what)
{
	return command_error(&command_top, COMMAND_USAGE, "%s %s: %s; see `ttlog top --help`", option, value, what);
}

static int parse_number(struct top *top, const char *value)
{
	char *end;

	errno = 0;
	top->most = strtoul(value, &end, 10);
	if (!strcmp(value, "all"))
		top->most = SIZE_MAX;
	else if (value[0] < '0' || value[0] > '9' || *end || errno || !top->most)
		return usage("--number", value, "not a number, nor \"all\"");
	return COMMAND_DONE;
}

static int parse_by(struct top *top, const char *value)
{
	for (unsigned i = 0; key_words[i]; i++) {
		if (!strcmp(key_words[i], value)) {
			top->by = (enum top_key)i;
			return COMMAND_DONE;
		}
	}
	return usage("--by", value, "none of message site level source thread target service");
}

static int parse_sort(struct top *top, const char *value)
{
	top->by_bytes = !strcmp(value, "bytes");
	return top->by_bytes || !strcmp(value, "count") ? COMMAND_DONE : usage("--sort", value, "none of count bytes");
}

static int apply_filter(struct top *top, int option)
{
	char error[FILTER_ERROR_BYTES];

	if (!filter_option(top->filter, option, optarg, error))
		return COMMAND_DONE;
	return command_error(&command_top, COMMAND_USAGE, "%s; see `ttlog top --help`", error);
}

static int apply(struct top *top, int option)
{
	switch (option) {
	case OPTION_NUMBER:
		return parse_number(top, optarg);
	case OPTION_BY:
		return parse_by(top, optarg);
	case OPTION_SORT:
		return parse_sort(top, optarg);
	case OPTION_EXACT:
		top->exact = true;
		return COMMAND_DONE;
	case OPTION_JSON:
		top->json = true;
		return COMMAND_DONE;
	case OPTION_NO_COLOR:
		top->no_color = true;
		return COMMAND_DONE;
	default:
		return apply_filter(top, option);
	}
}

static int parse(struct top *top, int argc, char **argv)
{
	char error[FILTER_ERROR_BYTES];
	int option, status = COMMAND_DONE;

	while (!status && (option = command_option(&command_top, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return OPTION_HELP;
		status = option == OPTION_BAD ? COMMAND_USAGE : apply(top, option);
	}
	if (!status && filter_ready(top->filter, error) != 0)
		status = command_error(&command_top, COMMAND_USAGE, "%s; see `ttlog top --help`", error);
	return status;
}

static int count_all(struct top *top, char **names, int count)
{
	struct inputs inputs;
	int status = inputs_open(&command_top, &inputs, names, count), worst = inputs.status, shown;

	if (!status && confined_can_open(inputs.names, inputs.count))
		confined_read(NULL, top->symbols != NULL);
	for (size_t i = 0; !status && i < inputs.count; i++) {
		const int one = read_file(top, inputs.names[i], i + 1 == inputs.count);
		worst = one > worst ? one : worst;
	}
	inputs_close(&inputs);
	if (status)
		return status;
	terminal_init(stdout, top->no_color ? TERMINAL_COLOUR_NEVER : TERMINAL_COLOUR_AUTO);
	if (!top->files)
		return worst;
	shown = show(top);
	return shown > worst ? shown : worst;
}

static int run_top(int argc, char **argv)
{
	struct top top = {.most = ROWS_DEFAULT, .filter = filter_create()};
	int status;

	if (!top.filter)
		return command_error(&command_top, COMMAND_USAGE, "out of memory");
	status = parse(&top, argc, argv);
	if (!status && top.by == BY_SITE)
		top.symbols = symbols_create(&(struct symbols_options){.cache = true});
	if (!status)
		status = count_all(&top, argv + optind, argc - optind);
	if (top.symbols)
		symbols_destroy(top.symbols);
	tally_fini(&top.tally);
	filter_destroy(top.filter);
	return status == OPTION_HELP ? COMMAND_DONE : status;
}

const struct command command_top = {
	.name = "top",
	.summary = "what was said most often, and from where",
	.run = run_top,
	.options = long_options,
	.operands = COMMAND_TAKES_FILES,
	.help = "usage: ttlog top [OPTIONS] [FILE|DIR|PID|-...]\n\n"
		"Counts the messages of snapshots (DIR, default ./tmp: of all in it) by kind:\n"
		"numbers, hexadecimal numbers, UUIDs and text in quotes become <num>, <hex>,\n"
		"<uuid>, <str>. LEVEL is the highest of a kind, SIZE that of the messages.\n\n"
		"  -n, --number N       kinds shown (default 20, or \"all\")\n"
		"  --by=WHAT            message (default), site (the line, or the place in the\n"
		"                       module, that said it), level, source, thread, target,\n"
		"                       service\n"
		"  --sort=HOW           count (default), bytes\n"
		"  --exact              messages as they are, nothing replaced\n"
		"  --json               one JSON object a line\n"
		"  --no-color           no colour (also: NO_COLOR=1)\n\n"
		"Which events (all options must hold; of one given twice one is enough):\n" FILTER_HELP "\n"
		"Examples:\n"
		"  ttlog top tmp\n"
		"  ttlog top --by site --sort bytes FILE          who fills the log\n"
		"  ttlog top --level warn --json /var/crash | jq .message\n",
};
