/*
 * tail_source.h - the processes that `ttlog tail` follows: found, read look by look, told apart from what they become, ended.
 *
 * New recorders are noticed by inotify, ends by pidfds or else in /proc; the recorders themselves are looked at by who calls, for writing to
 * memory wakes nobody. Single-threaded.
 */
#ifndef TTLOG_CLI_TAIL_SOURCE_H
#define TTLOG_CLI_TAIL_SOURCE_H

#include "live.h"
#include "recorder_events.h"
#include "snapshot.h"
#include "tail_modules.h"

struct tail_source {
	struct live_process process;
	struct recorder_events *events;
	struct snapshot rounds[2]; /* of the last two looks: what is held back lives for one more */
	unsigned round;
	struct redaction *redaction; /* NULL: nothing has been said yet */
	struct tail_modules modules;
	struct spans *spans; /* NULL: it had none so far */
	uint64_t missed;     /* that was said already */
	bool living;         /* false: it has ended */
	int exit;            /* pidfd; -1: it has ended, or there is none to be had */
	uint64_t started;    /* live_started(); 0: not known */
	uint64_t last_event_ns;
	bool looked;        /* once at least */
	bool resumed;       /* it goes on where another recorder of the process was left */
	bool early;         /* from its beginning */
	bool ended;         /* nothing comes any more, and what came was handed out */
	const char *became; /* what its end is called where another source has taken its place; "": nothing is said */
};

struct tail_sources {
	struct live_choice choice;
	struct tail_source **sources;
	size_t count, room;
	int watch;      /* inotify */
	int watches;    /* the last of its watches */
	unsigned tries; /* since inotify told something */
	bool again;     /* one was being made when we looked: look again */
	bool started;   /* what is found from now on is new */
	char **refused; /* paths that are not followed */
	size_t refused_count, refused_room;
};

/* 0 or -errno. */
int tail_sources_open(struct tail_sources *sources, const struct live_choice *choice);
void tail_sources_close(struct tail_sources *sources);

/* Takes up what is new: called at the beginning, and when `watch` is readable or `again` set. */
void tail_sources_find(struct tail_sources *sources);

/* Looks at one. Its new events are in the snapshot that is returned, by time, redacted, lines joined, spans nested, with its modules; NULL: it cannot be read. */
struct snapshot *tail_source_look(struct tail_source *source, uint64_t now_ns);

/* "died of SIGSEGV; snapshot PATH": how its process ended, as its recorder says. "": there is nothing to say. */
void tail_source_describe_end(struct tail_source *source, char *text, size_t bytes);

/* Forgets it. */
void tail_source_drop(struct tail_sources *sources, size_t index);

#endif
