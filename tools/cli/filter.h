/*
 * filter.h - which events are shown: the options that view, tail and grep have in common, and the judgement event by event.
 *
 * Options of different kinds must all hold. Of one kind that is given more than once, one is enough; --kv asks that of each
 * key; of --not-grep none may match. --since and --until bound a span, --around another; the last one given counts.
 *
 * Use: filter_create, filter_option for each option that filter_knows, filter_ready once, filter_begin for each stream of
 * events, filter_matches for each event. Single-threaded. Errors are -EINVAL (or -ENOMEM) with a text that names the option
 * and its value: "--grep a(b: missing closing parenthesis at offset 3".
 */
#ifndef TTLOG_CLI_FILTER_H
#define TTLOG_CLI_FILTER_H

#include "snapshot.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

enum filter_option {
	FILTER_LEVEL = 0x200, /* no letter, so that it meets no option of a command's own */
	FILTER_GREP,
	FILTER_NOT_GREP,
	FILTER_IGNORE_CASE,
	FILTER_SOURCE,
	FILTER_TID,
	FILTER_THREAD_NAME,
	FILTER_TARGET,
	FILTER_KV,
	FILTER_SINCE,
	FILTER_UNTIL,
	FILTER_AROUND,
	FILTER_END,
};

/* Rows for the table of command_option(); of events that are met while they come, which have no numbers, those without --around. */
/* clang-format off */
#define FILTER_COMING_OPTIONS                                                                                                      \
	{"level", required_argument, NULL, FILTER_LEVEL}, {"grep", required_argument, NULL, FILTER_GREP},                          \
		{"not-grep", required_argument, NULL, FILTER_NOT_GREP}, {"ignore-case", no_argument, NULL, FILTER_IGNORE_CASE},    \
		{"i", no_argument, NULL, FILTER_IGNORE_CASE}, {"source", required_argument, NULL, FILTER_SOURCE},                  \
		{"tid", required_argument, NULL, FILTER_TID}, {"thread-name", required_argument, NULL, FILTER_THREAD_NAME},        \
		{"target", required_argument, NULL, FILTER_TARGET}, {"kv", required_argument, NULL, FILTER_KV},                    \
		{"since", required_argument, NULL, FILTER_SINCE}, {"until", required_argument, NULL, FILTER_UNTIL}
#define FILTER_OPTIONS FILTER_COMING_OPTIONS, {"around", required_argument, NULL, FILTER_AROUND}
/* clang-format on */

/* Their lines of --help. */
#define FILTER_COMING_HELP                                                                                                         \
	"  --level L            level L and above: trace debug info warn error fatal\n"                                            \
	"  --grep RE            the message matches the Perl-compatible regular\n"                                                 \
	"                       expression; -i, --ignore-case: in any case\n"                                                      \
	"  --not-grep RE        it does not\n"                                                                                     \
	"  --source S           came through S: macro stdout stderr write1 write2 syslog\n"                                        \
	"                       abort agent file journal throw\n"                                                                  \
	"  --tid N              of thread N; --thread-name NAME: of threads so named (*\n"                                         \
	"                       and ? as in the shell)\n"                                                                          \
	"  --target NAME        of that target, and of those below it (net: net.tls); *\n"                                         \
	"                       and ? as in the shell\n"                                                                           \
	"  --kv KEY=VALUE       has this value; --kv KEY: has any\n"                                                               \
	"  --since T            from T on: \"2026-11-23 13:37:40.5\" (local; with Z: UTC),\n"                                      \
	"                       \"13:37\", or from the end: -5s, -200ms\n"                                                         \
	"  --until T            up to T\n"
#define FILTER_HELP                                                                                                                \
	FILTER_COMING_HELP                                                                                                         \
	"  --around N[,COUNT]   event number N (`ttlog view --numbers` shows it) and\n"                                            \
	"                       COUNT (10) before and after it\n"

#define FILTER_ERROR_BYTES 512u

struct filter;

struct filter *filter_create(void); /* NULL: no memory. It matches everything */
void filter_destroy(struct filter *filter);

bool filter_knows(int option);
/* `value` is not kept. */
int filter_option(struct filter *filter, int option, const char *value, char error[FILTER_ERROR_BYTES]);
/* After the last option, once: the patterns, which --ignore-case may follow, are compiled here. */
int filter_ready(struct filter *filter, char error[FILTER_ERROR_BYTES]);

/* False: every event matches. */
bool filter_is_set(const struct filter *filter);
bool filter_is_around(const struct filter *filter);
/* True: it cannot be begun before the end is known (--since -5s, a time of day). */
bool filter_needs_end(const struct filter *filter);

/* The end of the events that follow, ns since 1970-01-01 UTC: of a snapshot created_at, of something that goes on: now. */
void filter_begin(struct filter *filter, uint64_t end_ns);

/* `number`: of the event among all, from 1, for --around; 0 where events have none. */
bool filter_matches(struct filter *filter, const struct snapshot_event *event, uint64_t number);

/* Messages that a pattern could not be tried on to the end, because that would have taken too long: they count as no match. */
uint64_t filter_gave_up(const struct filter *filter);

#endif
