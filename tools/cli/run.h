/*
 * run.h - `ttlog run` in parts: prepare the environment, start and wait, collect what the dead left.
 *
 * Single-threaded.
 */
#ifndef TTLOG_CLI_RUN_H
#define TTLOG_CLI_RUN_H

#include "oom.h"
#include "variables.h"

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { RUN_FAILED = 125 }; /* exit status: `ttlog run` itself, as of timeout(1) */

struct recorder_header;
struct run_captured; /* run_timeout.c */

struct run_options {
	const char *service, *storage, *keep; /* NULL: not given */
	const char *on_exit_name;
	enum on_exit on_exit;
	uint64_t timeout_ns;    /* 0: none */
	uint64_t process_ns;    /* the same of each process by itself */
	uint64_t kill_after_ns; /* from SIGTERM to SIGKILL; 0: never */
	uint64_t interval_ns;   /* between snapshots of a living process; 0: none */
	bool has_interval;      /* by option */
	uint32_t max_snapshots; /* of deaths, the first ones */
	bool has_max_snapshots;
	bool only_failures; /* snapshots go where CMD did not fail */
	bool until_failure;
	uint32_t jobs, max_runs; /* of it: at a time; in all, 0: any number */
	uint64_t for_ns;         /* 0: without end */
	bool quiet;
	char **command; /* CMD ARGS NULL */
};

#define RUN_ID_BYTES 32u

struct run_end {
	pid_t pid;
	int status;          /* of wait() */
	uint64_t ended_ns;   /* CLOCK_REALTIME, when we learned of it */
	uint64_t peak_bytes; /* of its resident memory */
};

/* What a time-out has come to. */
enum run_stage { RUN_IN_TIME, RUN_TERMINATED, RUN_KILLED, RUN_GIVEN_UP };

struct run {
	struct run_options options;
	uint32_t keep_snapshots, keep_mb; /* of TTLOG_KEEP, for what is written here */
	char home[PATH_MAX];              /* directory of the ttlog binary */
	char capture[PATH_MAX];           /* ttlog-capture; empty: not found */
	char storage[PATH_MAX];           /* absolute */
	char id[RUN_ID_BYTES];
	struct oom_count oom; /* before the start */
	pid_t child;
	int status;           /* of wait(), of the child */
	bool ended;           /* the child has, and its number may be somebody else's by now */
	bool stopped;         /* the child is */
	int stop_signal;      /* by which; 0: that was dealt with */
	pid_t terminal_group; /* its process group, where that is its own and had the terminal as it stopped; 0: no */
	enum run_stage stage;
	bool needed_kill;              /* the child had not ended of SIGTERM */
	struct run_captured *captured; /* of whom there is a snapshot of the time-out */
	size_t captured_count;
	struct run_watched *watched; /* whose own time runs: run_process_time.c */
	size_t watched_count, watched_room;
	bool own_time_is_up;    /* the child's */
	const bool *unwanted;   /* another process says: true, and it shall end and leave nothing. NULL: nobody does */
	bool unreachable;       /* the agent cannot be in it */
	bool nested;            /* CMD is a `ttlog` itself: a run in it has answered the death that it passes on */
	bool recorded;          /* CMD left a recorder file */
	uint64_t began_ns;      /* CLOCK_REALTIME */
	pid_t watcher;          /* child that makes the snapshots of --interval; 0: none */
	bool watcher_began;     /* it was there once */
	struct run_end *reaped; /* everybody whom we waited for */
	size_t reaped_count;
};

static inline bool run_is_timed_out(const struct run *run)
{
	return run->stage != RUN_IN_TIME;
}

/* By the time of the run, or by its own. */
static inline bool run_cmd_is_timed_out(const struct run *run)
{
	return run_is_timed_out(run) || run->own_time_is_up;
}

static inline bool run_is_unwanted(const struct run *run)
{
	return run->unwanted && __atomic_load_n(run->unwanted, __ATOMIC_RELAXED);
}

/* run.c: all of it, once. The exit status; does not come back where CMD died of a signal. */
int run_once(struct run *run);
int run_end_like(int status); /* of wait() */

/* run_environment.c: sets LD_PRELOAD (unless `preload` is false) and TTLOG_*. 0, or the exit status after the error was printed. */
int run_prepare(struct run *run, bool preload);
/* One of them; NULL: it stays as it is. As above. */
int run_set(const char *name, const char *value);

/* run_child.c: starts CMD and waits until it has ended. 0, or the exit status after the error was printed. */
int run_child(struct run *run, const char *path);
/* Takes note of all children whose state has changed. */
void run_reap(struct run *run);
uint64_t run_now_ns(void); /* CLOCK_MONOTONIC */

/* run_signals.c: what the program must find as it was before us. */
struct run_signals {
	sigset_t mask, waited;
	struct sigaction child, pipe;
};

