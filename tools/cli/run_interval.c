/*
 * Snapshots of the living: every --interval one of each process of the run that has said something since its last. They are for
 * when nothing else will be left (the machine is reset, ttlog run is killed), so a process has one at a time, the newest, and none
 * any more once it has ended and its end is told: it exited, or there is a snapshot of its death.
 *
 * A child of ours makes them, from the first period on, so that neither signals nor a time-out wait for a capture. It leads a
 * process group, apart from the terminal's, in which its helpers are, too: both end at once when the run does.
 */
#include "ask_capture.h"
#include "directory.h"
#include "live.h"
#include "recorder_list.h"
#include "run.h"
#include "snapshot.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REASON     "interval"
#define CAPTURE_NS (30 * 1000000000ull)
#define SLACK_NS   1000000000u /* files are dated by a coarser clock than ours */

/* What a recorder held when there was a snapshot of it. */
struct seen {
	char path[PATH_MAX];
	uint64_t recorded;
	bool met; /* in this round */
};

struct watch {
	const struct run *run;
	struct seen *seen;
	size_t count, room;
};

/* Files -------------------------------------------------------------------------------------------------------------------- */

bool run_is_of_interval(const char *path)
{
	static const char end[] = "-" REASON SNAPSHOT_SUFFIX, again[] = "-" REASON "-"; /* and a number, where the name was taken */
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	const size_t bytes = strlen(name);

	return (bytes > sizeof(end) && !strcmp(name + bytes - sizeof(end) + 1, end)) || strstr(name, again);
}

/* ttlog-SERVICE-PID-TIME-REASON: the service may hold anything, so it is read from the end. 0: another name. */
static pid_t pid_of(const char *path)
{
	const char *at = strstr(strrchr(path, '/') ? strrchr(path, '/') : path, "-" REASON), *dash[3] = {NULL};

	for (const char *next = at; next; next = strstr(next + 1, "-" REASON)) /* a service of that name */
		at = next;
	for (int n = 0; at && n < 2; n++) {
		const char *from = at - 1;
		while (from > path && *from != '-' && *from != '/')
			from--;
		at = *from == '-' ? from : NULL;
		dash[n] = at;
	}
	return dash[1] ? (pid_t)strtol(dash[1] + 1, NULL, 10) : 0;
}

/* Of this run, as far as the time tells: an earlier process of that number may have left one of its own. */
static void remove_older(const struct run *run, pid_t pid, const char *newest)
{
	struct directory directory;

	if (directory_open(&directory, run->storage) != 0)
		return;
	for (size_t i = 0; i < directory.count; i++) {
		const struct directory_entry *entry = &directory.entries[i];
		if (entry->modified + SLACK_NS >= run->began_ns && run_is_of_interval(entry->path) && pid_of(entry->path) == pid &&
		    (!newest || strcmp(entry->path, newest) != 0))
			(void)unlink(entry->path);
	}
	directory_close(&directory);
}

/* Its recorder stays where its death could not be told: then this may be all that there is. */
static bool has_recorder(const struct recorder_list *recorders, pid_t pid)
{
	for (size_t i = 0; i < recorders->count; i++) {
		if (recorders->entries[i].pid == pid)
			return true;
	}
	return false;
}

static void remove_told(const struct run *run, const struct directory *directory, const struct recorder_list *recorders)
{
	for (size_t i = 0; i < directory->count; i++) {
		const struct directory_entry *entry = &directory->entries[i];
		const pid_t pid = run_is_of_interval(entry->path) ? pid_of(entry->path) : 0;
		if (pid > 0 && entry->modified + SLACK_NS >= run->began_ns && !has_recorder(recorders, pid))
			(void)unlink(entry->path);
	}
}

