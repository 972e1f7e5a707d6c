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
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct run_options {
	const char *service, *storage, *keep; /* NULL: not given */
	const char *on_exit_name;
	enum on_exit on_exit;
	uint64_t timeout_ns; /* 0: none */
	bool quiet;
	char **command; /* CMD ARGS NULL */
};

#define RUN_ID_BYTES 32u

struct run_end {
	pid_t pid;
	int status;        /* of wait() */
	uint64_t ended_ns; /* CLOCK_REALTIME, when we learned of it */
};

struct run {
	struct run_options options;
	char home[PATH_MAX];    /* directory of the ttlog binary */
	char storage[PATH_MAX]; /* absolute */
	char id[RUN_ID_BYTES];
	struct oom_count oom;   /* before the start */
	pid_t child;
	int status;             /* of wait(), of the child */
	bool timed_out;
	bool unreachable;  /* the agent cannot be in it */
	bool recorded;     /* CMD left a recorder file */
	uint64_t began_ns; /* CLOCK_REALTIME */
	struct run_end *reaped; /* everybody whom we waited for */
	size_t reaped_count;
};

/* run_environment.c: sets LD_PRELOAD (unless `preload` is false) and TTLOG_*. 0, or the exit status after the error was printed. */
int run_prepare(struct run *run, bool preload);

/* run_child.c: starts CMD and waits until it has ended. 0, or the exit status after the error was printed. */
int run_child(struct run *run, const char *path);

/* run_timeout.c: the time is up: snapshot of the child. */
void run_capture_timeout(struct run *run);
/* After the child has ended. */
void run_forget_timeout(const struct run *run);

/* run_collect.c: snapshots of those of this run that died without one; removes their recorder files. */
void run_collect(struct run *run);

/* run_silent.c: fills a snapshot of CMD itself, which died without ever having had a recorder. */
struct snapshot;
void run_describe_silent(const struct run *run, struct snapshot *snapshot);

/* A process that we reaped, or NULL. */
const struct run_end *run_end_of(const struct run *run, pid_t pid);

#endif
