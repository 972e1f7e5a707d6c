#include "run.h"

#include "ask_capture.h"
#include "death_count.h"
#include "describe.h"
#include "proc_file.h"
#include "proc_number.h"
#include "recorder.h"
#include "retention.h"
#include "terminal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPTURE_NS (30 * 1000000000ull) /* of one process: a stuck capture must not hold up the end of the others */
#define ALL_NS     (90 * 1000000000ull) /* of all */
#define AT_LAST_NS (2 * 1000000000ull)  /* after SIGKILL; what is left then sits in the kernel */

/* All of them ---------------------------------------------------------------------------------------------------------------- */

static void read_name(const struct run *run, pid_t pid, char name[64])
{
	if (!proc_file_read(pid, "comm", name, 64))
		snprintf(name, 64, "%s", pid == run->child ? describe_base_name(run->options.command[0]) : "process");
	name[strcspn(name, "\n")] = '\0';
}

static void announce(const struct run *run, pid_t pid, const char *name, uint64_t time_ns, const char *path, const char *why)
{
	char time[64], clean[1024];

	if (run->options.quiet)
		return;
	terminal_clean(clean, sizeof(clean), name);
	describe_duration(time_ns, time);
	if (path)
		fprintf(stderr, "ttlog: %s (pid %ld) was still running after %s; snapshot %s\n", clean, (long)pid, time, path);
	else
		fprintf(stderr, "ttlog: %s (pid %ld) was still running after %s; no snapshot could be made%s%s\n", clean, (long)pid,
			time, *why ? ": " : "", why);
}

struct run_captured {
	pid_t pid;
	struct proc_identity identity;
};

static void note_captured(struct run *run, pid_t pid)
{
	struct run_captured *grown = reallocarray(run->captured, run->captured_count + 1, sizeof(*grown));

	if (!grown)
		return;
	run->captured = grown;
	run->captured[run->captured_count++] = (struct run_captured){pid, proc_identity_of(pid)};
}

bool run_is_captured(const struct run *run, pid_t pid)
{
	for (size_t i = 0; i < run->captured_count; i++) {
		if (run->captured[i].pid == pid)
			return true;
	}
	return false;
}

bool run_is_recorder_captured(const struct run *run, const struct recorder_header *header)
{
	for (size_t i = 0; i < run->captured_count; i++) {
		const struct proc_identity *identity = &run->captured[i].identity;
		if (identity->space && identity->space == header->pid_namespace && identity->number == (pid_t)header->pid)
			return true;
	}
	return run_is_captured(run, (pid_t)header->pid);
}

void run_capture_hung(struct run *run, const struct run_process *process, uint64_t time_ns, uint64_t limit_ns)
{
	const pid_t pid = process->pid;
	/* ^C now means the program, not its snapshot. */
	const struct ask_capture ask = {.pid = pid,
					.started = process->started,
					.reason = "timeout",
					.storage = run->storage,
					.run = run->id,
					.limit_ns = limit_ns,
					.deaf = true};
	char path[PATH_MAX], why[PATH_MAX] = "--max-snapshots", name[64];
	const bool limited = run->options.has_max_snapshots, wanted = !limited || death_count_add(run->id, pid);
	bool made;

	read_name(run, pid, name);
	made = wanted && ask_capture(&ask, path, why) == 0;
	if (made || !wanted)
		note_captured(run, pid);
	else if (!run_tree_is_there(process))
		return; /* it ended meanwhile by itself */
	announce(run, pid, name, time_ns, made ? path : NULL, why);
	(void)death_count_add(run->id, pid);
	if (made)
		(void)retention_apply(run->storage, path, run->keep_snapshots, run->keep_mb);
}

/* Parents first: the newest snapshot, which `ttlog view DIR` shows, is of one who waits for nobody of the tree. */
static void capture_all(struct run *run)
{
	uint64_t now = run_now_ns(), last = now + ALL_NS;
	struct run_tree tree;

	run_tree_open(&tree, run);
	for (size_t i = 0; i < tree.count && now < last; i++) {
		if (tree.processes[i].role == RUN_PROGRAM)
			run_capture_hung(run, &tree.processes[i], run->options.timeout_ns,
					 now + CAPTURE_NS < last ? CAPTURE_NS : last - now);
		now = run_now_ns();
	}
	run_tree_close(&tree);
}

/* Their end ------------------------------------------------------------------------------------------------------------------ */

static void send_all(const struct run *run, int signal)
{
	struct run_tree tree;

	run_tree_open(&tree, run);
	for (size_t i = 0; i < tree.count; i++) {
		if (tree.processes[i].role == RUN_PROGRAM)
			kill(tree.processes[i].pid, signal);
	}
	if (!tree.count && !run->ended) /* the machine has not enough left for a look around */
		kill(run->child, signal);
	run_tree_close(&tree);
}

/* Whoever forks faster than we look is still there at the next look. */
static void kill_all(const struct run *run)
{
	for (int again = 0; again < 100 && run_tree_has(run, RUN_PROGRAM); again++)
		send_all(run, SIGKILL);
}

static uint64_t ask_all_to_end(struct run *run)
{
	run->stage = RUN_TERMINATED;
	run_mark_end(run);
	send_all(run, SIGTERM);
	send_all(run, SIGCONT); /* a stopped process sees no SIGTERM */
	return run->options.kill_after_ns ? run_now_ns() + run->options.kill_after_ns : 0;
}

/*
 * timeout(1) sends SIGTERM to its process group. Ours is the terminal's or the script's, and a program may have left it: the whole
 * tree gets it instead, each process once.
 */
uint64_t run_time_is_up(struct run *run)
{
	switch (run->stage) {
	case RUN_IN_TIME:
		capture_all(run);
		return ask_all_to_end(run);
	case RUN_TERMINATED:
		run->stage = RUN_KILLED;
		run_reap(run);
		run->needed_kill = !run->ended;
		kill_all(run);
		return run_now_ns() + AT_LAST_NS;
	case RUN_KILLED:
	case RUN_GIVEN_UP:
		break;
	}
	run->stage = RUN_GIVEN_UP;
	return 0;
}

uint64_t run_end_now(struct run *run)
{
	if (run->stage != RUN_IN_TIME)
		return run_time_is_up(run);
	return ask_all_to_end(run);
}

void run_forget_timeout(struct run *run)
{
	run_unmark_end(run);
}