void run_interval_tidy(const struct run *run)
{
	struct recorder_list recorders = {.count = 0};
	struct directory directory;
	int error = run->watcher_began ? directory_open(&directory, run->storage) : -ENOENT;

	if (error == -ENOENT)
		return;
	if (!error)
		error = recorder_list_open_all(&recorders);
	if (!error)
		remove_told(run, &directory, &recorders);
	else
		command_error(&command_run, 0, "%s: %s; snapshots of --interval stay there", run->storage, strerror(-error));
	recorder_list_close(&recorders);
	directory_close(&directory);
}

/* The child -------------------------------------------------------------------------------------------------------------- */

static struct seen *seen_of(struct watch *watch, const char *path)
{
	for (size_t i = 0; i < watch->count; i++) {
		if (!strcmp(watch->seen[i].path, path))
			return &watch->seen[i];
	}
	if (watch->count == watch->room) {
		const size_t room = watch->room ? watch->room * 2 : 16;
		struct seen *grown = reallocarray(watch->seen, room, sizeof(*grown));
		if (!grown)
			return NULL;
		watch->seen = grown;
		watch->room = room;
	}
	watch->seen[watch->count] = (struct seen){.recorded = 0};
	snprintf(watch->seen[watch->count].path, PATH_MAX, "%s", path);
	return &watch->seen[watch->count++];
}

static void forget_gone(struct watch *watch)
{
	size_t kept = 0;

	for (size_t i = 0; i < watch->count; i++) {
		if (watch->seen[i].met)
			watch->seen[kept++] = watch->seen[i];
	}
	watch->count = kept;
}

static void look_at(struct watch *watch, const struct live_process *process)
{
	const struct recorder_identity *identity = recorder_view_identity(&process->follow.view);
	const uint64_t recorded = recorder_follow_counts(&process->follow).recorded;
	const struct ask_capture ask = {.pid = process->pid,
					.started = live_started(process->pid),
					.reason = REASON,
					.storage = watch->run->storage,
					.run = watch->run->id,
					.limit_ns = CAPTURE_NS,
					.deaf = true};
	char path[PATH_MAX], why[PATH_MAX];
	struct seen *seen;

	if (!identity || strcmp(identity->run_id, watch->run->id) != 0)
		return;
	seen = seen_of(watch, process->path);
	if (!seen)
		return;
	seen->met = true;
	if (recorded == seen->recorded || process->follow.view.header.state != RECORDER_LIVE || ask_capture(&ask, path, why) != 0)
		return; /* it may have ended: that is told by others; or there is no room: next time */
	seen->recorded = recorded;
	remove_older(watch->run, process->pid, path);
}

static void look_at_all(struct watch *watch)
{
	const struct live_choice all = {0, NULL};
	struct live_list list;

	for (size_t i = 0; i < watch->count; i++)
		watch->seen[i].met = false;
	if (live_open(&list, &all, false) == 0) {
		for (size_t i = 0; i < list.count; i++)
			look_at(watch, &list.processes[i]);
	}
	live_close(&list);
	forget_gone(watch);
	run_interval_tidy(watch->run);
}

static _Noreturn void watch_run(const struct run *run)
{
	struct watch watch = {.run = run};
	const uint64_t ns = run->options.interval_ns;
	const struct timespec period = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};

	for (;;) {
		look_at_all(&watch);
		nanosleep(&period, NULL);
	}
}

/* Ours ------------------------------------------------------------------------------------------------------------------- */

void run_interval_start(struct run *run)
{
	const pid_t self = getpid();

	fflush(NULL);
	run->watcher_began = true;
	run->watcher = fork();
	if (run->watcher == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != self)
			_exit(0);
		prctl(PR_SET_NAME, "ttlog-interval");
		watch_run(run);
	}
	if (run->watcher > 0)
		setpgid(run->watcher, run->watcher);
}

void run_interval_stop(struct run *run)
{
	if (run->watcher <= 0)
		return;
	kill(-run->watcher, SIGKILL);
	while (waitpid(run->watcher, NULL, 0) < 0 && errno == EINTR)
		continue;
	run->watcher = 0;
}
