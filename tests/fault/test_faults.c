/*
 * Fault injection: each system call of a death, of the agent in the dying process, of its watcher and of the helper, fails in turn; the
 * handler crashes at each of them; watcher and helper are killed or stopped at each. The program dies of what it died of, prints what it
 * printed, and there is one snapshot of it: at once, or by `ttlog recover`. Nothing of it is left, neither a process nor half a file.
 *
 * Which call it is differs a little from run to run (a wait takes more rounds or fewer), what has to hold does not. Some calls of each
 * kind, TTLOG_SEED=s picks which; TTLOG_FAULTS=all: all of them, and each with each error, in TTLOG_PARTS=n parts at a time. That is what
 * `make faults` runs, which tells how it goes by TTLOG_RESULTS: a file that gets a line at the begin of a part and one of each trial.
 * TTLOG_CASE: the trial to repeat.
 */
#include "command.h"
#include "describe.h"
#include "inject.h"
#include "results.h"
#include "text.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CAPTURE_MS = 3000, SHORT_CAPTURE_MS = 300, LONG_CAPTURE_MS = 6000, WATCHER_MS = 200, REPETITIONS = 3 };

TestSuite(faults, .init = place_init, .fini = place_fini, .timeout = 86400);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a call is asked to fail with. */
static const int errors[] = {EPERM, ENOMEM, EINTR, ENOSYS, EAGAIN};
static const int none[] = {0};

static const char *const whos[] = {"handler", "watcher", "helper"};
static const char *const whats[] = {"nothing", "error", "signal", "kill", "stop", "leave", "late"};

struct death {
	const char *name;
	int status; /* without the agent */
};

/* One run, and what came of it. */
struct trial {
	const struct death *death;
	int who, what, value;
	unsigned call, repetition;
	unsigned calls, whole_ms; /* of an undisturbed one: how many calls WHO makes, how long all takes */
	struct inject_report report;
	struct outcome outcome;
};

/* As TTLOG_CASE names it. */
static const char *trial_text(const struct trial *trial)
{
	return text_of("death=%s who=%s what=%s value=%d call=%u", trial->death->name, whos[trial->who], whats[trial->what],
		       trial->value, trial->call);
}

/* Running ------------------------------------------------------------------------------------------------------------------- */

static struct inject_report read_report(const char *path)
{
	struct inject_report report = {.ended = 0};
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert(fd >= 0 && read(fd, &report, sizeof(report)) == sizeof(report), "%s", path);
	close(fd);
	return report;
}

static unsigned now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* A watcher that is gone, who is stopped, waits that cannot wait: they hold a death up until the time is over. */
static bool takes_the_time(const struct trial *trial)
{
	return trial->what >= INJECT_STOP || (trial->what >= INJECT_SIGNAL && trial->who == INJECT_WATCHER);
}

/* Where its end is waited for, about as short as it can be with the call still coming before; longer at each repetition. */
static unsigned capture_ms(const struct trial *trial)
{
	if (!takes_the_time(trial))
		return CAPTURE_MS;
	const uint64_t reached = trial->calls ? 2 * (uint64_t)trial->whole_ms * trial->call / trial->calls : 0;
	const uint64_t wanted = (SHORT_CAPTURE_MS + reached) << trial->repetition;
	return wanted < LONG_CAPTURE_MS ? (unsigned)wanted : LONG_CAPTURE_MS;
}

static void run(struct trial *trial)
{
	char report[300], call[16], value[16], time_out[40];
	const unsigned begin = now_ms();
	snprintf(time_out, sizeof(time_out), "TTLOG_CAPTURE_TIMEOUT=%u", capture_ms(trial));
	snprintf(report, sizeof(report), "%s/report", place_root());
	snprintf(call, sizeof(call), "%u", trial->call);
	snprintf(value, sizeof(value), "%d", trial->value);
	trial->outcome = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("inject"), report, whos[trial->who], whats[trial->what], call, value,
						     PROGRAM("faulty"), trial->death->name),
					.environment = LIST(time_out),
					.agent = true,
					.directory = place_root(),
					.limit_s = 60});
	cr_assert(trial->outcome.status == 0, "%s: inject: %s\n%s", trial_text(trial), status_text(trial->outcome.status),
		  trial->outcome.err.data);
	trial->report = read_report(report);
	if (trial->what != INJECT_NOTHING)
		return;
	trial->calls = trial->report.calls[trial->who];
	trial->whole_ms = now_ms() - begin;
}

