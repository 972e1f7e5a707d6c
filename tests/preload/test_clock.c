/*
 * When events happened: the order among threads, and the wall clock, by either clock of the record path.
 *
 * An event stands between two readings of the wall clock that the program made itself, so nothing that delays it can make this
 * fail. How far outside it is told to be is the error of the conversion. CLOCK_SECONDS=60 in the environment makes the runs
 * longer and prints the errors.
 */
#include "command.h"
#include "describe.h"
#include "expect.h"
#include "place.h"
#include "recorder.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

TestSuite(clock, .init = place_init, .fini = place_fini, .timeout = 400);

#define SOURCE_OF_TIME "/sys/devices/system/clocksource/clocksource0/current_clocksource"

enum { EVENTS = 3000, ERROR_MAX_NS = 10000 };

static const char *seconds(void)
{
	const char *given = getenv("CLOCK_SECONDS");
	return given ? given : "0.6";
}

/* Another clock source, as far as anybody in this test's mount namespace can see. */
static void pretend_other_clocksource(void)
{
	static const char name[] = "acpi_pm\n";
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace to be had");
	if (access(SOURCE_OF_TIME, R_OK) != 0)
		cr_skip_test("no clock source to be seen in /sys");
	cr_assert(mount(place_file("source", name, sizeof(name) - 1), SOURCE_OF_TIME, NULL, MS_BIND, NULL) == 0);
}

static uint64_t number_of(const struct snapshot_event *event, const char *key, const struct snapshot *snapshot)
{
	const struct snapshot_value *value = find_value(event, key);
	cr_assert(value != NULL, "an event without %s%s", key, snapshot_describe(snapshot));
	return value->value.number.u;
}

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static uint64_t distance(uint64_t time, uint64_t before, uint64_t after)
{
	return time < before ? before - time : time > after ? time - after : 0;
}

/* All events, in the order in which the token went around, each where its bracket says. */
static void judge(const char *what, const struct snapshot *snapshot)
{
	static uint64_t errors[EVENTS];
	const struct snapshot_event *stamps[EVENTS + 1];
	size_t found = 0;
	for (size_t i = 0; i < snapshot->event_count && found <= EVENTS; i++) {
		const struct snapshot_event *event = &snapshot->events[i];
		if (event->message.bytes == 5 && memcmp(event->message.data, "stamp", 5) == 0)
			cr_assert_eq(number_of(event, "number", snapshot), found, "%s: event %zu is out of order", what, found);
		else if (event->message.bytes != 4 || memcmp(event->message.data, "last", 4) != 0)
			continue;
		stamps[found++] = event;
	}
	cr_assert_eq(found, EVENTS + 1, "%s: %zu events%s", what, found, snapshot_describe(snapshot));
	for (size_t i = 0; i < EVENTS; i++)
		errors[i] = distance(stamps[i]->timestamp, number_of(stamps[i], "before", snapshot),
				     number_of(stamps[i + 1], "previous", snapshot));
	qsort(errors, EVENTS, sizeof(*errors), compare);
	if (getenv("CLOCK_SECONDS"))
		fprintf(stderr, "%s: error of the wall clock: median %" PRIu64 " ns, 99 %% %" PRIu64 " ns, max %" PRIu64 " ns\n",
			what, errors[EVENTS / 2], errors[EVENTS - EVENTS / 100], errors[EVENTS - 1]);
	cr_assert(errors[EVENTS - 1] < ERROR_MAX_NS, "%s: an event is told %" PRIu64 " ns from where it was", what,
		  errors[EVENTS - 1]);
}

#define STAMPS(how, tsc)                                                                                                           \
	(&(struct process_setup){.argv = LIST(PROGRAM("stamps"), seconds(), how, tsc), .agent = true, .limit_s = 300})

static void check_clock(const char *path, enum clock_kind kind)
{
	struct recorder_header header;
	const int fd = open(path, O_RDONLY);
	cr_assert(fd >= 0 && read(fd, &header, sizeof(header)) == sizeof(header));
	close(fd);
	cr_assert_eq(header.clock.kind, kind);
}

