/* ttlog snapshot: of a living process, with the stacks of all threads, which lives on. */
#include "ask_capture.h"
#include "command.h"
#include "describe.h"
#include "live.h"
#include "recovery.h"
#include "snapshot.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CAPTURE_NS    (60 * 1000000000ull)
#define REASON_LENGTH 63u /* what a file name keeps of it */

struct request {
	struct live_choice choice;
	const char *reason, *storage;
	char absolute[PATH_MAX]; /* storage */
	size_t made;
	int status;
};

static void failed(struct request *request, pid_t pid, enum command_exit status, const char *why)
{
	request->status = command_error(&command_snapshot, status, "%d: %s", (int)pid, why);
}

/* What it had to do without, which is no failure, for who asked. */
static bool went_without(const struct snapshot *snapshot, const char *what)
{
	for (size_t i = 0; i < snapshot->agent.degradation_count; i++) {
		if (!strcmp(snapshot->agent.degradations[i], what))
			return true;
	}
	return false;
}

static void say_what_is_missing(pid_t pid, const char *path)
{
	struct snapshot snapshot;
	struct snapshot_error error;

	snapshot_init(&snapshot);
	if (snapshot_read(&snapshot, path, &error) == 0) {
		if (went_without(&snapshot, degradation_name(__builtin_ctz(DEGRADED_PTRACE))))
			command_error(&command_snapshot, 0, "%d: may not be traced: its recorder alone, no stacks", (int)pid);
		if (went_without(&snapshot, "no recorder"))
			command_error(&command_snapshot, 0,
				      "%d: no recorder (not run by ttlog, static, or silent so far): its stacks alone, no events",
				      (int)pid);
		if (went_without(&snapshot, "its recorder cannot be read"))
			command_error(&command_snapshot, 0, "%d: its recorder cannot be read: its stacks alone, no events",
				      (int)pid);
	}
	snapshot_fini(&snapshot);
}

/* The name of the snapshot on standard output: scripts read it. */
static void capture(struct request *request, pid_t pid)
{
	const struct ask_capture ask = {.pid = pid,
					.started = live_started(pid),
					.reason = request->reason,
					.storage = request->storage,
					.limit_ns = CAPTURE_NS};
	char path[PATH_MAX], why[PATH_MAX];
	int error;

	if (!ask.started) {
		failed(request, pid, COMMAND_NOTHING, "no such process");
		return;
	}
	error = ask_capture(&ask, path, why);
	if (error) {
		failed(request, pid, error == -ENOMEM ? COMMAND_USAGE : COMMAND_NOTHING,
		       error == -ETIMEDOUT ? "the capture took too long and was ended; the process goes on"
		       : why[0]            ? why
					   : strerror(-error));
		return;
	}
	puts(path);
	fflush(stdout);
	request->made++;
	say_what_is_missing(pid, path);
}

/* By number also one without a recorder: its stacks are there. */
static int capture_chosen(struct request *request)
{
	struct live_list list;
	int error;

	if (request->choice.pid) {
		capture(request, request->choice.pid);
		return request->status;
	}
	error = live_open(&list, &request->choice, false);
	if (error)
		return command_error(&command_snapshot, COMMAND_BAD_FILE, "/dev/shm: %s", strerror(-error));
	for (size_t i = 0; i < list.count; i++)
		capture(request, list.processes[i].pid);
	if (!list.count)
		request->status = command_error(&command_snapshot, COMMAND_NOTHING, "%s%s: no such process is recorded",
						request->choice.service ? "service " : "--all",
						request->choice.service ? request->choice.service : "");
	live_close(&list);
	return request->status;
}

/* Options -------------------------------------------------------------------------------------------------------------------- */

/* One that stands for a death, or for what others make, would be a lie in the lists. */
static bool means_death(const char *reason)
{
	static const char *const words[] = {"SIG", "signal ", "exit", "killed", "timeout", "live", "interval"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strncmp(reason, words[i], strlen(words[i])))
			return true;
	}
	return false;
}

static int set_reason(struct request *request, const char *reason)
{
	if (!*reason || strlen(reason) > REASON_LENGTH)
		return command_error(&command_snapshot, COMMAND_USAGE, "--reason %.80s: of 1 to %u bytes, please", reason,
				     REASON_LENGTH);
	if (means_death(reason))
		return command_error(&command_snapshot, COMMAND_USAGE, "--reason %s: reads like a death, which this is not",
				     reason);
	request->reason = reason;
	return COMMAND_DONE;
}

/* The helper works where we do, but says what it wrote: absolute. */
static int set_storage(struct request *request, const char *storage)
{
	char directory[PATH_MAX];

	if (!*storage)
		return command_error(&command_snapshot, COMMAND_USAGE, "--storage \"\": no directory");
	if (storage[0] == '/' || !getcwd(directory, sizeof(directory))) {
		request->storage = storage;
		return COMMAND_DONE;
	}
	if (snprintf(request->absolute, sizeof(request->absolute), "%.2000s/%.2000s", directory, storage) < 0)
		return COMMAND_USAGE;
	request->storage = request->absolute;
	return COMMAND_DONE;
}

static const struct option long_options[] = {
	{"all", no_argument, NULL, 'a'},
	{"reason", required_argument, NULL, 'r'},
	{"storage", required_argument, NULL, 's'},
	{NULL, 0, NULL, 0},
};

static int run_snapshot(int argc, char **argv)
{
	struct request request = {.reason = "request", .status = COMMAND_DONE};
	bool all = false;
	int option, status = COMMAND_DONE;

	while (!status && (option = command_option(&command_snapshot, argc, argv, long_options, 0)) != OPTION_END) {
		if (option == OPTION_HELP)
			return COMMAND_DONE;
		if (option == OPTION_BAD)
			return COMMAND_USAGE;
		if (option == 'a')
			all = true;
		else
			status = option == 'r' ? set_reason(&request, optarg) : set_storage(&request, optarg);
	}
	if (!status)
		status = live_choose(&command_snapshot, &request.choice, all, argc - optind, argv + optind);
	signal(SIGCHLD, SIG_DFL);
	return status ? status : capture_chosen(&request);
}

const struct command command_snapshot = {
	.name = "snapshot",
	.summary = "a snapshot of a living process, with all stacks; it lives on",
	.run = run_snapshot,
	.options = long_options,
	.operands = COMMAND_TAKES_PROCESS,
	.help = "usage: ttlog snapshot [--reason R] [--storage DIR] PID|SERVICE|--all\n\n"
		"Stops the process for as long as it takes to copy its registers and stacks (well\n"
		"under a millisecond for a few threads: `ttlog view --threads` says how long it\n"
		"was), lets it go on, and writes a snapshot of it; prints its name. With a PID\n"
		"also of a process that has no recorder: stacks, no events. Where tracing is not\n"
		"allowed: events, no stacks. It says so.\n\n"
		"  --reason R     one word or a few: why; in the snapshot and in its name\n"
		"                 (default: request)\n"
		"  --storage DIR  where it goes (default: the process's TTLOG_STORAGE, as its\n"
		"                 user where root asks; else ./tmp)\n\n"
		"A wait in epoll_wait(2) and some other calls may come back with EINTR, as at ^Z\n"
		"and fg (signal(7)). Exit status 1: there is no such process, or a snapshot could\n"
		"not be made.\n\n"
		"Examples:\n"
		"  ttlog snapshot 4711\n"
		"  ttlog snapshot --reason 'slow requests' --storage /var/crash nginx\n"
		"  ttlog view $(ttlog snapshot 4711)\n",
};