static void forget(struct outcome *outcome)
{
	free(outcome->out.data);
	free(outcome->err.data);
	free(outcome->agent.data);
}

/* Judging: NULL, or what is wrong ------------------------------------------------------------------------------------------- */

static const char *wrong_death(const struct trial *trial)
{
	const struct inject_report *report = &trial->report;
	const struct outcome *outcome = &trial->outcome;
	char said[64], last[64];
	snprintf(said, sizeof(said), "about to die: %s\n", trial->death->name);
	snprintf(last, sizeof(last), "last words: %s\n", trial->death->name);
	if (!report->ended || report->status != trial->death->status)
		return text_of("%s, not %s", report->ended ? status_text(report->status) : "it lives",
			       status_text(trial->death->status));
	if (strcmp(outcome->out.data, said) != 0 || strcmp(outcome->err.data, last) != 0)
		return text_of("it says\n%s%s", outcome->out.data, outcome->err.data);
	return report->leftover ? "something of it is still alive" : NULL;
}

/* The death as it was. Where its own handler crashed before it had saved anything, that it was killed. */
static const char *wrong_snapshot(const struct trial *trial, const char *path)
{
	struct snapshot snapshot;
	struct snapshot_error error = {.text = "no text"};
	const char *wrong = NULL;
	snapshot_init(&snapshot);
	if (snapshot_read(&snapshot, path, &error) != 0)
		return text_of("%s cannot be read: %s", path, error.text);
	const bool nothing_saved = (trial->what == INJECT_SIGNAL || trial->what == INJECT_LEAVE) && !snapshot.signal.present;
	if (!nothing_saved && snapshot.signal.number != WTERMSIG(trial->death->status))
		wrong = text_of("not of this death%s", snapshot_describe(&snapshot));
	else if (snapshot.event_count < 2)
		wrong = text_of("%zu events%s", snapshot.event_count, snapshot_describe(&snapshot));
	snapshot_fini(&snapshot);
	return wrong;
}

/* Nothing stays in the way of the next trial. */
static const char *wrong_files(const struct trial *trial)
{
	const char *at_once, *later, *wrong = NULL;
	char recovered[300];
	snprintf(recovered, sizeof(recovered), "%s/recovered", place_root());
	const size_t made = snapshots_in(place_storage(), &at_once);
	struct outcome outcome = ttlog(LIST("recover", recovered));
	const size_t found = snapshots_in(recovered, &later);
	if (made + found != 1)
		wrong = text_of("%zu snapshots as it died, %zu by recover\n%s", made, found, outcome.err.data);
	else
		wrong = wrong_snapshot(trial, made ? at_once : later);
	if (!wrong && recorder_files(getuid()) != 0)
		wrong = "its recorder is left";
	for (const char *path; snapshots_in(place_storage(), &path) || snapshots_in(recovered, &path);)
		cr_assert(unlink(path) == 0, "%s", path);
	forget(&outcome);
	return wrong;
}

static const char *try_once(struct trial *trial)
{
	run(trial);
	const char *death = wrong_death(trial);
	const char *files = wrong_files(trial);
	forget(&trial->outcome);
	return death ? death : files;
}

/* The time was over before the call came: on a loaded machine anything takes longer than it took once. */
static bool ended_too_early(const struct trial *trial)
{
	return !trial->report.fired && takes_the_time(trial) && trial->repetition < REPETITIONS;
}

static const char *try(struct trial *trial)
{
	trial->repetition = 0;
	const char *wrong = try_once(trial);
	for (; !wrong && ended_too_early(trial); wrong = try_once(trial))
		trial->repetition++;
	const char *came = trial->report.fired || trial->what == INJECT_NOTHING ? "came" : "did not come";
	if (wrong)
		wrong = text_of("%s (system call %d): %s", trial_text(trial), trial->report.fired ? trial->report.number : -1,
				wrong);
	results_note(wrong ? "wrong" : "right", trial_text(trial), wrong ? wrong : came);
	return wrong;
}

