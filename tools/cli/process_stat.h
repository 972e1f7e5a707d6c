/*
 * process_stat.h - what /proc/PID/stat says of a process: proc(5). Any thread; no allocation.
 */
#ifndef TTLOG_CLI_PROCESS_STAT_H
#define TTLOG_CLI_PROCESS_STAT_H

#include <stdbool.h>
#include <sys/types.h>

struct process_stat {
	char state;              /* 'R', 'S', 'Z', ... */
	int parent;              /* by its number in /proc: proc_number.h */
	unsigned long waited[2]; /* minor and major faults of children that were waited for */
	long threads;
	unsigned long long started; /* clock ticks since boot */
};

/* False: there is no such process, or it cannot be read. */
bool process_stat_read(pid_t pid, struct process_stat *stat);
/* Of the one that /proc names so. */
bool process_stat_read_number(pid_t number, struct process_stat *stat);

/* A process whose first thread has ended before the others looks like one that has ended. */
bool process_stat_is_living(const struct process_stat *stat);

#endif
