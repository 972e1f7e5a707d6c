/*
 * --until-failure: CMD again and again, several at a time, until one dies or fails; what the good ones leave goes with them.
 *
 * Each is a run as any other, in a child of ours with a session of its own: the terminal's signals reach us alone, and we end the
 * others in order. What they put out is kept in files without names and shown of the one that failed.
 */
#include "run_until.h"

#include "command.h"
#include "describe.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_NS 200000000u /* of the progress line */

struct job {
	pid_t pid; /* leads a session; 0: idle */
	uint32_t number;
	int out, err; /* what it puts out; one file where both go to one place */
};

struct until {
	struct run *run;
	struct run_signals signals;
	struct job *jobs;
	bool *unwanted; /* one for each job, in memory that the jobs see: it shall end and leave nothing */
	uint32_t started, passed, failed;
	int status;    /* of the first that failed */
	int interrupt; /* the signal that ends all; 0: none */
	bool stopping, one_place, shows;
	uint64_t began_ns, end_ns, tick_ns; /* of run_now_ns(); end 0: never; tick: when the line is drawn again */
};

/* One of them ------------------------------------------------------------------------------------------------------------------ */

static int open_nameless(void)
{
	const char *place = getenv("TMPDIR");
	int file = open(place && *place ? place : "/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);

	return file >= 0 ? file : memfd_create("ttlog-output", MFD_CLOEXEC);
}

static bool is_one_place(void)
{
	struct stat out, err;

	return fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 && out.st_dev == err.st_dev &&
	       out.st_ino == err.st_ino;
}

static bool open_output(const struct until *until, struct job *job)
{
	job->out = open_nameless();
	job->err = job->out < 0 || until->one_place ? job->out : open_nameless();
	return job->out >= 0 && job->err >= 0;
}

static void close_output(struct job *job)
{
	if (job->err >= 0 && job->err != job->out)
		close(job->err);
	if (job->out >= 0)
		close(job->out);
	job->out = job->err = -1;
}

/* Killed ourselves, we would leave it running for ever. */
static _Noreturn void become_run(const struct until *until, const struct job *job, pid_t parent)
{
	struct run run = *until->run;
	int input = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	run_signals_give_back(&until->signals);
	if (getppid() != parent)
		_exit(RUN_FAILED);
	dup2(input, STDIN_FILENO);
	dup2(job->out, STDOUT_FILENO);
	dup2(job->err, STDERR_FILENO);
	run.options.only_failures = true;
	run.unwanted = &until->unwanted[job - until->jobs];
	exit(run_once(&run));
}

static int start(struct until *until, struct job *job)
{
	const pid_t self = getpid();

	if (!open_output(until, job)) {
		close_output(job);
		return command_error(&command_run, RUN_FAILED, "no file for the output of a run: %s", strerror(errno));
	}
	until->unwanted[job - until->jobs] = false;
	fflush(NULL);
	job->pid = fork();
	if (job->pid == 0)
		become_run(until, job, self);
	if (job->pid < 0) {
		job->pid = 0;
		close_output(job);
		return command_error(&command_run, RUN_FAILED, "cannot start a process: %s", strerror(errno));
	}
	job->number = ++until->started;
	return 0;
}

/* What it said ----------------------------------------------------------------------------------------------------------------- */

static void copy_out(int from, int to)
{
	char buffer[65536];
	ssize_t got, put = 0;
	off_t at = 0;

	while ((got = pread(from, buffer, sizeof(buffer), at)) > 0) {
		put = write(to, buffer, (size_t)got);
		if (put < 0 && errno != EINTR)
			return;
		at += put > 0 ? put : 0;
	}
}

static void show_output(const struct job *job)
{
	copy_out(job->out, STDOUT_FILENO);
	if (job->err != job->out)
		copy_out(job->err, STDERR_FILENO);
}

static void clear_progress(const struct until *until)
{
	if (until->shows)
		fputs("\r\033[K", stderr);
}

/* "127 runs passed, 10.4/s, 12.2 s" */
static void print_counts(const struct until *until)
{
	const uint64_t took = run_now_ns() - until->began_ns;
	char time[64];

	describe_duration(took, time);
	fprintf(stderr, "%" PRIu32 " run%s passed, %.1f/s, %s", until->passed, until->passed == 1 ? "" : "s",
		took ? (double)until->passed * 1e9 / (double)took : 0, time);
}

/* Also where runs end so fast that there is no quiet moment. */
static void show_progress(struct until *until)
{
	const uint64_t now = run_now_ns();

	if (!until->shows || until->stopping || now < until->tick_ns)
		return;
	until->tick_ns = now + TICK_NS;
	fputs("\rttlog: ", stderr);
	print_counts(until);
	fputs("\033[K", stderr);
	fflush(stderr);
}

static void describe_status(int status, char text[64])
{
	const char *name = WIFSIGNALED(status) ? signal_name(WTERMSIG(status)) : NULL;

	if (name)
		snprintf(text, 64, "died of %s", name);
	else if (WIFSIGNALED(status))
		snprintf(text, 64, "died of signal %d", WTERMSIG(status));
	else
		snprintf(text, 64, "failed with status %d", WEXITSTATUS(status));
}

/* The end ---------------------------------------------------------------------------------------------------------------------- */

/* The second time it kills them: run_end_now(). */
static void stop_all(struct until *until)
{
	until->stopping = true;
	for (uint32_t i = 0; i < until->run->options.jobs; i++) {
		if (!until->jobs[i].pid)
			continue;
		until->unwanted[i] = true; /* before the signal: which is then no longer CMD's */
		kill(until->jobs[i].pid, SIGTERM);
		kill(-until->jobs[i].pid, SIGCONT);
	}
}

static void note_failure(struct until *until, const struct job *job, int status)
{
	char end[64];

	clear_progress(until);
	if (!until->failed)
		show_output(job);
	describe_status(status, end);
	if (!until->run->options.quiet) {
		fprintf(stderr, "ttlog: run %" PRIu32 " %s; ", job->number, end);
		print_counts(until);
		putc('\n', stderr);
	}
	if (!until->failed++)
		until->status = status;
	stop_all(until);
}

static void note_end(struct until *until, struct job *job, int status)
{
	const bool unwanted = until->unwanted[job - until->jobs];

	job->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		until->passed++;
	else if (!unwanted)
		note_failure(until, job, status);
	close_output(job);
}

static bool may_start(const struct until *until)
{
	const uint32_t most = until->run->options.max_runs;

	return !until->stopping && (!most || until->started < most);
}

/* 0, or the exit status after the error was printed. */
static int fill(struct until *until)
{
	for (uint32_t i = 0; i < until->run->options.jobs && may_start(until); i++) {
		int error = until->jobs[i].pid ? 0 : start(until, &until->jobs[i]);
		if (error) {
			stop_all(until);
			return error;
		}
	}
	return 0;
}

static void reap(struct until *until)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (uint32_t i = 0; i < until->run->options.jobs; i++) {
			if (until->jobs[i].pid == pid)
				note_end(until, &until->jobs[i], status);
		}
	}
}

