/*
 * ttlog diff: what differs between two snapshots of one program.
 */
#include "command.h"
#include "confined.h"
#include "describe.h"
#include "diff_sections.h"
#include "target.h"
#include "terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LAST_DEFAULT 50u
#define LAST_MAX     5000u

enum { OPTION_LAST = 1, OPTION_EXACT, OPTION_JSON, OPTION_COLOR, OPTION_NO_COLOR };

static const struct option long_options[] = {
	{"last", required_argument, NULL, OPTION_LAST},
	{"exact", no_argument, NULL, OPTION_EXACT},
	{"json", no_argument, NULL, OPTION_JSON},
	{"color", required_argument, NULL, OPTION_COLOR},
	{"no-color", no_argument, NULL, OPTION_NO_COLOR},
	FILTER_OPTIONS,
	{NULL, 0, NULL, 0},
};

struct side {
	struct target target;
	struct rows rows;
	bool is_open, begun;
};

struct diff {
	struct filter *filter;
	size_t last;
	bool exact, json;
	enum terminal_colour colour;
	struct side sides[2];
	struct arena arena;
	struct diff_steps steps[DIFF_SECTIONS];
};

/* Reading --------------------------------------------------------------------------------------------------------------------- */

struct reading {
	struct filter *filter;
	struct side *side;
};

static int event(void *context, struct snapshot_item *item)
{
	const struct reading *reading = context;

	if (!reading->side->begun)
		filter_begin(reading->filter, reading->side->target.snapshot.created_at);
	reading->side->begun = true;
	return rows_put(&reading->side->rows, item->event, item->number);
}

/* A comparison with half a snapshot would tell of differences that are none. */
static int read_side(struct diff *diff, struct side *side, const char *name)
{
	struct reading reading = {diff->filter, side};
	const struct snapshot_visitor visitor = {.context = &reading, .decode = true, .event = event};
	const struct rows_settings settings = {.filter = diff->filter, .last = diff->last};
	struct snapshot_error error;
	int status = target_open(&command_diff, &side->target, name);

	if (status)
		return status;
	side->is_open = true;
	if (side == &diff->sides[1])
		confined_read(NULL, false);
	if (rows_init(&side->rows, &settings) != 0)
		return command_error(&command_diff, COMMAND_USAGE, "out of memory");
	if (target_read(&side->target, NULL, &visitor, &error) < 0)
		return command_error(&command_diff, COMMAND_BAD_FILE, "%s: %s", side->target.path, error.text);
	(void)rows_flush(&side->rows);
	return COMMAND_DONE;
}

static bool compare(struct diff *diff)
{
	bool differ = false;

	for (size_t i = 0; i < DIFF_SECTIONS; i++) {
		struct diff_list lists[2] = {{.arena = &diff->arena}, {.arena = &diff->arena}};
		for (size_t side = 0; side < 2; side++) {
			const struct diff_side filled = {&diff->sides[side].target.snapshot, &diff->sides[side].rows, diff->exact};
			diff_sections[i].fill(&lists[side], &filled);
		}
		diff_compare(&lists[0], &lists[1], &diff->steps[i]);
		differ |= diff->steps[i].differ;
	}
	return differ;
}

/* Text ------------------------------------------------------------------------------------------------------------------------ */

static void print_side(const char *mark, const struct target *target)
{
	char time[64];

	describe_time(target->snapshot.created_at, false, time);
	terminal_printf(stdout, PAINT_BOLD, "%s ", mark);
	terminal_string(stdout, target->path, 0);
	fputs("  ", stdout);
	terminal_string(stdout, target->snapshot.service ? target->snapshot.service : "-", 32);
	printf(" (pid %" PRId64 ") %s\n", target->snapshot.pid, time);
}

static void print_step(const struct diff_step *step)
{
	terminal_paint(stdout, step->op == DIFF_REMOVED ? PAINT_RED : step->op == DIFF_ADDED ? PAINT_GREEN : PAINT_NONE);
	printf("%c ", (char)step->op);
	terminal_string(stdout, step->line->text, 0);
	terminal_paint(stdout, PAINT_NONE);
	putchar('\n');
}

