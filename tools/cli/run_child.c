#include "command.h"
#include "file_limit.h"
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* execvp once more by name, not by path: argv[0] and scripts without "#!" behave as in a shell. */
static _Noreturn void become(const struct run *run, const struct run_signals *signals)
{
	int error;

	run_signals_give_back(signals);
	file_limit_give_back();
	execvp(run->options.command[0], run->options.command);
	error = errno;
	command_error(&command_run, 0, "%s: %s", run->options.command[0], strerror(error));
	_exit(error == ENOENT ? 127 : 126);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t run_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* Who ended ------------------------------------------------------------------------------------------------------------------ */

/* Remembers everybody: orphans come to us, the subreaper, and their deaths explain their recorder files. */
static void remember(struct run *run, pid_t pid, int status, const struct rusage *usage)
{
	struct run_end *grown = reallocarray(run->reaped, run->reaped_count + 1, sizeof(*grown));

	if (!grown)
		return;
	run->reaped = grown;
	run->reaped[run->reaped_count++] = (struct run_end){pid, status, clock_ns(CLOCK_REALTIME),
							    (uint64_t)usage->ru_maxrss * 1024};
}

const struct run_end *run_end_of(const struct run *run, pid_t pid)
{
	for (size_t i = run->reaped_count; i-- > 0;) { /* a recycled pid: the latest counts */
		if (run->reaped[i].pid == pid)
			return &run->reaped[i];
	}
	return NULL;
}

static void note_child(struct run *run, int status)
{
	if (WIFCONTINUED(status)) {
		run->stopped = false;
	} else if (WIFSTOPPED(status)) {
		run->stopped = true;
		run->stop_signal = WSTOPSIG(status);
	} else {
		run->status = status;
		run->ended = true;
	}
}

static void take_statuses(struct run *run)
{
	struct rusage usage;
	pid_t pid;
	int status;

	while ((pid = wait4(-1, &status, WNOHANG | WUNTRACED | WCONTINUED, &usage)) > 0) {
		if (WIFEXITED(status) || WIFSIGNALED(status))
			remember(run, pid, status, &usage);
		if (pid == run->child && !run->ended)
			note_child(run, status);
	}
}

/*
 * A SIGCONT that waits to be looked at may be older than the stop (of the last `fg`), or newer: then the child, which was continued
 * with us, tells so by its status now.
 */
void run_reap(struct run *run)
{
	take_statuses(run);
	while (run->stop_signal) {
		int signal = run->stop_signal;
		run->stop_signal = 0;
		if (run_signals_was_continued())
			take_statuses(run);
		if (run->stopped && !run->ended)
			run_signals_stop_like(run, signal);
		take_statuses(run);
	}
}

/* Waiting -------------------------------------------------------------------------------------------------------------------- */

/* `fg` continues the whole job; this is for a program that has a process group of its own. */
static void go_on(struct run *run)
{
	bool was_stopped = run->stopped;

	run_reap(run);
	if (was_stopped && run->stopped && !run->ended)
		run_signals_continue(run);
}

/* Without a time-out what CMD leaves running is left running. */
static bool is_over(struct run *run)
{
	if (!run->ended || (run->stage == RUN_IN_TIME && run_is_ending_some(run)))
		return false;
	if (run->stage == RUN_IN_TIME || run->stage == RUN_GIVEN_UP || !run->options.kill_after_ns)
		return true;
	return !run_tree_has(run, RUN_PROGRAM);
}

/* Of two times, one of which may be 0: never. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a && (!b || a < b) ? a : b;
}

/* When something is to be done next, of run_now_ns(); 0: never. */
struct alarms {
	uint64_t timeout, interval, processes;
};

static void stop_others(struct run *run, struct alarms *alarms)
{
	alarms->interval = alarms->processes = 0;
	run_interval_stop(run);
}

/* The interval's first: of those whose time is up there is a snapshot anyway. */
static void answer(struct run *run, struct alarms *alarms)
{
	const uint64_t next = earlier(earlier(alarms->timeout, alarms->interval), alarms->processes);

	if (next == alarms->interval) {
		run_interval_start(run);
		alarms->interval = 0;
	} else if (next == alarms->processes) {
		alarms->processes = run_look_at_times(run);
	} else {
		stop_others(run, alarms); /* all get a snapshot of the time-out */
		alarms->timeout = run_time_is_up(run);
	}
}

static void pass_on(struct run *run, struct alarms *alarms, const siginfo_t *info)
{
	if (!run_is_unwanted(run)) {
		run_signals_forward(run, info);
		return;
	}
	stop_others(run, alarms);
	alarms->timeout = run_end_now(run);
}

static uint64_t from_now(uint64_t ns)
{
	return ns ? run_now_ns() + ns : 0;
}

static void wait_for_end(struct run *run, const struct run_signals *signals)
{
	struct alarms alarms = {from_now(run->options.timeout_ns), from_now(run->options.interval_ns),
				from_now(run->options.process_ns)};
	siginfo_t info;

	while (!is_over(run)) {
		switch (run_signals_next(signals, earlier(earlier(alarms.timeout, alarms.interval), alarms.processes), &info)) {
		case 0:
			answer(run, &alarms);
			break;
		case SIGCHLD:
			break;
		case SIGCONT:
			go_on(run);
			break;
		default:
			pass_on(run, &alarms, &info);
		}
		run_reap(run);
	}
}

int run_child(struct run *run, const char *path)
{
	struct run_signals signals;

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	run->oom = oom_read();
	run->began_ns = clock_ns(CLOCK_REALTIME);
	run_signals_take(&signals);
	fflush(NULL);
	run->child = fork();
	if (run->child < 0) {
		run_signals_give_back(&signals);
		return command_error(&command_run, RUN_FAILED, "%s: cannot start a process: %s", path, strerror(errno));
	}
	if (run->child == 0)
		become(run, &signals);
	wait_for_end(run, &signals);
	run_interval_stop(run);
	run_forget_times(run);
	if (run_is_timed_out(run))
		run_forget_timeout(run);
	run_reap(run); /* its children are ours by now */
	return 0;
}
