/*
 * Helpers that still write when CMD has ended. A process of the tree may die at the same time as CMD, or have given up waiting for its
 * helper (TTLOG_CAPTURE_TIMEOUT): what the helper then writes is the snapshot of that death, and there shall be no second one.
 */
#include "proc_file.h"
#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

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
	char line[256];
	const size_t bytes = proc_file_read(helper, "cmdline", line, sizeof(line));
	const char *value = memmem(line, bytes, "--pid", sizeof("--pid"));

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