/* Whether a line that differs is as near as that. */
static bool is_near(const struct diff_steps *steps, size_t at, size_t context)
{
	const size_t first = at > context ? at - context : 0, end = context < steps->count - at ? at + context + 1 : steps->count;

	for (size_t i = first; i < end; i++) {
		if (steps->steps[i].op != DIFF_SAME)
			return true;
	}
	return false;
}

static void print_section(const char *name, const struct diff_steps *steps, size_t context)
{
	size_t skipped = 0;

	terminal_printf(stdout, PAINT_CYAN, "@@ %s @@\n", name);
	for (size_t i = 0; i < steps->count; i++) {
		if (!is_near(steps, i, context)) {
			skipped++;
			continue;
		}
		if (skipped && context)
			terminal_printf(stdout, PAINT_DIM, "  … %zu the same\n", skipped);
		skipped = 0;
		print_step(&steps->steps[i]);
	}
}

static void print_same(const struct diff *diff)
{
	const char *before = "same: ";

	for (size_t i = 0; i < DIFF_SECTIONS; i++) {
		if (diff->steps[i].differ || !diff->steps[i].count)
			continue;
		terminal_printf(stdout, PAINT_DIM, "%s%s (%zu)", before, diff_sections[i].name, diff->steps[i].count);
		before = ", ";
	}
	if (*before == ',')
		putchar('\n');
}

static void print_text(const struct diff *diff)
{
	print_side("---", &diff->sides[0].target);
	print_side("+++", &diff->sides[1].target);
	for (size_t i = 0; i < DIFF_SECTIONS; i++) {
		if (diff->steps[i].differ)
			print_section(diff_sections[i].name, &diff->steps[i], diff_sections[i].context);
	}
	print_same(diff);
}

/* JSON ------------------------------------------------------------------------------------------------------------------------ */

static void print_json_steps(const char *section, const struct diff_steps *steps, bool *any)
{
	for (size_t i = 0; i < steps->count; i++) {
		const struct diff_step *step = &steps->steps[i];
		if (step->op == DIFF_SAME)
			continue;
		printf("%s\n    {\"section\": \"%s\", \"change\": \"%s\", \"text\": ", *any ? "," : "", section,
		       step->op == DIFF_ADDED ? "added" : "removed");
		snapshot_print_json_text(stdout, step->line->text, strlen(step->line->text));
		putchar('}');
		*any = true;
	}
}

static void print_json(const struct diff *diff, bool differ)
{
	bool any = false;

	fputs("{\n  \"from\": ", stdout);
	snapshot_print_json_text(stdout, diff->sides[0].target.path, strlen(diff->sides[0].target.path));
	fputs(",\n  \"to\": ", stdout);
	snapshot_print_json_text(stdout, diff->sides[1].target.path, strlen(diff->sides[1].target.path));
	printf(",\n  \"same\": %s,\n  \"differences\": [", differ ? "false" : "true");
	for (size_t i = 0; i < DIFF_SECTIONS; i++)
		print_json_steps(diff_sections[i].name, &diff->steps[i], &any);
	fputs(any ? "\n  ]\n}\n" : "]\n}\n", stdout);
}

/* Options --------------------------------------------------------------------------------------------------------------------- */

static int usage(const char *option, const char *value, const char *what)
{
	return command_error(&command_diff, COMMAND_USAGE, "%s %s: %s; see `ttlog diff --help`", option, value, what);
}

static int parse_last(struct diff *diff, const char *value)
{
	char *end;

	errno = 0;
	diff->last = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || errno || diff->last > LAST_MAX)
		return usage("--last", value, "not a number from 0 to 5000");
	return COMMAND_DONE;
}

static int parse_color(struct diff *diff, const char *value)
{
	static const char *const words[] = {"auto", "always", "never"};

	for (unsigned i = 0; i < 3; i++) {
		if (!strcmp(words[i], value)) {
			diff->colour = (enum terminal_colour)i;
			return COMMAND_DONE;
		}
	}
	return usage("--color", value, "none of auto always never");
}

