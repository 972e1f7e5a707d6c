/*
 * Fault injection: each system call of a death, of the agent in the dying process and of the helper, fails in turn; the handler crashes
 * at each of them; the helper is killed or stopped at each. The program dies of what it died of, prints what it printed, and there is
 * one snapshot of it: at once, or by `ttlog recover`. Nothing of it is left, neither a process nor half a file.
 *
 * Which call it is differs a little from run to run (a wait takes more rounds or fewer), what has to hold does not. Some calls of each
 * kind, TTLOG_SEED=s picks which; TTLOG_FAULTS=all: all of them, and each with each error, for an hour.
 */
#include "command.h"
#include "describe.h"
#include "inject.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(faults, .init = place_init, .fini = place_fini, .timeout = 86400);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a call is asked to fail with. */
static const int errors[] = {EPERM, ENOMEM, EINTR, ENOSYS, EAGAIN};

static const char *const whos[] = {"handler", "helper"};
static const char *const whats[] = {"nothing", "error", "signal", "kill", "stop", "leave"};

struct death {
	const char *name;
	int status; /* without the agent */
};

/* One run, and how it is called in a failure. */
struct trial {
	const struct death *death;
	int who, what, value;
	unsigned call;
};

static const char *trial_text(const struct trial *trial, const struct inject_report *report)
{
	static char text[256];
	snprintf(text, sizeof(text), "death %s, %s call %u (system call %d): %s %d", trial->death->name, whos[trial->who],
		 trial->call, report->fired ? report->number : -1, whats[trial->what], trial->value);
	return text;
}

static struct inject_report read_report(const char *path)
{
	struct inject_report report = {.ended = 0};
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert(fd >= 0 && read(fd, &report, sizeof(report)) == sizeof(report), "%s", path);
	close(fd);
	return report;
}

/* A stopped helper, and waits that cannot wait, hold a death up until the time is over, so that is short then. */
static struct outcome run(const struct trial *trial, struct inject_report *report)
{
	const char *path = place_path("report");
	char call[16], value[16];
	snprintf(call, sizeof(call), "%u", trial->call);
	snprintf(value, sizeof(value), "%d", trial->value);
	const struct outcome outcome = process_run(&(struct process_setup){
		.argv = LIST(PROGRAM("inject"), path, whos[trial->who], whats[trial->what], call, value, PROGRAM("faulty"),
			     trial->death->name),
		.environment = LIST(trial->what >= INJECT_STOP ? "TTLOG_CAPTURE_TIMEOUT=300" : "TTLOG_CAPTURE_TIMEOUT=3000"),
		.agent = true,
		.limit_s = 60});
	cr_assert(outcome.status == 0, "inject: %s\n%s", status_text(outcome.status), outcome.err.data);
	*report = read_report(path);
	return outcome;
}

static void expect_death(const struct trial *trial, const struct inject_report *report, const struct outcome *outcome)
{
	char said[64], last[64];
	snprintf(said, sizeof(said), "about to die: %s\n", trial->death->name);
	snprintf(last, sizeof(last), "last words: %s\n", trial->death->name);
	cr_assert(report->ended && report->status == trial->death->status, "%s: %s, not %s", trial_text(trial, report),
		  report->ended ? status_text(report->status) : "it lives", status_text(trial->death->status));
	cr_assert(strcmp(outcome->out.data, said) == 0 && strcmp(outcome->err.data, last) == 0, "%s: it says\n%s%s",
		  trial_text(trial, report), outcome->out.data, outcome->err.data);
	cr_assert(!report->leftover, "%s: something of it is still alive", trial_text(trial, report));
}

/* The death as it was. Where its own handler crashed before it had saved anything, that it was killed. */
static void expect_right(const struct trial *trial, const struct inject_report *report, const char *path)
{
	struct snapshot snapshot;
	snapshot_at(&snapshot, path);
	const bool nothing_saved = (trial->what == INJECT_SIGNAL || trial->what == INJECT_LEAVE) && !snapshot.signal.present;
	cr_assert(nothing_saved || snapshot.signal.number == WTERMSIG(trial->death->status), "%s: %s%s", trial_text(trial, report),
		  snapshot.reason, snapshot_describe(&snapshot));
	cr_assert(snapshot.event_count >= 2, "%s: %zu events%s", trial_text(trial, report), snapshot.event_count,
		  snapshot_describe(&snapshot));
	snapshot_fini(&snapshot);
}