/* The end is noted by the dying process. */
static void check_abort(const char *what, const char *tsc)
{
	struct snapshot snapshot;
	const struct outcome agent = process_run(STAMPS("abort", tsc));
	cr_assert(WIFSIGNALED(agent.status) && WTERMSIG(agent.status) == SIGABRT, "%s: %s%s", what, status_text(agent.status),
		  agent.err.data);
	expect_one_snapshot(agent, &snapshot);
	judge(what, &snapshot);
	place_storage_clear();
}

/* Nobody noted the end: whoever reads the file knows the present. */
static void check_killed(const char *what, const char *tsc, enum clock_kind kind)
{
	struct snapshot snapshot;
	const struct outcome agent = process_run(STAMPS("kill", tsc));
	const char *path = recorder_of(agent.pid);
	cr_assert(path, "%s: %s%s", what, status_text(agent.status), agent.err.data);
	check_clock(path, kind);
	ttlog(LIST("recover", place_storage()));
	snapshot_only(&snapshot, NULL);
	judge(what, &snapshot);
	place_storage_clear();
}

/* A snapshot on request, of a process that goes on. */
static void check_living(const char *what, const char *tsc)
{
	struct snapshot snapshot;
	char pid[16];
	struct process *process = process_start(STAMPS("live", tsc));
	process_await(process, "ready");
	snprintf(pid, sizeof(pid), "%d", (int)process_pid(process));
	process_run(&(struct process_setup){
		.argv = LIST(CAPTURE, "--pid", pid, "--reason", "request", "--storage", place_storage()), .limit_s = 60});
	snapshot_only(&snapshot, NULL);
	judge(what, &snapshot);
	kill(process_pid(process), SIGKILL);
	process_finish(process);
	place_storage_clear();
}

Test(clock, counter)
{
	char source[16] = "";
	const int fd = open(SOURCE_OF_TIME, O_RDONLY);
	if (fd < 0 || read(fd, source, sizeof(source) - 1) < 4 || memcmp(source, "tsc\n", 4) != 0)
		cr_skip_test("this kernel does not keep time by the time-stamp counter");
	close(fd);
	check_abort("counter, aborted", NULL);
	check_killed("counter, killed", NULL, CLOCK_KIND_TSC);
	check_living("counter, living", NULL);
}

Test(clock, other_clock_source)
{
	pretend_other_clocksource();
	check_abort("monotonic, aborted", NULL);
	check_killed("monotonic, killed", NULL, CLOCK_KIND_MONOTONIC);
	check_living("monotonic, living", NULL);
}

static void need_forbidding(void)
{
	int mode;
	if (prctl(PR_GET_TSC, &mode, 0, 0, 0) != 0)
		cr_skip_test("this processor's counter cannot be forbidden (PR_SET_TSC)");
}

/* Where reading the counter kills, also the vdso's clock does. */
Test(clock, counter_forbidden)
{
	need_forbidding();
	check_abort("no counter, aborted", "no_tsc");
	check_killed("no counter, killed", "no_tsc", CLOCK_KIND_MONOTONIC);
	check_living("no counter, living", "no_tsc");
}

/* The recorder was made with the counter, and the program forbids it itself then. Where nobody notes the end the wall clock is as good as the rate that
 * was measured until then. */
Test(clock, counter_forbidden_later)
{
	need_forbidding();
	check_abort("counter lost, aborted", "lose_tsc");
}

/* A program, or a library preloaded beside the agent, that tells another time is neither asked nor believed. */
Test(clock, programs_own_clock_gettime)
{
	struct snapshot snapshot;
	const uint64_t begin = (uint64_t)time(NULL) * 1000000000;
	const struct outcome agent = process_run(&(struct process_setup){.argv = LIST(PROGRAM("own_clock")), .agent = true});
	expect_one_snapshot(agent, &snapshot);
	cr_assert(strstr(agent.out.data, "asked 0 times\n"), "%s", agent.out.data);
	expect_event(&snapshot, SOURCE_STDOUT, "asked 0 times");
	for (size_t i = 0; i < snapshot.event_count; i++)
		cr_assert(snapshot.events[i].timestamp >= begin && snapshot.events[i].timestamp < begin + 60 * 1000000000ull,
			  "event %zu at %" PRIu64, i, snapshot.events[i].timestamp);
}
