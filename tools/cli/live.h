/*
 * live.h - the processes that are recorded now, as people name them: PID, SERVICE, or all.
 *
 * Of the calling user; of all users where that is root. Nothing is asked of the processes themselves. Single-threaded.
 */
#ifndef TTLOG_CLI_LIVE_H
#define TTLOG_CLI_LIVE_H

#include "command.h"
#include "recorder_follow.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct live_choice {
	pid_t pid;           /* 0: not by number */
	const char *service; /* NULL: not by name; both: all */
};

/* The one argument, or --all. COMMAND_DONE, or the exit status after the error was printed. */
int live_choose(const struct command *command, struct live_choice *choice, bool all, int argc, char **argv);

struct live_process {
	pid_t pid;
	uid_t uid;                     /* owner of its recorder */
	char path[PATH_MAX];           /* of its recorder */
	bool alive;                    /* false: it is gone, and left the file behind */
	struct recorder_follow follow; /* open, counters read */
};

struct live_list {
	struct live_process *processes; /* by pid */
	size_t count, room;
};

/* Opens what the choice names. `dead`: also those that are gone. 0 or -errno; none is no error. */
int live_open(struct live_list *list, const struct live_choice *choice, bool dead);
void live_close(struct live_list *list);

/* Opens one recorder file as a process. 1: it is open; 0: it is none, or not of the choice; -EAGAIN: it is being made. */
int live_open_one(struct live_process *process, const char *path, pid_t pid, const struct live_choice *choice);

/* "" where the recorder does not say. */
const char *live_service(const struct live_process *process);

/* When a process began, in clock ticks since boot (proc(5), starttime): tells it from a later one of the same number. 0: there is none. */
uint64_t live_started(pid_t pid);
/* The same in ns since 1970-01-01 UTC, by the clock as it is now. */
uint64_t live_started_ns(pid_t pid);

#endif
