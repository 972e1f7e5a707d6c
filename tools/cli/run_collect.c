#include "command.h"
#include "describe.h"
#include "directory.h"
#include "recorder_list.h"
#include "recovery.h"
#include "run.h"
#include "signals.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What became of the process of a recorder file. */
struct fate {
	bool known; /* we have its wait status */
	int status;
	uint64_t ended_ns;
	bool direct; /* it is CMD itself */
};

static struct fate fate_of(const struct run *run, pid_t pid)
{
	const struct run_end *end = run_end_of(run, pid);
	struct fate fate = {.direct = pid == run->child};

	if (end) {
		fate.known = true;
		fate.status = end->status;
		fate.ended_ns = end->ended_ns;
	}
	return fate;
}

static bool died(const struct fate *fate)
{
	return fate->known && WIFSIGNALED(fate->status);
}

/* A file of our run that says EXITED was kept because TTLOG_ON_EXIT asked for it: that is ours to answer now. */
static bool wants_snapshot(const struct run *run, const struct recorder_view *view, const struct fate *fate)
{
	bool exited = fate->known ? WIFEXITED(fate->status) : view->header.state == RECORDER_EXITED;

	if (view->header.state == RECORDER_CAPTURED || view->header.state == RECORDER_REPLACED)
		return false;
	if (fate->direct && run->timed_out)
		return false;
	if (!exited)
		return died(fate) || recovery_is_wanted(view);
	if (run->options.on_exit == ON_EXIT_ALWAYS)
		return true;
	return run->options.on_exit == ON_EXIT_FAILURE && fate->known && WEXITSTATUS(fate->status) != 0;
}

/* The wait status says more than the file; the file more than nothing. */
static void set_reason(struct snapshot *snapshot, const struct fate *fate)
{
	const char *name = died(fate) ? signal_name(WTERMSIG(fate->status)) : NULL;

	if (died(fate))
		snapshot->reason = name ? name : arena_format(&snapshot->arena, "signal %d", WTERMSIG(fate->status));
	else if (fate->known)
		snapshot->reason = arena_format(&snapshot->arena, "exit %d", WEXITSTATUS(fate->status));
}

/* We saw it end: that is nearer to the truth than its last event. */
static void set_time(struct snapshot *snapshot, uint64_t begin, const struct fate *fate)
{
	snapshot->created_at = fate->ended_ns;
	snapshot->uptime = snapshot->created_at > begin ? snapshot->created_at - begin : 0;
}

/* As the last event, so that every reader shows it where the story ends. */
static void add_oom_evidence(const struct run *run, struct snapshot *snapshot, const struct fate *fate)
{
	struct oom_count after = oom_read();
	const char *evidence = oom_compare(&run->oom, &after);
	struct snapshot_event *events;

	if (!evidence || !died(fate) || WTERMSIG(fate->status) != SIGKILL)
		return;
	events = arena_alloc(&snapshot->arena, snapshot->event_count + 1, sizeof(*events));
	if (snapshot->event_count)
		memcpy(events, snapshot->events, snapshot->event_count * sizeof(*events));
	events[snapshot->event_count] = (struct snapshot_event){
		.timestamp = snapshot->created_at,
		.level = LEVEL_FATAL,
		.source = SOURCE_AGENT,
		.tid = (uint32_t)snapshot->pid,
		.message = {evidence, strlen(evidence)},
	};
	snapshot->events = events;
	snapshot->event_count++;
}

static void announce(const struct run *run, const struct snapshot *snapshot, const char *path)
{
	const char *name = snapshot->service ? snapshot->service : describe_base_name(run->options.command[0]);
	char end[DESCRIBE_BYTES];

	if (run->options.quiet)
		return;
	if (!strncmp(snapshot->reason, "SIG", 3))
		snprintf(end, sizeof(end), "died of %s", snapshot->reason);
	else if (!strncmp(snapshot->reason, "exit ", 5))
		snprintf(end, sizeof(end), "exited with status %s", snapshot->reason + 5);
	else
		snprintf(end, sizeof(end), "was %s", snapshot->reason);
	fprintf(stderr, "ttlog: %s (pid %" PRId64 ") %s; snapshot %s\n", name, snapshot->pid, end, path);
}

