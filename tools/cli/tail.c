/*
 * ttlog tail: what living processes say, as they say it, read from their recorders.
 *
 * A round looks at each of them once and prints what is new, by time. What happened after the round began is held back until the
 * next, for another process whose turn was earlier may have said something before it.
 */
#include "clock_now.h"
#include "command.h"
#include "describe.h"
#include "filter.h"
#include "symbols.h"
#include "tail_lines.h"
#include "tail_source.h"
#include "terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define LAST_DEFAULT 10u
#define PAUSE_MIN_MS 5             /* between looks while there is something new */
#define PAUSE_MAX_MS 200           /* while there is not */
#define FIND_NS      2000000000ull /* should inotify miss something */

struct tail {
	struct live_choice choice;
	struct tail_sources sources;
	struct filter *filter;
	struct tail_print print;
	size_t last; /* events of before that are shown; SIZE_MAX: all */
	struct tail_lines lines;
	uint64_t found_ns;
	int signals;
	bool first, stop;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A round ----------------------------------------------------------------------------------------------------------------- */

/* NULL: out of memory, and an incomplete tail would not say so. */
static struct tail_notice *add_notice(struct tail *tail, const struct snapshot *snapshot, enum tail_rank rank, uint64_t time,
				      const char *kind)
{
	struct tail_notice *notice = tail_lines_add_notice(&tail->lines, snapshot, rank, time, kind);

	tail->stop |= !notice;
	return notice;
}

static void say_began(struct tail *tail, const struct tail_source *source, const struct snapshot *snapshot)
{
	struct tail_notice *notice = add_notice(tail, snapshot, TAIL_BEGAN,
						source->process.follow.view.header.clock.begin.realtime_ns, "began");
	if (notice)
		snprintf(notice->text, sizeof(notice->text), "began");
}

/* What was lost of it since the last round; of what came before us nobody asked. */
static void say_lost(struct tail *tail, struct tail_source *source, const struct snapshot *snapshot)
{
	const uint64_t missed = source->process.follow.missed, lost = missed - source->missed;
	const uint64_t time = snapshot->event_count ? snapshot->events[0].timestamp : now_ns(CLOCK_REALTIME);
	struct tail_notice *notice = NULL;

	if ((source->looked || source->early) && missed > source->missed)
		notice = add_notice(tail, snapshot, TAIL_LOST, time, "lost");
	source->missed = missed;
	if (!notice)
		return;
	notice->count = lost;
	snprintf(notice->text, sizeof(notice->text), "%" PRIu64 " event%s lost: written over before they were read", lost,
		 lost == 1 ? "" : "s");
}

/* Behind the last that it said, and before its successor's first: when it was gone nobody saw so exactly. */
static void say_ended(struct tail *tail, struct tail_source *source, const struct snapshot *snapshot)
{
	char text[sizeof(((struct tail_notice *)0)->text)];
	struct tail_notice *notice;

	tail_source_describe_end(source, text, sizeof(text));
	notice = *text ? add_notice(tail, snapshot, TAIL_ENDED, source->last_event_ns, "ended") : NULL;
	if (!notice)
		return;
	notice->time = now_ns(CLOCK_REALTIME);
	memcpy(notice->text, text, sizeof(text));
}

static bool look_at_one(struct tail *tail, struct tail_source *source)
{
	const bool begins = source->early && !source->looked && !source->resumed;
	const struct snapshot *snapshot = tail_source_look(source, now_ns(CLOCK_MONOTONIC));

	if (!snapshot) {
		source->ended = true;
		return true;
	}
	if (begins)
		say_began(tail, source, snapshot);
	say_lost(tail, source, snapshot);
	tail->stop |= !tail_lines_add_events(&tail->lines, tail->filter, snapshot);
	if (source->ended)
		say_ended(tail, source, snapshot);
	source->looked = true;
	return snapshot->event_count > 0 || source->ended;
}

static bool look_at_all(struct tail *tail)
{
	bool news = false;

	for (size_t i = 0; i < tail->sources.count; i++) {
		if (!tail->sources.sources[i]->ended)
			news |= look_at_one(tail, tail->sources.sources[i]);
	}
	return news;
}

/* Of the first round, which has all of before, only the last. */
static void print_lines(struct tail *tail, uint64_t until)
{
	tail_lines_print(&tail->lines, &tail->print, until, tail->first ? tail->last : SIZE_MAX);
	tail->first = false;
}

/* Those whose last look was a round ago: nothing of theirs is held back any more. */
static void drop_ended(struct tail *tail, size_t count, struct tail_source *const *ended)
{
	for (size_t n = 0; n < count; n++) {
		for (size_t i = 0; i < tail->sources.count; i++) {
			if (tail->sources.sources[i] == ended[n]) {
				tail_source_drop(&tail->sources, i);
				break;
			}
		}
	}
}

static bool play_round(struct tail *tail)
{
	const uint64_t until = now_ns(CLOCK_REALTIME);
	struct tail_source *ended[64];
	size_t count = 0;
	bool news;

	for (size_t i = 0; i < tail->sources.count && count < sizeof(ended) / sizeof(ended[0]); i++) {
		if (tail->sources.sources[i]->ended)
			ended[count++] = tail->sources.sources[i];
	}
	news = look_at_all(tail);
	print_lines(tail, until);
	drop_ended(tail, count, ended);
	if (fflush(stdout) != 0)
		tail->stop = true;
	return news || count || tail->lines.count;
}

/* Waiting ----------------------------------------------------------------------------------------------------------------- */

/* Until the pause is over, or somebody ends, begins, or stops us. A reader of ours that is gone is noticed without a word, too. */
static void wait_for_news(struct tail *tail, int pause_ms)
{
	struct pollfd *waited = calloc(tail->sources.count + 3, sizeof(*waited));
	size_t count = 0;

	if (!waited) {
		tail->stop = true;
		return;
	}
	waited[count++] = (struct pollfd){.fd = tail->signals, .events = POLLIN};
	waited[count++] = (struct pollfd){.fd = STDOUT_FILENO};
	waited[count++] = (struct pollfd){.fd = tail->sources.watch, .events = POLLIN};
	for (size_t i = 0; i < tail->sources.count; i++)
		waited[count++] = (struct pollfd){.fd = tail->sources.sources[i]->exit, .events = POLLIN};
	if (poll(waited, count, pause_ms) > 0) {
		tail->stop |= (waited[0].revents & POLLIN) || (waited[1].revents & (POLLERR | POLLHUP));
		tail->sources.again |= waited[2].revents & POLLIN;
	}
	free(waited);
}

static void find(struct tail *tail)
{
	const uint64_t now = now_ns(CLOCK_MONOTONIC);

	if (!tail->sources.again && now - tail->found_ns < FIND_NS)
		return;
	tail_sources_find(&tail->sources);
	tail->found_ns = now;
}

/* A number is one process's; a name may come again. */
static bool is_over(const struct tail *tail)
{
	return tail->stop || (tail->choice.pid && !tail->sources.count);
}

static void follow(struct tail *tail)
{
	int pause_ms = PAUSE_MIN_MS;

	while (!is_over(tail)) {
		if (play_round(tail))
			pause_ms = PAUSE_MIN_MS;
		else if (pause_ms < PAUSE_MAX_MS)
			pause_ms = pause_ms * 2 < PAUSE_MAX_MS ? pause_ms * 2 : PAUSE_MAX_MS;
		if (!is_over(tail))
			wait_for_news(tail, tail->sources.again ? 1 : pause_ms);
		if (!tail->stop)
			find(tail);
	}
}

/* Beginning --------------------------------------------------------------------------------------------------------------- */

static int take_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int check_found(const struct tail *tail)
{
	if (tail->sources.count)
		return COMMAND_DONE;
	if (tail->choice.pid)
		return command_error(&command_tail, COMMAND_NOTHING,
				     "%d: no recorder of this process (not run by ttlog, silent so far, another user's, or gone)",
				     (int)tail->choice.pid);
	fprintf(stderr, "ttlog tail: no process%s%s is recorded yet: waiting for one (^C ends)\n",
		tail->choice.service ? " of service " : "", tail->choice.service ? tail->choice.service : "");
	return COMMAND_DONE;
}

static int begin(struct tail *tail)
{
	int error = tail_sources_open(&tail->sources, &tail->choice), status;

	if (error)
		return command_error(&command_tail, COMMAND_NOTHING, "cannot watch /dev/shm: %s", strerror(-error));
	tail->first = true;
	tail->found_ns = now_ns(CLOCK_MONOTONIC);
	tail->signals = take_signals();
	status = check_found(tail);
	if (!status) {
		follow(tail);
		print_lines(tail, UINT64_MAX); /* also what was held back */
		fflush(stdout);
	}
	if (ferror(stdout))
		clearerr(stdout); /* who read us has gone: that is how one leaves a tail */
	tail_sources_close(&tail->sources);
	tail_lines_close(&tail->lines);
	return status;
}

static const struct option long_options[] = {
	{"all", no_argument, NULL, 'a'},
	{"last", required_argument, NULL, 'n'},
	{"n", required_argument, NULL, 'n'},
	{"f", no_argument, NULL, 'f'},
	{"json", no_argument, NULL, 'j'},
	{"utc", no_argument, NULL, 'u'},
	{"no-color", no_argument, NULL, 'c'},
	FILTER_COMING_OPTIONS,
	{NULL, 0, NULL, 0},
};

static int parse_last(struct tail *tail, const char *value)
{
	const bool all = strcmp(value, "all") == 0;
	char *end = NULL;

	errno = 0;
	tail->last = all ? SIZE_MAX : strtoul(value, &end, 10);
	if (!all && (value[0] < '0' || value[0] > '9' || *end || errno))
		return command_error(&command_tail, COMMAND_USAGE, "--last %s: not a number, nor \"all\"; see `ttlog tail --help`",
				     value);
	return COMMAND_DONE;
}

static int apply(struct tail *tail, int option, bool *all, bool *no_color)
{
	char error[FILTER_ERROR_BYTES];

	switch (option) {
	case 'a':
		*all = true;
		return COMMAND_DONE;
	case 'n':
		return parse_last(tail, optarg);
	case 'f':
		return COMMAND_DONE; /* what it does anyway */
	case 'j':
		tail->print.json = true;
		return COMMAND_DONE;
	case 'u':
		tail->print.utc = true;
		return COMMAND_DONE;
	case 'c':
		*no_color = true;
		return COMMAND_DONE;
	default:
		if (filter_option(tail->filter, option, optarg, error) == 0)
			return COMMAND_DONE;
		return command_error(&command_tail, COMMAND_USAGE, "%s; see `ttlog tail --help`", error);
	}
}

static int parse(struct tail *tail, int argc, char **argv)
{
	char error[FILTER_ERROR_BYTES];
	bool all = false, no_color = false;
	int option, status = COMMAND_DONE;

	while (!status && (option = command_option(&command_tail, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return OPTION_HELP;
		status = option == OPTION_BAD ? COMMAND_USAGE : apply(tail, option, &all, &no_color);
	}
	if (!status && filter_ready(tail->filter, error) != 0)
		status = command_error(&command_tail, COMMAND_USAGE, "%s; see `ttlog tail --help`", error);
	if (!status)
		filter_begin(tail->filter, clock_now(CLOCK_KIND_MONOTONIC).realtime_ns);
	if (!status)
		status = live_choose(&command_tail, &tail->choice, all, argc - optind, argv + optind);
	terminal_init(stdout, no_color ? TERMINAL_COLOUR_NEVER : TERMINAL_COLOUR_AUTO);
	return status;
}

static int run_tail(int argc, char **argv)
{
	struct tail tail = {.last = LAST_DEFAULT, .filter = filter_create()};
	int status;

	if (!tail.filter)
		return command_error(&command_tail, COMMAND_USAGE, "out of memory");
	status = parse(&tail, argc, argv);
	tail.print.symbols = status ? NULL : symbols_create(&(struct symbols_options){.cache = true});
	if (!status)
		status = begin(&tail);
	symbols_destroy(tail.print.symbols);
	filter_destroy(tail.filter);
	return status == OPTION_HELP ? COMMAND_DONE : status;
}

const struct command command_tail = {
	.name = "tail",
	.summary = "what living processes say, as they say it",
	.run = run_tail,
	.options = long_options,
	.operands = COMMAND_TAKES_PROCESS,
	.help = "usage: ttlog tail [OPTIONS] PID|SERVICE|--all\n\n"
		"Follows recorded processes of this user (root: of all) until ^C: all of that\n"
		"SERVICE, those that begin later too; one by PID until it ends. Their recorders\n"
		"are read and nothing else: they notice nothing. Several are merged by time. When\n"
		"one begins, ends, or was so fast that events were written over before they were\n"
		"read, a line says so.\n\n"
		"  -n, --last N    events of before that are shown first (default 10, or \"all\");\n"
		"                  -f: as always\n"
		"  --json          one JSON object a line: an event with service and pid, or a\n"
		"                  \"notice\"\n"
		"  --utc           times in UTC (default: local)\n"
		"  --no-color      no colour (also: NO_COLOR=1)\n\n" FILTER_COMING_HELP "\n"
		"Exit status 1: no such PID. A process that lives for milliseconds only may be\n"
		"missed. Debug information is read when the first line of a program is shown: a\n"
		"great deal of it holds all lines up, once; what is written over meanwhile is\n"
		"counted.\n\n"
		"Examples:\n"
		"  ttlog tail nginx\n"
		"  ttlog tail --all --level warn\n"
		"  ttlog tail --last all --json 4711 | jq -r .message\n",
};
