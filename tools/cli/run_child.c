#include "command.h"
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILL_AFTER_NS (5 * 1000000000ull)

/* What the program must find as it was before us. */
struct saved {
	sigset_t mask;
	struct sigaction interrupt, quit, child;
};

/* A terminal sends INT and QUIT to us too: the program decides what they mean, and we stay to see it. */
static void take_signals(struct saved *saved, sigset_t *waited)
{
	static const int forwarded[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, preset = {.sa_handler = SIG_DFL};

	sigemptyset(waited);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		sigaddset(waited, forwarded[i]);
	sigprocmask(SIG_BLOCK, waited, &saved->mask);
	sigaction(SIGINT, &ignore, &saved->interrupt);
	sigaction(SIGQUIT, &ignore, &saved->quit);
	sigaction(SIGCHLD, &preset, &saved->child); /* an inherited SIG_IGN would keep the statuses from us */
}

static void give_signals_back(const struct saved *saved)
{
	sigaction(SIGINT, &saved->interrupt, NULL);
	sigaction(SIGQUIT, &saved->quit, NULL);
	sigaction(SIGCHLD, &saved->child, NULL);
	sigprocmask(SIG_SETMASK, &saved->mask, NULL);
}

/* execvp once more by name, not by path: argv[0] and scripts without "#!" behave as in a shell. */
static _Noreturn void become(const struct run *run, const struct saved *saved)
{
	give_signals_back(saved);
	execvp(run->options.command[0], run->options.command);
	command_error(&command_run, 0, "%s: %s", run->options.command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* Remembers everybody: orphans come to us, the subreaper, and their deaths explain their recorder files. */
static void remember(struct run *run, pid_t pid, int status)
{
	struct run_end *grown = reallocarray(run->reaped, run->reaped_count + 1, sizeof(*grown));

	if (!grown)
		return;
	run->reaped = grown;
	run->reaped[run->reaped_count++] = (struct run_end){pid, status, clock_ns(CLOCK_REALTIME)};
}

const struct run_end *run_end_of(const struct run *run, pid_t pid)
{
	for (size_t i = run->reaped_count; i-- > 0;) { /* a recycled pid: the latest counts */
		if (run->reaped[i].pid == pid)
			return &run->reaped[i];
	}
	return NULL;
}

/* True once the child itself has ended. */
static bool reap(struct run *run)
{
	bool ended = false;
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		remember(run, pid, status);
		if (pid == run->child) {
			run->status = status;
			ended = true;
		}
	}
	return ended;
}

/* The next signal; 0 where `until` (0: never) came first. */
static int next_signal(const sigset_t *waited, uint64_t until)
{
	uint64_t now = now_ns();
	uint64_t left = until > now ? until - now : 0;
	struct timespec time = {.tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u)};
	int signal = until ? sigtimedwait(waited, NULL, &time) : sigwaitinfo(waited, NULL);

	if (signal >= 0)
		return signal;
	return errno == EAGAIN ? 0 : SIGCHLD; /* EINTR: look at the child, it costs nothing */
}

/* First the snapshot, then SIGTERM, then SIGKILL. Returns when to come again. */
static uint64_t time_is_up(struct run *run)
{
	if (run->timed_out) {
		kill(run->child, SIGKILL);
		return 0;
	}
	run->timed_out = true;
	run_capture_timeout(run);
	kill(run->child, SIGTERM);
	kill(run->child, SIGCONT); /* a stopped process sees no SIGTERM */
	return now_ns() + KILL_AFTER_NS;
}

static void wait_for_end(struct run *run, const sigset_t *waited)
{
	uint64_t until = run->options.timeout_ns ? now_ns() + run->options.timeout_ns : 0;

	for (;;) {
		int signal = next_signal(waited, until);
		if (signal == 0)
			until = time_is_up(run);
		else if (signal != SIGCHLD)
			kill(run->child, signal);
		if (reap(run))
			return;
	}
}

int run_child(struct run *run, const char *path)
{
	struct saved saved;
	sigset_t waited;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	run->oom = oom_read();
	run->began_ns = clock_ns(CLOCK_REALTIME);
	take_signals(&saved, &waited);
	fflush(NULL);
	run->child = fork();
	if (run->child < 0) {
		give_signals_back(&saved);
		return command_error(&command_run, COMMAND_NOTHING, "%s: cannot start a process: %s", path, strerror(errno));
	}
	if (run->child == 0)
		become(run, &saved);
	wait_for_end(run, &waited);
	if (run->timed_out)
		run_forget_timeout(run);
	(void)reap(run); /* its children are ours by now */
	return 0;
}
