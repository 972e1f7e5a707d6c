/*
 * ttlog stats: what one snapshot holds, or many, in numbers.
 */
#include "command.h"
#include "confined.h"
#include "describe.h"
#include "histogram.h"
#include "inputs.h"
#include "tally.h"
#include "target.h"
#include "terminal.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define HISTOGRAM_ROWS 20u
#define BAR_COLUMNS    50u
#define LIST_MAX       10u /* rows of each table, but in JSON */

enum { OPTION_JSON = 1, OPTION_NO_COLOR };

static const struct option long_options[] = {
	{"json", no_argument, NULL, OPTION_JSON},
	{"no-color", no_argument, NULL, OPTION_NO_COLOR},
	{NULL, 0, NULL, 0},
};

struct stats {
	struct target target; /* the one that is read */
	uint64_t files, file_bytes, events, message_bytes;
	uint64_t recorded, overwritten, dropped, truncated, torn, redacted;
	struct tally reasons, services, hosts, levels, sources, threads;
	struct histogram times;
};

/* Reading --------------------------------------------------------------------------------------------------------------------- */

static void add(struct tally *tally, const char *key)
{
	tally_add(tally, key ? key : "-", key ? strlen(key) : 1);
}

static int event(void *context, struct snapshot_item *item)
{
	struct stats *stats = context;
	const struct snapshot_event *event = item->event;
	char thread[320];

	snprintf(thread, sizeof(thread), "%u %.256s", event->tid, event->thread_name ? event->thread_name : "");
	add(&stats->levels, level_name(event->level));
	add(&stats->sources, source_name(event->source));
	add(&stats->threads, thread);
	histogram_add(&stats->times, event->timestamp);
	stats->events++;
	stats->message_bytes += event->message.bytes;
	return 0;
}

static void add_snapshot(struct stats *stats, const struct snapshot *snapshot)
{
	stats->files++;
	add(&stats->reasons, snapshot->reason);
	add(&stats->services, snapshot->service);
	add(&stats->hosts, snapshot->hostname);
	stats->recorded += snapshot->stats.recorded;
	stats->overwritten += snapshot->stats.overwritten;
	stats->dropped += snapshot->stats.dropped;
	stats->truncated += snapshot->stats.truncated;
	stats->torn += snapshot->stats.torn;
	stats->redacted += snapshot->stats.redacted;
}

/* `last`: nothing else is to be opened. */
static int read_file(struct stats *stats, const char *name, bool last)
{
	const struct snapshot_visitor visitor = {.context = stats, .decode = true, .event = event};
	struct snapshot_error error;
	struct stat file;
	int status = target_open(&command_stats, &stats->target, name);

	if (status)
		return status;
	if (last)
		confined_read(NULL, false);
	if (stat(stats->target.path, &file) == 0)
		stats->file_bytes += (uint64_t)file.st_size;
	if (target_read(&stats->target, NULL, &visitor, &error) < 0)
		status = command_error(&command_stats, COMMAND_BAD_FILE, "%s: %s; counted is what can be read", stats->target.path,
				       error.text);
	if (stats->target.snapshot.version || !status)
		add_snapshot(stats, &stats->target.snapshot);
	target_close(&stats->target);
	return status;
}

/* Text ------------------------------------------------------------------------------------------------------------------------ */

static void print_bar(uint64_t count, uint64_t most)
{
	/* Whatever is not nothing is seen. */
	const unsigned columns = most ? (unsigned)((count * BAR_COLUMNS + most - 1) / most) : 0;

	terminal_paint(stdout, PAINT_BLUE);
	for (unsigned i = 0; i < columns; i++)
		putchar('#');
	terminal_paint(stdout, PAINT_NONE);
	putchar('\n');
}

static void print_tally(const char *heading, const struct tally *tally)
{
	terminal_printf(stdout, PAINT_BOLD, "\n%s\n", heading);
	for (size_t i = 0; i < tally->count && i < LIST_MAX; i++) {
		printf("  %10" PRIu64 "  ", tally->entries[i].count);
		terminal_string(stdout, tally->entries[i].key, 60);
		putchar('\n');
	}
	if (tally->count > LIST_MAX)
		terminal_printf(stdout, PAINT_DIM, "  and %zu more\n", tally->count - LIST_MAX);
}

static void print_times(const struct histogram *times)
{
	uint64_t rows[HISTOGRAM_ROWS], most = 0, length = histogram_rows(times, rows, HISTOGRAM_ROWS);
	char from[64], row[64];

	describe_time(times->first_ns, false, from);
	describe_duration(length, row);
	terminal_printf(stdout, PAINT_BOLD, "\nevents over time");
	terminal_printf(stdout, PAINT_DIM, "  from %s on; each line stands for %s\n", from, row);
	for (unsigned i = 0; i < HISTOGRAM_ROWS; i++)
		most = rows[i] > most ? rows[i] : most;
	for (unsigned i = 0; i < HISTOGRAM_ROWS; i++) {
		printf("  %+14.6f s  %8" PRIu64 "  ", (double)length * i / 1e9, rows[i]);
		print_bar(rows[i], most);
	}
}

static void print_sizes(const struct stats *stats)
{
	char files[32], messages[32];

	describe_bytes(stats->file_bytes, files);
	describe_bytes(stats->message_bytes, messages);
	printf("%" PRIu64 " snapshot%s, %s\n", stats->files, stats->files == 1 ? "" : "s", files);
	printf("%" PRIu64 " events, %s of messages; recorded %" PRIu64 ", overwritten %" PRIu64 ", dropped %" PRIu64
	       ", truncated %" PRIu64 ", torn %" PRIu64 ", redacted %" PRIu64 "\n",
	       stats->events, messages, stats->recorded, stats->overwritten, stats->dropped, stats->truncated, stats->torn,
	       stats->redacted);
}