static bool is_running(const struct until *until)
{
	for (uint32_t i = 0; i < until->run->options.jobs; i++) {
		if (until->jobs[i].pid)
			return true;
	}
	return false;
}

static void send_all(const struct until *until, int signal)
{
	for (uint32_t i = 0; i < until->run->options.jobs; i++) {
		if (until->jobs[i].pid)
			kill(-until->jobs[i].pid, signal);
	}
}

/* ^Z: they stand in sessions of their own, and would run on. */
static void pause_all(const struct until *until)
{
	send_all(until, SIGSTOP);
	raise(SIGSTOP);
	send_all(until, SIGCONT);
}

static void answer(struct until *until, int signal)
{
	switch (signal) {
	case 0:
		if (until->end_ns && run_now_ns() >= until->end_ns) {
			until->end_ns = 0;
			stop_all(until);
		}
		break;
	case SIGINT:
	case SIGTERM:
	case SIGQUIT:
	case SIGHUP:
		until->interrupt = signal;
		stop_all(until);
		break;
	case SIGTSTP:
		pause_all(until);
		break;
	default: /* SIGCHLD: in any case */
		break;
	}
}

static uint64_t next_time(const struct until *until)
{
	const bool ticks = until->shows && !until->stopping;

	return ticks && (!until->end_ns || until->tick_ns < until->end_ns) ? until->tick_ns : until->end_ns;
}

static int repeat(struct until *until)
{
	siginfo_t info;
	int error = fill(until);

	while (is_running(until)) {
		answer(until, run_signals_next(&until->signals, next_time(until), &info));
		reap(until);
		show_progress(until);
		if (!error)
			error = fill(until);
	}
	return error;
}

static void tell(const struct until *until)
{
	clear_progress(until);
	if (until->run->options.quiet || until->failed)
		return;
	fprintf(stderr, "ttlog: %s; ", until->interrupt ? "interrupted" : "no failure");
	print_counts(until);
	putc('\n', stderr);
}

int run_until_failure(struct run *run)
{
	const size_t jobs = run->options.jobs;
	struct until until = {.run = run, .one_place = is_one_place(), .shows = isatty(STDERR_FILENO) && !run->options.quiet};
	void *shared = mmap(NULL, jobs * sizeof(bool), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int error;

	until.jobs = calloc(jobs, sizeof(*until.jobs));
	if (!until.jobs || shared == MAP_FAILED) {
		free(until.jobs);
		return command_error(&command_run, RUN_FAILED, "out of memory");
	}
	until.unwanted = shared;
	until.began_ns = run_now_ns();
	until.tick_ns = until.began_ns + TICK_NS;
	until.end_ns = run->options.for_ns ? until.began_ns + run->options.for_ns : 0;
	run_signals_take(&until.signals);
	error = repeat(&until);
	tell(&until);
	munmap(shared, jobs * sizeof(bool));
	free(until.jobs);
	if (error)
		return error;
	return run_end_like(until.failed ? until.status : until.interrupt);
}
