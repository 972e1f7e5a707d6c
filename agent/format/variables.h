/*
 * variables.h - the one table of TTLOG_ environment variables.
 *
 * The agent reads its environment by it, `ttlog run` checks by it, `ttlog env` prints it. A row is
 *	X(NAME, kind, default, unit, meaning)
 * Parsing is pure and async-signal-safe: no allocation, no locale, no system call. No row is read by a secure-exec (set-uid)
 * process: there the agent switches itself off before it looks at the environment.
 */
#ifndef TTLOG_FORMAT_VARIABLES_H
#define TTLOG_FORMAT_VARIABLES_H

#include "levels.h"

#include <stdbool.h>
#include <stdint.h>

enum variable_kind { VARIABLE_TEXT, VARIABLE_NUMBER, VARIABLE_SWITCH, VARIABLE_LEVEL, VARIABLE_LIST, VARIABLE_CHOICE };

#define TTLOG_VARIABLES(X)                                                                                                         \
	X(SERVICE, TEXT, "program name", "", "name in the snapshot and in its file name")                                          \
	X(STORAGE, TEXT, "./tmp", "directory", "where snapshots are written; made when the first one is")                          \
	X(CAPACITY, NUMBER, "8192", "events", "history of each thread, 256 to 1048576; rounded up to a power of two")              \
	X(LANES, NUMBER, "32", "threads", "with a history of their own, 1 to 1024; further ones share the history of two")         \
	X(LEVEL, LEVEL, LEVELS_DEFAULT, "level",                                                                                   \
	  "which macro events are recorded: trace debug info warn error fatal off; warn,net=debug")                                \
	X(CAPTURE, LIST, "stdout,stderr,syslog,journal,abort,files:*.log", "list",                                                 \
	  "what is recorded of what an unmodified program says; files:GLOB are log files of its own; throw: C++ exceptions; none") \
	X(SIGNALS, LIST, "SEGV,BUS,ILL,FPE,ABRT,TRAP,SYS,INT,TERM,QUIT,HUP", "list", "signals whose deaths are captured; none")    \
	X(ON_EXIT, CHOICE, "never", "never|failure|always", "under `ttlog run`: snapshot also when CMD exits")                     \
	X(CAPTURE_TIMEOUT, NUMBER, "5000", "ms", "longest wait of a dying process for its snapshot, 100 to 60000")                 \
	X(KEEP, TEXT, "100,1000", "snapshots,MB", "kept per storage directory, oldest removed first; 0 = no limit")                \
	X(LISTENERS, LIST, "none", "list",                                                                                         \
	  "who is handed the events while the program runs: file:PATH stdout stderr syslog journald ... separated by ';'")         \
	X(INTERVAL, NUMBER, "60", "s", "between periodic snapshots where the program or `ttlog run` makes some; 0 = none")         \
	X(CHANNEL_CAPACITY, NUMBER, "16", "requests", "for snapshots that may wait for their turn, 1 to 1024")                     \
	X(REDACT, LIST, "builtin", "list",                                                                                         \
	  "taken out of snapshots: builtin (common secrets), file:PATH (POSIX extended expressions), none")                        \
	X(QUIET, SWITCH, "0", "0|1", "1: no line on standard error that names the snapshot")                                       \
	X(DISABLE, SWITCH, "0", "0|1", "1: the agent does nothing at all")                                                         \
	X(DEBUG, SWITCH, "0", "0|1", "1: one line on standard error for each bad value and each capture that failed")

enum capture_kind {
	CAPTURE_STDOUT = 1u << 0, /* descriptor 1: stdio and write */
	CAPTURE_STDERR = 1u << 1,
	CAPTURE_SYSLOG = 1u << 2,
	CAPTURE_ABORT = 1u << 3,
	CAPTURE_JOURNAL = 1u << 4,
	CAPTURE_THROW = 1u << 5, /* types of C++ exceptions; only where asked for */
};

enum on_exit { ON_EXIT_NEVER = 0, ON_EXIT_FAILURE = 1, ON_EXIT_ALWAYS = 2 };

/* What the variables say. Strings are copies: programs overwrite their environment (setproctitle). */
struct variables {
	char service[64]; /* empty: the program's name */
	char storage[1024];
	uint32_t capacity;         /* events */
	uint32_t lanes;            /* owned ones */
	char levels[LEVELS_BYTES]; /* text of struct levels */
	uint32_t capture;          /* set of enum capture_kind */
	char files[256];           /* patterns of log files, separated by commas (pattern.h) */
	uint64_t signals;          /* bit n - 1: deaths by signal n are captured */
	uint32_t on_exit;
	uint32_t capture_timeout_ms;
	uint32_t keep_snapshots, keep_mb;
	char listeners[1024]; /* empty: none */
	uint32_t interval_s;  /* 0: none */
	uint32_t channel_capacity;
	char redact[256];
	bool quiet, disable, debug;
};

void variables_default(struct variables *variables);

/* `name` without TTLOG_, ended by NUL or '='. 0; -EINVAL: bad value, nothing changed; -ENOENT: no such variable. */
int variables_set(struct variables *variables, const char *name, const char *value);

/* Number of the row that `name`, as above, stands in; -ENOENT. */
int variables_row(const char *name);

/* "SIGSEGV" for a signal that can be captured, "a signal" for another. */
const char *variables_signal_name(int signal);

#endif