static void print_text(const struct stats *stats)
{
	print_sizes(stats);
	print_tally("reasons", &stats->reasons);
	print_tally("services", &stats->services);
	if (stats->hosts.count > 1)
		print_tally("hosts", &stats->hosts);
	if (!stats->events)
		return;
	print_tally("levels", &stats->levels);
	print_tally("sources", &stats->sources);
	print_tally("threads", &stats->threads);
	print_times(&stats->times);
}

/* JSON ------------------------------------------------------------------------------------------------------------------------ */

static void print_json_tally(const char *name, const struct tally *tally)
{
	printf("  \"%s\": [", name);
	for (size_t i = 0; i < tally->count; i++) {
		fputs(i ? ", {\"name\": " : "{\"name\": ", stdout);
		snapshot_print_json_text(stdout, tally->entries[i].key, tally->entries[i].key_bytes);
		printf(", \"count\": %" PRIu64 "}", tally->entries[i].count);
	}
	fputs("],\n", stdout);
}

static void print_json_times(const struct stats *stats)
{
	uint64_t rows[HISTOGRAM_ROWS], length = stats->events ? histogram_rows(&stats->times, rows, HISTOGRAM_ROWS) : 0;

	printf("  \"first\": %" PRIu64 ", \"last\": %" PRIu64 ", \"row\": %" PRIu64 ", \"rows\": [", stats->times.first_ns,
	       stats->times.last_ns, length);
	for (unsigned i = 0; length && i < HISTOGRAM_ROWS; i++)
		printf("%s%" PRIu64, i ? ", " : "", rows[i]);
	fputs("]\n}\n", stdout);
}

static void print_json(const struct stats *stats)
{
	printf("{\n  \"snapshots\": %" PRIu64 ", \"file_bytes\": %" PRIu64 ", \"events\": %" PRIu64 ", \"message_bytes\": %" PRIu64
	       ",\n",
	       stats->files, stats->file_bytes, stats->events, stats->message_bytes);
	printf("  \"recorded\": %" PRIu64 ", \"overwritten\": %" PRIu64 ", \"dropped\": %" PRIu64 ", \"truncated\": %" PRIu64
	       ", \"torn\": %" PRIu64 ", \"redacted\": %" PRIu64 ",\n",
	       stats->recorded, stats->overwritten, stats->dropped, stats->truncated, stats->torn, stats->redacted);
	print_json_tally("reasons", &stats->reasons);
	print_json_tally("services", &stats->services);
	print_json_tally("hosts", &stats->hosts);
	print_json_tally("levels", &stats->levels);
	print_json_tally("sources", &stats->sources);
	print_json_tally("threads", &stats->threads);
	print_json_times(stats);
}

/* The command ----------------------------------------------------------------------------------------------------------------- */

static void show(struct stats *stats, bool json)
{
	struct tally *const all[] = {&stats->reasons, &stats->services, &stats->hosts,
				     &stats->levels,  &stats->sources,  &stats->threads};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		tally_sort(all[i], 0);
	if (json)
		print_json(stats);
	else
		print_text(stats);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		tally_fini(all[i]);
}

static int count_all(char **names, int count, bool json)
{
	static struct stats stats;
	struct inputs inputs;
	int status = inputs_open(&command_stats, &inputs, names, count), worst = inputs.status;

	if (!status && confined_can_open(inputs.names, inputs.count))
		confined_read(NULL, false);
	for (size_t i = 0; !status && i < inputs.count; i++) {
		const int one = read_file(&stats, inputs.names[i], i + 1 == inputs.count);
		worst = one > worst ? one : worst;
	}
	inputs_close(&inputs);
	if (!status && stats.files)
		show(&stats, json);
	return status ? status : worst;
}

static int run_stats(int argc, char **argv)
{
	bool json = false, no_color = false;
	int option;

	while ((option = command_option(&command_stats, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return COMMAND_DONE;
		if (option == OPTION_BAD)
			return COMMAND_USAGE;
		json |= option == OPTION_JSON;
		no_color |= option == OPTION_NO_COLOR;
	}
	terminal_init(stdout, no_color ? TERMINAL_COLOUR_NEVER : TERMINAL_COLOUR_AUTO);
	return count_all(argv + optind, argc - optind, json);
}

const struct command command_stats = {
	.name = "stats",
	.summary = "what snapshots hold, in numbers: reasons, services, levels, times",
	.run = run_stats,
	.options = long_options,
	.operands = COMMAND_TAKES_FILES,
	.help = "usage: ttlog stats [--json] [--no-color] [FILE|DIR|PID|-...]\n\n"
		"Adds up snapshots (DIR, default ./tmp: all in it): how many, by reason and\n"
		"service; their events by level, source and thread, and over time; how many were\n"
		"recorded, overwritten, dropped, truncated, torn, redacted.\n\n"
		"  --json      one JSON object; times in ns, \"rows\" of \"row\" ns each from \"first\"\n"
		"              on\n"
		"  --no-color  no colour (also: NO_COLOR=1)\n\n"
		"Examples:\n"
		"  ttlog stats tmp/NAME.cbor.lz4\n"
		"  ttlog stats --json /var/crash | jq '.reasons[] | .name, .count'\n",
};