/* From here on signals wait for run_signals_next(). */
void run_signals_take(struct run_signals *signals);
void run_signals_give_back(const struct run_signals *signals);
/* The next signal; 0 where `until` (of run_now_ns(); 0: never) came first. */
int run_signals_next(const struct run_signals *signals, uint64_t until, siginfo_t *info);
/* One that was sent to us, to the child. */
void run_signals_forward(const struct run *run, const siginfo_t *info);
/* The child has stopped by this signal: so do we, that the shell above sees it. Comes back when we go on. */
void run_signals_stop_like(struct run *run, int signal);
/* The child goes on, with the terminal that it had. */
void run_signals_continue(struct run *run);
/* Takes back a SIGCONT that waits for run_signals_next(). */
bool run_signals_was_continued(void);

/*
 * run_tree.c: who descends from us. We are their subreaper: whoever is orphaned, in whatever session or process group, comes to us.
 */
enum run_role { RUN_PROGRAM, RUN_HELPER, RUN_NESTED }; /* RUN_HELPER: ttlog-capture; RUN_NESTED: another ttlog */

struct run_process {
	pid_t pid, parent;
	enum run_role role;
	uint64_t started; /* in ticks since the boot: with the pid, which process it is */
	uint64_t waited;  /* grows with each child that it waited for */
};

struct run_tree {
	struct run_process *processes; /* living ones, parents before their children */
	size_t count, room;
};

void run_tree_open(struct run_tree *tree, const struct run *run);
void run_tree_close(struct run_tree *tree);
bool run_tree_has(const struct run *run, enum run_role role);
bool run_tree_descends(pid_t pid); /* from us, directly or not */
/* It has not ended, and its number is not somebody else's. */
bool run_tree_is_there(const struct run_process *process);

/* run_timeout.c: the time is up: snapshots of all, SIGTERM, SIGKILL. Returns when to come again. */
uint64_t run_time_is_up(struct run *run);
/* The same without snapshots; again: SIGKILL at once. */
uint64_t run_end_now(struct run *run);
/* The same for one process, in no more than `limit_ns`; `time_ns` is what it has had. */
void run_capture_hung(struct run *run, const struct run_process *process, uint64_t time_ns, uint64_t limit_ns);
bool run_is_captured(const struct run *run, pid_t pid);
/* By the number and the pid namespace that its recorder has. */
bool run_is_recorder_captured(const struct run *run, const struct recorder_header *header);
/* After the tree has ended. */
void run_forget_timeout(struct run *run);

/* run_process_time.c: ends those whose own time is up. Returns when to come again. */
uint64_t run_look_at_times(struct run *run);
/* Somebody was asked to end, and has not. Looks. */
bool run_is_ending_some(struct run *run);
/* After CMD has ended. */
void run_forget_times(struct run *run);

/* run_end_mark.c: "these end because their time is up", where the agents of the tree look (RECORDER_ENDED). */
void run_mark_end(const struct run *run);
void run_unmark_end(const struct run *run);
/* Of one process. */
void run_mark_end_of(const struct run *run, pid_t pid);
void run_unmark_end_of(const struct run *run, pid_t pid);
/* Removes files RECORDER_... of runs that were killed themselves. */
void run_sweep(const char *names);
/* A run around ours has marked ours, or the process: it has the snapshot. */
bool run_is_ended_from_above(const struct run *run, pid_t pid);

/* run_interval.c: a child that makes snapshots of the living, from now on until it is stopped. */
void run_interval_start(struct run *run);
void run_interval_stop(struct run *run);
/* Removes those of processes that have ended since, where their end is told. */
void run_interval_tidy(const struct run *run);
/* A snapshot, by its name, that is no death's. */
bool run_is_of_interval(const char *path);

/* run_late.c: waits, bounded, for helpers that still write. */
void run_await_helpers(struct run *run);
/* One writes still, of the process `pid`. */
bool run_has_late_helper(const struct run *run, pid_t pid);

/* run_collect.c: snapshots of those of this run that died without one; removes their recorder files. */
void run_collect(struct run *run);

/* run_summary.c: what died, on standard error; `died`: how many, of whom some may have no snapshot. */
struct run_deaths;
void run_summarize(const struct run *run, const struct run_deaths *deaths, size_t died);

/* run_end.c: from here on deaths are counted. 0, or the exit status after the error was printed. */
int run_count_deaths(struct run *run);
/* What of the run's snapshots is kept, and what is said of them. */
void run_conclude(const struct run *run);

/* run_silent.c: fills a snapshot of CMD itself, which died without ever having had a recorder. */
struct snapshot;
void run_describe_silent(const struct run *run, struct snapshot *snapshot);

/* A process that we reaped, or NULL. */
const struct run_end *run_end_of(const struct run *run, pid_t pid);

#endif
