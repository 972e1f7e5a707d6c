/* ttlog ps: the processes that are recorded now, and those that are gone and wait for `ttlog recover`. */
#include "command.h"
#include "describe.h"
#include "live.h"
#include "snapshot.h"
#include "stream.h"
#include "terminal.h"
#include "user_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SAMPLE_NS 250000000ull /* events of so long make the rate */

struct row {
	const struct live_process *process;
	const char *service, *state;
	char user[64];
	uint64_t began_ns, age_ns; /* CLOCK_REALTIME; of one that is gone, its recorder */
	uint64_t memory;           /* bytes that its recorder takes */
	uint64_t overwritten;      /* of the events that were recorded, those that are there no more */
	struct follow_counts counts;
	double rate; /* events a second */
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static const char *state_of(const struct live_process *process)
{
	switch (process->follow.view.header.state) {
	case RECORDER_DYING:
		return process->alive ? "dying" : "recover";
	case RECORDER_CAPTURED:
		return process->alive ? "dying" : "captured";
	case RECORDER_EXITED:
		return "exited";
	case RECORDER_REPLACED:
		return "replaced";
	default:
		return process->alive ? "live" : "recover";
	}
}

static void set_user(struct row *row)
{
	const char *name = user_name(row->process->uid);

	if (name)
		snprintf(row->user, sizeof(row->user), "%s", name);
	else
		snprintf(row->user, sizeof(row->user), "%u", (unsigned)row->process->uid);
}

static void fill(struct row *row, const struct live_process *process)
{
	const struct recorder_header *header = &process->follow.view.header;
	const uint64_t now = now_ns(CLOCK_REALTIME), started = process->alive ? live_started_ns(process->pid) : 0;
	struct stat status;

	*row = (struct row){.process = process, .service = live_service(process), .state = state_of(process)};
	row->counts = recorder_follow_counts(&process->follow);
	row->began_ns = header->clock.begin.realtime_ns;
	if (started) /* its recorder was made at its first word only */
		row->began_ns = started;
	row->age_ns = now > row->began_ns ? now - row->began_ns : 0;
	if (fstat(process->follow.fd, &status) == 0)
		row->memory = (uint64_t)status.st_blocks * 512;
	set_user(row);
}

/* Counts what can be read and is thrown away: only so is known what is there no more. */
static void ignore(void *context, const struct record *record)
{
	(void)context;
	(void)record;
}

static void count_overwritten(struct row *row, struct live_process *process)
{
	if (recorder_follow_look(&process->follow, now_ns(CLOCK_MONOTONIC), ignore, NULL) == 0)
		row->overwritten = process->follow.missed < row->counts.recorded ? process->follow.missed : row->counts.recorded;
}

/* Rates of all over the same short time. */
static void measure(struct live_list *list, struct row *rows)
{
	const struct timespec sample = {SAMPLE_NS / 1000000000u, SAMPLE_NS % 1000000000u};
	uint64_t began, took;

	began = now_ns(CLOCK_MONOTONIC);
	for (size_t i = 0; i < list->count; i++) {
		recorder_follow_count(&list->processes[i].follow);
		rows[i].counts = recorder_follow_counts(&list->processes[i].follow);
	}
	nanosleep(&sample, NULL);
	took = now_ns(CLOCK_MONOTONIC) - began;
	for (size_t i = 0; i < list->count; i++) {
		const uint64_t before = rows[i].counts.recorded;
		if (recorder_follow_count(&list->processes[i].follow) != 0)
			continue;
		rows[i].counts = recorder_follow_counts(&list->processes[i].follow);
		rows[i].rate = (double)(rows[i].counts.recorded - before) * 1e9 / (double)took;
	}
	for (size_t i = 0; i < list->count; i++)
		count_overwritten(&rows[i], &list->processes[i]);
}

/* Output ------------------------------------------------------------------------------------------------------------------- */

static void print_column(const char *string, size_t columns)
{
	size_t used = terminal_string(stdout, string, columns);

	printf("%*s  ", used < columns ? (int)(columns - used) : 0, "");
}

static void print_row(const struct row *row)
{
	char age[64], memory[32];
	bool waits = !strcmp(row->state, "recover");

	describe_duration(row->age_ns, age);
	describe_bytes(row->memory, memory);
	print_column(*row->service ? row->service : "-", 16);
	printf("%8d  ", (int)row->process->pid);
	print_column(row->user, 10);
	printf("%14s  %10" PRIu64 "  %9.0f  %11" PRIu64 "  %7" PRIu64 "  %9s  ", age, row->counts.recorded, row->rate,
	       row->overwritten, row->counts.dropped, memory);
	terminal_printf(stdout, waits ? PAINT_RED : PAINT_NONE, "%s\n", waits ? "gone: see `ttlog recover`" : row->state);
}

static void print_heading(void)
{
	terminal_printf(stdout, PAINT_BOLD, "%-16s  %8s  %-10s  %14s  %10s  %9s  %11s  %7s  %9s  %s\n", "SERVICE", "PID", "USER",
			"AGE", "EVENTS", "EVENTS/S", "OVERWRITTEN", "DROPPED", "MEMORY", "STATE");
}

static void print_json_string(const char *name, const char *value)
{
	printf("\"%s\": ", name);
	snapshot_print_json_text(stdout, value, strlen(value));
	fputs(", ", stdout);
}

static void print_json_row(const struct row *row)
{
	printf("{");
	print_json_string("service", row->service);
	printf("\"pid\": %d, ", (int)row->process->pid);
	print_json_string("user", row->user);
	print_json_string("state", row->state);
	print_json_string("recorder", row->process->path);
	printf("\"began_at\": %" PRIu64 ", \"age\": %" PRIu64 ", \"recorded\": %" PRIu64 ", \"overwritten\": %" PRIu64
	       ", \"dropped\": %" PRIu64 ", \"truncated\": %" PRIu64 ", \"rate\": %.1f, \"threads\": %u, \"memory\": %" PRIu64
	       "}\n",
	       row->began_ns, row->age_ns, row->counts.recorded, row->overwritten, row->counts.dropped, row->counts.truncated,
	       row->rate, row->counts.threads, row->memory);
}

static int show(struct live_list *list, bool json)
{
	struct row *rows = calloc(list->count + 1, sizeof(*rows));

	if (!rows)
		return command_error(&command_ps, COMMAND_USAGE, "out of memory");
	for (size_t i = 0; i < list->count; i++)
		fill(&rows[i], &list->processes[i]);
	measure(list, rows);
	if (!json)
		print_heading();
	for (size_t i = 0; i < list->count; i++) {
		if (json)
			print_json_row(&rows[i]);
		else
			print_row(&rows[i]);
	}
	free(rows);
	return COMMAND_DONE;
}

static int find_none(const struct live_choice *choice)
{
	if (choice->pid)
		return command_error(&command_ps, COMMAND_NOTHING, "%ld: no such process is recorded", (long)choice->pid);
	if (choice->service)
		return command_error(&command_ps, COMMAND_NOTHING, "service %s: no such process is recorded", choice->service);
	return command_error(&command_ps, COMMAND_NOTHING, "no process is recorded");
}

static int list_chosen(const struct live_choice *choice, bool json)
{
	struct live_list list;
	int error = live_open(&list, choice, true), status;

	if (error)
		status = command_error(&command_ps, COMMAND_BAD_FILE, "/dev/shm: %s", strerror(-error));
	else if (!list.count)
		status = find_none(choice);
	else
		status = show(&list, json);
	live_close(&list);
	return status;
}

static const struct option long_options[] = {
	{"json", no_argument, NULL, 'j'}, {"no-color", no_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};

static int run_ps(int argc, char **argv)
{
	bool json = false, no_color = false;
	struct live_choice choice;
	int option, status;

	while ((option = command_option(&command_ps, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return COMMAND_DONE;
		if (option == OPTION_BAD)
			return COMMAND_USAGE;
		json |= option == 'j';
		no_color |= option == 'c';
	}
	status = live_choose(&command_ps, &choice, argc == optind, argc - optind, argv + optind);
	if (status)
		return status;
	terminal_init(stdout, no_color ? TERMINAL_COLOUR_NEVER : TERMINAL_COLOUR_AUTO);
	return list_chosen(&choice, json);
}

const struct command command_ps = {
	.name = "ps",
	.summary = "the processes that are recorded now, and what their recorders hold",
	.run = run_ps,
	.options = long_options,
	.operands = COMMAND_TAKES_PROCESS,
	.help = "usage: ttlog ps [--json] [--no-color] [PID|SERVICE]\n\n"
		"Lists the processes of this user (root: of all) that have a recorder: events\n"
		"since they began and in the last quarter of a second, how many of them are\n"
		"overwritten by now and how many found no place, memory of the recorder. Those\n"
		"that are gone without a snapshot are marked: `ttlog recover` makes it. The\n"
		"processes notice nothing.\n\n"
		"  --json      one JSON object a line; times in ns, memory in bytes\n"
		"  --no-color  no colour (also: NO_COLOR=1)\n\n"
		"Exit status 1: there is none.\n\n"
		"Examples:\n"
		"  ttlog ps\n"
		"  ttlog ps --json | jq 'select(.dropped > 0).service'\n",
};
