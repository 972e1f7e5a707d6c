/*
 * Helpers that still write when CMD has ended. A process of the tree may die at the same time as CMD, or have given up waiting for its
 * helper (TTLOG_CAPTURE_TIMEOUT): what the helper then writes is the snapshot of that death, and there shall be no second one.
 */
#include "run.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LATE_NS (10 * 1000000000ull)

void run_await_helpers(struct run *run)
{
	uint64_t until = run_now_ns() + LATE_NS, now;
	sigset_t waited;

	sigemptyset(&waited);
	sigaddset(&waited, SIGCHLD); /* nobody's children: ours, so their end wakes us */
	while (run_tree_has(run, RUN_HELPER) && (now = run_now_ns()) < until) {
		struct timespec left = {(time_t)((until - now) / 1000000000u), (long)((until - now) % 1000000000u)};
		(void)sigtimedwait(&waited, NULL, &left);
		run_reap(run);
	}
}

/* The agent starts it as `ttlog-capture --pid PID ...`. */
static pid_t target_of(pid_t helper)
{
	char path[64], line[256];
	const char *value;
	ssize_t got;
	int file;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)helper);
	file = open(path, O_RDONLY | O_CLOEXEC);
	got = file < 0 ? 0 : read(file, line, sizeof(line) - 1);
	if (file >= 0)
		close(file);
	line[got > 0 ? got : 0] = '\0';
	value = got > 0 ? memmem(line, (size_t)got, "--pid", sizeof("--pid")) : NULL;
	return value ? (pid_t)strtol(value + sizeof("--pid"), NULL, 10) : 0;
}

bool run_has_late_helper(const struct run *run, pid_t pid)
{
	struct run_tree tree;
	bool found = false;

	run_tree_open(&tree, run);
	for (size_t i = 0; i < tree.count; i++)
		found |= tree.processes[i].role == RUN_HELPER && target_of(tree.processes[i].pid) == pid;
	run_tree_close(&tree);
	return found;
}