static void expect_one(const struct trial *trial, const struct inject_report *report)
{
	const char *at_once, *later;
	const char *recovered = place_path("recovered");
	const size_t made = snapshots_in(place_storage(), &at_once);
	const struct outcome outcome = ttlog(LIST("recover", recovered));
	const size_t found = snapshots_in(recovered, &later);
	cr_assert(made + found == 1, "%s: %zu snapshots as it died, %zu by recover\n%s", trial_text(trial, report), made, found,
		  outcome.err.data);
	expect_right(trial, report, made ? at_once : later);
	cr_assert_eq(recorder_files(getuid()), 0, "%s", trial_text(trial, report));
	cr_assert(unlink(made ? at_once : later) == 0);
}

static struct inject_report try(const struct trial *trial)
{
	struct inject_report report;
	const struct outcome outcome = run(trial, &report);
	expect_death(trial, &report, &outcome);
	expect_one(trial, &report);
	return report;
}

static bool all_wanted(void)
{
	const char *wanted = getenv("TTLOG_FAULTS");
	return wanted && strcmp(wanted, "all") == 0;
}

static unsigned seed(void)
{
	const char *given = getenv("TTLOG_SEED");
	return given ? (unsigned)strtoul(given, NULL, 10) : 1;
}

/* The same calls with other errors in turn, or with all of them. */
static void try_values(struct trial *trial, const int *values, size_t count)
{
	const bool all = all_wanted();
	for (size_t i = 0; i < (all ? count : 1); i++) {
		trial->value = values[all ? i : trial->call % count];
		try(trial);
	}
}

static void sweep(const char *name, int who, int what, const int *values, size_t count, unsigned points)
{
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: recover would take the recorders of others");
	struct death death = {.name = name};
	death.status = process_run(&(struct process_setup){.argv = LIST(PROGRAM("faulty"), name)}).status;
	struct trial trial = {.death = &death, .who = who};
	const struct inject_report undisturbed = try(&trial);
	const unsigned calls = undisturbed.calls[who];
	const unsigned step = all_wanted() || calls < points ? 1 : calls / points;
	cr_assert(calls > 20, "only %u calls were seen", calls);
	trial.what = what;
	for (trial.call = 1 + seed() % step; trial.call <= calls; trial.call += step)
		try_values(&trial, values, count);
}

static const int crash_of_handler[] = {SIGBUS}, crash_by_segv[] = {SIGSEGV}, none[] = {0};

/* SIGSEGV is blocked while it is handled, so another fault stands for a crash of its handler. */
#define SWEEPS(death, crash)                                                                                                       \
	Test(faults, death##_handler_calls_fail)                                                                                   \
	{                                                                                                                          \
		sweep(#death, INJECT_HANDLER, INJECT_ERROR, errors, COUNT(errors), 9);                                             \
	}                                                                                                                          \
	Test(faults, death##_handler_crashes)                                                                                      \
	{                                                                                                                          \
		sweep(#death, INJECT_HANDLER, INJECT_SIGNAL, crash, 1, 5);                                                         \
	}                                                                                                                          \
	Test(faults, death##_helper_calls_fail)                                                                                    \
	{                                                                                                                          \
		sweep(#death, INJECT_HELPER, INJECT_ERROR, errors, COUNT(errors), 6);                                              \
	}                                                                                                                          \
	Test(faults, death##_helper_is_killed)                                                                                     \
	{                                                                                                                          \
		sweep(#death, INJECT_HELPER, INJECT_KILL, none, 1, 4);                                                             \
	}                                                                                                                          \
	Test(faults, death##_helper_is_stopped)                                                                                    \
	{                                                                                                                          \
		sweep(#death, INJECT_HELPER, INJECT_STOP, none, 1, 1);                                                             \
	}

/* No way to die of a signal but to fault again. */
#define SWEEP_OF_ALL(death)                                                                                                        \
	Test(faults, death##_nothing_works_from_some_call_on)                                                                      \
	{                                                                                                                          \
		sweep(#death, INJECT_HANDLER, INJECT_LEAVE, none, 1, 3);                                                           \
		sweep(#death, INJECT_HELPER, INJECT_LEAVE, none, 1, 1);                                                            \
	}

SWEEPS(fault, crash_of_handler)
SWEEPS(abort, crash_by_segv)
SWEEPS(sent, crash_by_segv)
SWEEPS(overflow, crash_of_handler)
SWEEPS(threads, crash_of_handler)

SWEEP_OF_ALL(fault)
SWEEP_OF_ALL(threads)