/* Takes the snapshot as it is built, `view` NULL where there is no recorder; false where it could not be written. */
static bool save(const struct run *run, struct snapshot *snapshot, const struct recorder_view *view, const struct fate *fate)
{
	struct snapshot_error error;
	char path[PATH_MAX];

	set_reason(snapshot, fate);
	add_oom_evidence(run, snapshot, fate);
	if (snapshot_write(snapshot, run->storage, path, sizeof(path), &error) != 0) {
		command_error(&command_run, 0, "no snapshot of pid %" PRId64 ": %s", snapshot->pid, error.text);
		return false;
	}
	announce(run, snapshot, path);
	if (view)
		recovery_retain(view, run->storage, path);
	return true;
}

/* On false the recorder file stays, for `ttlog recover`. */
static bool save_recorder(const struct run *run, const struct recorder_view *view, const struct fate *fate)
{
	struct snapshot snapshot;
	int error;
	bool saved;

	snapshot_init(&snapshot);
	error = recovery_build(&snapshot, view, false);
	if (error)
		command_error(&command_run, 0, "no snapshot of pid %u: %s", view->header.pid, strerror(-error));
	else if (fate->known && !view->header.clock.end.ticks)
		set_time(&snapshot, view->header.clock.begin.realtime_ns, fate);
	saved = !error && save(run, &snapshot, view, fate);
	snapshot_fini(&snapshot);
	return saved;
}

/* The file name of a snapshot ends in -PID-TIME-REASON. */
static bool is_named_after(const char *path, pid_t pid)
{
	char part[32];

	snprintf(part, sizeof(part), "-%d-", (int)pid);
	return strstr(strrchr(path, '/') ? strrchr(path, '/') : path, part) != NULL;
}

/* Files are dated by a coarser clock than ours. */
#define SLACK_NS 1000000000u

/* The agent itself has answered CMD's death. */
static bool has_snapshot(const struct run *run)
{
	struct directory directory;
	bool found = false;

	if (directory_open(&directory, run->storage) != 0)
		return false;
	for (size_t i = 0; i < directory.count && !found && directory.entries[i].modified + SLACK_NS >= run->began_ns; i++)
		found = is_named_after(directory.entries[i].path, run->child);
	directory_close(&directory);
	return found;
}

/*
 * A program that cannot be preloaded never has a recorder. SIGKILL before the first event leaves none, nor does any death of which
 * the kernel told nobody: by a fault whose signal is blocked, or whose handler has no stack left, or by a signal that is not captured.
 */
static void save_silent(const struct run *run)
{
	struct fate fate = fate_of(run, run->child);
	struct snapshot snapshot;

	if (run->recorded || run->timed_out || !WIFSIGNALED(run->status))
		return;
	if (!run->unreachable && WTERMSIG(run->status) != SIGKILL && has_snapshot(run))
		return;
	snapshot_init(&snapshot);
	run_describe_silent(run, &snapshot);
	set_time(&snapshot, run->began_ns, &fate);
	save(run, &snapshot, NULL, &fate);
	snapshot_fini(&snapshot);
}

static bool is_ours(const struct run *run, const struct recorder_view *view)
{
	const struct recorder_identity *identity = recorder_view_identity(view);

	return identity && !strcmp(identity->run_id, run->id);
}

static void look_at(struct run *run, const struct recorder_entry *entry)
{
	struct recorder_copy copy;
	struct fate fate;
	const char *why;

	if (recorder_load(&copy, entry->path, &why) != 0)
		return; /* somebody else's affair: `ttlog recover` says what is wrong with it */
	if (is_ours(run, &copy.view) && !recorder_is_alive(entry->pid, entry->path)) {
		fate = fate_of(run, entry->pid);
		run->recorded |= fate.direct && copy.view.header.state != RECORDER_REPLACED;
		if (!wants_snapshot(run, &copy.view, &fate) || save_recorder(run, &copy.view, &fate))
			(void)unlink(entry->path);
	}
	recorder_unload(&copy);
}

void run_collect(struct run *run)
{
	struct recorder_list list;

	/* Started by root, some of it may have become other users. */
	if (recorder_list_open_all(&list) == 0) {
		for (size_t i = 0; i < list.count; i++)
			look_at(run, &list.entries[i]);
	}
	recorder_list_close(&list);
	save_silent(run);
}
