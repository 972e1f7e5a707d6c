/*
 * event_filter.h - which events of a stream are shown.
 *
 * Options of different kinds must all hold; of one kind the last one given counts. Single-threaded.
 */
#ifndef TTLOG_CLI_EVENT_FILTER_H
#define TTLOG_CLI_EVENT_FILTER_H

#include "snapshot.h"

#include <getopt.h>
#include <stdbool.h>

enum event_filter_option {
	EVENT_FILTER_LEVEL = 0x200, /* no letter, so that it meets no option of a command's own */
	EVENT_FILTER_GREP,
	EVENT_FILTER_SOURCE,
	EVENT_FILTER_TID,
	EVENT_FILTER_TARGET,
	EVENT_FILTER_KV,
};

/* Rows for the table of command_option(), and their lines of --help. */
#define EVENT_FILTER_OPTIONS                                                                                                       \
	{"level", required_argument, NULL, EVENT_FILTER_LEVEL}, {"grep", required_argument, NULL, EVENT_FILTER_GREP},              \
		{"source", required_argument, NULL, EVENT_FILTER_SOURCE}, {"tid", required_argument, NULL, EVENT_FILTER_TID},      \
		{"target", required_argument, NULL, EVENT_FILTER_TARGET},                                                          \
	{                                                                                                                          \
		"kv", required_argument, NULL, EVENT_FILTER_KV                                                                     \
	}
#define EVENT_FILTER_HELP                                                                                                          \
	"  --level L       only events of level L and above: trace debug info warn error fatal\n"                                  \
	"  --grep RE       only events whose message matches the extended regular expression\n"                                    \
	"  --source S      only events that came through S: macro stdout stderr write1 write2 syslog abort agent file journal\n"   \
	"  --tid N         only events of thread N\n"                                                                              \
	"  --target T      only events of target T\n"                                                                              \
	"  --kv KEY=VALUE  only events with this value; KEY: with any\n"

#define EVENT_FILTER_ERROR_BYTES 256u

struct event_filter;

struct event_filter *event_filter_create(void); /* NULL: no memory. It matches everything */
void event_filter_destroy(struct event_filter *filter);

/* `value` has to stay. 0, or -EINVAL and a text: "--level loud: none of trace debug ...". */
int event_filter_set(struct event_filter *filter, int option, const char *value, char error[EVENT_FILTER_ERROR_BYTES]);

bool event_filter_matches(const struct event_filter *filter, const struct snapshot_event *event);

#endif