/* Sweeping ------------------------------------------------------------------------------------------------------------------ */

static bool all_wanted(void)
{
	const char *wanted = getenv("TTLOG_FAULTS");
	return wanted && strcmp(wanted, "all") == 0;
}

static unsigned number(const char *variable, unsigned otherwise)
{
	const char *given = getenv(variable);
	return given ? (unsigned)strtoul(given, NULL, 10) : otherwise;
}

/* A sweep in parts: one begins with the first call, one with the second. */
static unsigned parts(void)
{
	const unsigned wanted = all_wanted() ? number("TTLOG_PARTS", 1) : 1;
	return wanted ? wanted : 1;
}

static struct criterion_test_params each_part(void)
{
	unsigned *begin = cr_malloc(parts() * sizeof(*begin));
	for (unsigned i = 0; i < parts(); i++)
		begin[i] = i;
	return cr_make_param_array(unsigned, begin, parts(), NULL);
}

struct sweep {
	const char *death;
	int who, what;
	const int *values; /* the same calls with others in turn, or with all of them */
	unsigned value_count;
	unsigned points; /* so many calls of all, where not all are wanted */
};

/* Failures do not end a sweep: they are told together. */
static const char *try_values(struct trial *trial, const struct sweep *sweep, const char *failures)
{
	const bool all = all_wanted();
	for (unsigned i = 0; i < (all ? sweep->value_count : 1); i++) {
		trial->value = sweep->values[all ? i : trial->call % sweep->value_count];
		const char *wrong = try(trial);
		failures = wrong ? text_of("%s\n%s", failures, wrong) : failures;
	}
	return failures;
}

static struct death death_named(const char *name)
{
	struct outcome outcome = process_run(
		&(struct process_setup){.argv = LIST(PROGRAM("faulty"), name), .directory = place_root()});
	forget(&outcome);
	return (struct death){name, outcome.status};
}

static void needs_own_shm(void)
{
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: recover would take the recorders of others");
}

static struct trial undisturbed(const struct death *death, int who)
{
	struct trial trial = {.death = death, .who = who};
	const char *wrong = try(&trial);
	cr_assert(!wrong, "undisturbed: %s", wrong);
	return trial;
}

static void run_sweep(const struct sweep *sweep, unsigned part)
{
	needs_own_shm();
	const struct death death = death_named(sweep->death);
	struct trial trial = undisturbed(&death, sweep->who);
	const char *failures = "";
	const unsigned step = all_wanted() || trial.calls < sweep->points ? parts() : trial.calls / sweep->points;
	const unsigned first = 1 + (all_wanted() ? part : number("TTLOG_SEED", 1) % step);
	cr_assert(trial.calls > 4, "only %u calls were seen", trial.calls);
	results_note("sweep", text_of("%s %s %s", sweep->death, whos[sweep->who], whats[sweep->what]),
		     text_of("%u", (trial.calls + step - first) / step * sweep->value_count));
	trial.what = sweep->what;
	for (trial.call = first; trial.call <= trial.calls; trial.call += step)
		failures = try_values(&trial, sweep, failures);
	cr_assert(!*failures, "%s", failures);
}

