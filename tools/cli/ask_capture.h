/*
 * ask_capture.h - ttlog-capture asked for the snapshot of a living process, bounded in time.
 *
 * Single-threaded; the caller does not ignore SIGCHLD.
 */
#ifndef TTLOG_CLI_ASK_CAPTURE_H
#define TTLOG_CLI_ASK_CAPTURE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct ask_capture {
	pid_t pid;
	uint64_t started;             /* live_started(): it must be that process; 0: whoever has the number */
	const char *reason, *storage; /* storage NULL: where its recorder says */
	const char *run;              /* id of the `ttlog run` that asks; NULL: none */
	uint64_t limit_ns;            /* then the helper is ended, and the process goes on */
	bool deaf;                    /* signals of the terminal mean the program, not its snapshot */
};

/* 0 and the path of the snapshot; -ETIMEDOUT; -ENOMEM or -EIO, with what the helper said: one line, "" where it said nothing. */
int ask_capture(const struct ask_capture *ask, char path[PATH_MAX], char why[PATH_MAX]);

#endif
