/*
 * --process-timeout: the time of each process by itself, so that one hung test of a thousand is ended and the others go on.
 *
 * Who has children waits for them: make, a shell, a test driver. So time counts while a process has none and waits for none; what
 * it reaped between two looks shows in the kernel's account of its children. There is a look when the first of those that are
 * known would be over, and one period later at the latest: whoever came meanwhile is young enough for that.
 */
#include "recorder.h"
#include "run.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CAPTURE_NS (30 * 1000000000ull)
#define AT_LAST_NS (2 * 1000000000ull) /* after SIGKILL; what is left then sits in the kernel */
#define LOOK_NS    20000000u           /* between two looks, at least */
#define SECOND_NS  1000000000ull

struct run_watched {
	pid_t pid;
	uint64_t started, waited;
	uint64_t since_ns; /* it has been at it by itself; of run_now_ns() */
	uint64_t kill_ns;  /* when it is to be killed: it was asked to end; 0: it was not */
	bool killed;       /* kill_ns is when it is given up */
	bool met;          /* at this look */
};

/* What became of it ------------------------------------------------------------------------------------------------------------ */

/* Of run_now_ns(), but for the time in which the machine slept. */
static uint64_t began_ns(const struct run_process *process, uint64_t now)
{
	const uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
	struct timespec boot;
	uint64_t up, at;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	up = (uint64_t)boot.tv_sec * SECOND_NS + (uint64_t)boot.tv_nsec;
	at = process->started / ticks * SECOND_NS + process->started % ticks * SECOND_NS / ticks;
	return at < up && up - at < now ? now - (up - at) : now;
}

static struct run_watched *find(struct run *run, const struct run_process *process)
{
	for (size_t i = 0; i < run->watched_count; i++) {
		if (run->watched[i].pid == process->pid && run->watched[i].started == process->started)
			return &run->watched[i];
	}
	return NULL;
}

/* One that has waited for children before we met it: who knows until when. */
static struct run_watched *add(struct run *run, const struct run_process *process, uint64_t now)
{
	if (run->watched_count == run->watched_room) {
		const size_t room = run->watched_room ? run->watched_room * 2 : 16;
		struct run_watched *grown = reallocarray(run->watched, room, sizeof(*grown));
		if (!grown)
			return NULL;
		run->watched = grown;
		run->watched_room = room;
	}
	run->watched[run->watched_count] = (struct run_watched){
		.pid = process->pid,
		.started = process->started,
		.waited = process->waited,
		.since_ns = process->waited ? now : began_ns(process, now),
	};
	return &run->watched[run->watched_count++];
}

static bool has_child(const struct run_tree *tree, pid_t pid)
{
	for (size_t i = 0; i < tree->count; i++) {
		if (tree->processes[i].parent == pid)
			return true;
	}
	return false;
}

static void forget_gone(struct run *run)
{
	size_t kept = 0;

	for (size_t i = 0; i < run->watched_count; i++) {
		if (run->watched[i].met)
			run->watched[kept++] = run->watched[i];
		else if (run->watched[i].kill_ns)
			run_unmark_end_of(run, run->watched[i].pid);
	}
	run->watched_count = kept;
}

/* Its end ---------------------------------------------------------------------------------------------------------------------- */

static void ask_to_end(struct run *run, const struct run_process *process, struct run_watched *watched)
{
	run_capture_hung(run, process, run->options.process_ns, CAPTURE_NS);
	if (!run_tree_is_there(process))
		return; /* it ended meanwhile by itself */
	run_mark_end_of(run, watched->pid);
	run->own_time_is_up |= watched->pid == run->child && !run->ended;
	kill(watched->pid, SIGTERM);
	kill(watched->pid, SIGCONT); /* a stopped process sees no SIGTERM */
	watched->kill_ns = run->options.kill_after_ns ? run_now_ns() + run->options.kill_after_ns : UINT64_MAX;
}

static void end(struct run *run, struct run_watched *watched)
{
	run->needed_kill |= watched->pid == run->child && !run->ended;
	kill(watched->pid, SIGKILL);
	watched->kill_ns = run_now_ns() + AT_LAST_NS;
	watched->killed = true;
}

static uint64_t look_at(struct run *run, const struct run_tree *tree, const struct run_process *process, uint64_t now)
{
	struct run_watched *watched = find(run, process);

	if (!watched)
		watched = add(run, process, now);
	if (!watched)
		return UINT64_MAX;
	watched->met = true;
	if (watched->kill_ns) {
		if (now >= watched->kill_ns && !watched->killed && run_tree_is_there(process))
			end(run, watched);
		return watched->kill_ns;
	}
	if (watched->waited != process->waited || run->stopped || has_child(tree, process->pid))
		watched->since_ns = now;
	watched->waited = process->waited;
	if (now - watched->since_ns < run->options.process_ns)
		return watched->since_ns + run->options.process_ns;
	ask_to_end(run, process, watched);
	return watched->kill_ns ? watched->kill_ns : now;
}

uint64_t run_look_at_times(struct run *run)
{
	const uint64_t now = run_now_ns();
	uint64_t next = now + run->options.process_ns, one;
	struct run_tree tree;

	for (size_t i = 0; i < run->watched_count; i++)
		run->watched[i].met = false;
	run_reap(run); /* else a number may be somebody else's by now */
	run_tree_open(&tree, run);
	for (size_t i = 0; i < tree.count; i++) {
		if (tree.processes[i].role != RUN_PROGRAM)
			continue;
		one = look_at(run, &tree, &tree.processes[i], now);
		next = one < next ? one : next;
	}
	run_tree_close(&tree);
	forget_gone(run);
	return next > now + LOOK_NS ? next : now + LOOK_NS;
}

static bool is_ending_some(const struct run *run)
{
	const uint64_t now = run_now_ns();

	for (size_t i = 0; i < run->watched_count; i++) {
		const struct run_watched *watched = &run->watched[i];
		if (watched->kill_ns && watched->kill_ns != UINT64_MAX && !(watched->killed && now >= watched->kill_ns))
			return true;
	}
	return false;
}

bool run_is_ending_some(struct run *run)
{
	if (!is_ending_some(run))
		return false;
	(void)run_look_at_times(run);
	return is_ending_some(run);
}

void run_forget_times(struct run *run)
{
	for (size_t i = 0; i < run->watched_count; i++)
		run->watched[i].met = false;
	if (run->options.process_ns && run->captured_count)
		run_sweep(RECORDER_ENDED); /* marks of runs inside ours, which have ended */
	forget_gone(run);
	free(run->watched);
	run->watched = NULL;
}