static int apply_filter(struct diff *diff, int option)
{
	char error[FILTER_ERROR_BYTES];

	if (!filter_option(diff->filter, option, optarg, error))
		return COMMAND_DONE;
	return command_error(&command_diff, COMMAND_USAGE, "%s; see `ttlog diff --help`", error);
}

static int apply(struct diff *diff, int option)
{
	switch (option) {
	case OPTION_LAST:
		return parse_last(diff, optarg);
	case OPTION_EXACT:
		diff->exact = true;
		return COMMAND_DONE;
	case OPTION_JSON:
		diff->json = true;
		return COMMAND_DONE;
	case OPTION_COLOR:
		return parse_color(diff, optarg);
	case OPTION_NO_COLOR:
		return parse_color(diff, "never");
	default:
		return apply_filter(diff, option);
	}
}

static int parse(struct diff *diff, int argc, char **argv)
{
	char error[FILTER_ERROR_BYTES];
	int option, status = COMMAND_DONE;

	while (!status && (option = command_option(&command_diff, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return OPTION_HELP;
		status = option == OPTION_BAD ? COMMAND_USAGE : apply(diff, option);
	}
	if (!status && filter_ready(diff->filter, error) != 0)
		status = command_error(&command_diff, COMMAND_USAGE, "%s; see `ttlog diff --help`", error);
	if (!status && argc - optind != 2)
		status = command_error(&command_diff, COMMAND_USAGE, "two snapshots, please: A and B; see `ttlog diff --help`");
	return status;
}

static int diff_both(struct diff *diff, char **names)
{
	int status;
	bool differ;

	if (confined_can_open(names, 2))
		confined_read(NULL, false);
	status = read_side(diff, &diff->sides[0], names[0]);
	if (!status)
		status = read_side(diff, &diff->sides[1], names[1]);
	/* 1 would mean that they differ. */
	if (status)
		return status == COMMAND_NOTHING ? COMMAND_BAD_FILE : status;
	terminal_init(stdout, diff->colour);
	differ = compare(diff);
	if (diff->json)
		print_json(diff, differ);
	else if (differ)
		print_text(diff);
	return differ;
}

static int run_diff(int argc, char **argv)
{
	struct diff diff = {.last = LAST_DEFAULT, .filter = filter_create()};
	int status;

	if (!diff.filter)
		return command_error(&command_diff, COMMAND_USAGE, "out of memory");
	arena_init(&diff.arena);
	status = parse(&diff, argc, argv);
	if (!status)
		status = diff_both(&diff, argv + optind);
	for (size_t i = 0; i < 2; i++) {
		rows_fini(&diff.sides[i].rows);
		if (diff.sides[i].is_open)
			target_close(&diff.sides[i].target);
	}
	arena_fini(&diff.arena);
	filter_destroy(diff.filter);
	return status == OPTION_HELP ? COMMAND_DONE : status;
}

const struct command command_diff = {
	.name = "diff",
	.summary = "what differs between two snapshots of one program",
	.run = run_diff,
	.options = long_options,
	.operands = COMMAND_TAKES_FILES,
	.help = "usage: ttlog diff [OPTIONS] A B\n\n"
		"A and B are as for `ttlog view`. Compared are program, end (reason, fault,\n"
		"message), the crashed thread's stack by function, modules by build-id, limits,\n"
		"the last events by what they say, agent and system. What no two runs have in\n"
		"common is left out of it: pids, times, addresses, numbers in messages. Of what\n"
		"differs - is A's, + is B's.\n\n"
		"  --last N             events compared (default 50, at most 5000)\n"
		"  --exact              messages as they are, with their numbers\n"
		"  --json               one JSON object: from, to, same, differences\n"
		"  --color=WHEN         auto (default), always, never; --no-color: never\n\n"
		"Which events (all options must hold; of one given twice one is enough):\n" FILTER_HELP "\n"
		"Exit status: 0 the same, 1 they differ, 2 bad usage or no memory, 3 an input\n"
		"cannot be read.\n\n"
		"Examples:\n"
		"  ttlog diff monday.cbor.lz4 tuesday.cbor.lz4\n"
		"  ttlog diff --level warn A B && echo known crash\n",
};