#define SWEEP(DEATH, WHO, WHAT, VALUES, POINTS)                                                                                    \
	ParameterizedTestParameters(faults, DEATH##_##WHO##_##WHAT)                                                                \
	{                                                                                                                          \
		return each_part();                                                                                                \
	}                                                                                                                          \
	ParameterizedTest(unsigned *part, faults, DEATH##_##WHO##_##WHAT)                                                          \
	{                                                                                                                          \
		enum { handler = INJECT_HANDLER, watcher = INJECT_WATCHER, helper = INJECT_HELPER };                               \
		enum {                                                                                                             \
			error = INJECT_ERROR,                                                                                      \
			signal = INJECT_SIGNAL,                                                                                    \
			kill = INJECT_KILL,                                                                                        \
			stop = INJECT_STOP,                                                                                        \
			leave = INJECT_LEAVE                                                                                       \
		};                                                                                                                 \
		run_sweep(&(struct sweep){#DEATH, WHO, WHAT, VALUES, COUNT(VALUES), POINTS}, *part);                               \
	}

#define SWEEPS(DEATH, CRASH)                                                                                                       \
	static const int DEATH##_crash[] = {CRASH};                                                                                \
	SWEEP(DEATH, handler, error, errors, 6)                                                                                    \
	SWEEP(DEATH, handler, signal, DEATH##_crash, 4)                                                                            \
	SWEEP(DEATH, watcher, error, errors, 4)                                                                                    \
	SWEEP(DEATH, watcher, signal, DEATH##_crash, 2)                                                                            \
	SWEEP(DEATH, watcher, kill, none, 2)                                                                                       \
	SWEEP(DEATH, watcher, stop, none, 1)                                                                                       \
	SWEEP(DEATH, helper, error, errors, 6)                                                                                     \
	SWEEP(DEATH, helper, kill, none, 3)                                                                                        \
	SWEEP(DEATH, helper, stop, none, 1)

/* No way to die of a signal but to fault again. */
#define SWEEPS_OF_ALL(DEATH)                                                                                                       \
	SWEEP(DEATH, handler, leave, none, 2)                                                                                      \
	SWEEP(DEATH, watcher, leave, none, 1)                                                                                      \
	SWEEP(DEATH, helper, leave, none, 1)

/* SIGSEGV is blocked while it is handled, so another fault stands for a crash of its handler. */
SWEEPS(fault, SIGBUS)
SWEEPS(abort, SIGSEGV)
SWEEPS(sent, SIGSEGV)
SWEEPS(overflow, SIGBUS)
SWEEPS(threads, SIGBUS)

SWEEPS_OF_ALL(fault)
SWEEPS_OF_ALL(overflow)
SWEEPS_OF_ALL(threads)

/* What the sweeps once found. The death waited for ever for a watcher that had only to exit. */
Test(faults, watcher_is_stopped_on_its_last_steps)
{
	needs_own_shm();
	const struct death death = death_named("fault");
	struct trial trial = {.death = &death, .who = INJECT_WATCHER};
	cr_assert(!try(&trial));
	const unsigned calls = trial.report.calls[INJECT_WATCHER];
	cr_assert(calls > 4, "only %u calls were seen", calls);
	trial.what = INJECT_STOP;
	for (trial.call = calls - 2; trial.call <= calls; trial.call++) {
		const char *wrong = try(&trial);
		cr_assert(!wrong, "%s", wrong);
	}
}

/* The helper was made after the last moment at which its watcher looked whether the time was over, and lived on: for ever where it was stopped. */
Test(faults, helper_comes_when_its_watcher_leaves)
{
	needs_own_shm();
	const struct death death = death_named("fault");
	struct trial trial = {.death = &death, .who = INJECT_HELPER, .what = INJECT_LATE, .call = 2};
	for (int late_ms = 5; late_ms <= 45; late_ms += 10) {
		trial.value = SHORT_CAPTURE_MS + WATCHER_MS + late_ms;
		const char *wrong = try_once(&trial);
		cr_assert(!wrong, "%d ms: %s", late_ms, wrong);
	}
}

/* One trial ----------------------------------------------------------------------------------------------------------------- */

static int index_of(const char *name, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	cr_assert_fail("TTLOG_CASE: %s is not known", name);
	return -1;
}

Test(faults, one_case)
{
	const char *given = getenv("TTLOG_CASE");
	char name[16] = "fault", who[16] = "handler", what[16] = "nothing";
	int value = 0;
	unsigned call = 0;
	needs_own_shm();
	if (given && *given)
		cr_assert(sscanf(given, "death=%15s who=%15s what=%15s value=%d call=%u", name, who, what, &value, &call) == 5,
			  "TTLOG_CASE: \"%s\" is not death=D who=W what=W value=N call=N", given);
	const struct death death = death_named(name);
	struct trial trial = undisturbed(&death, index_of(who, whos, COUNT(whos)));
	trial.what = index_of(what, whats, COUNT(whats));
	trial.value = value;
	trial.call = call;
	const char *wrong = try(&trial);
	cr_assert(!wrong, "%s", wrong);
}
