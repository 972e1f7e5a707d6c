#include "command.h"
#include "death_count.h"
#include "describe.h"
#include "directory.h"
#include "proc_number.h"
#include "recorder_list.h"
#include "recovery.h"
#include "retention.h"
#include "run.h"
#include "shortage.h"
#include "signals.h"
#include "terminal.h"

#include <errno.h>
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
	uint64_t ended_ns, peak_bytes;
	bool direct; /* it is CMD itself */
};

static struct fate fate_of_pid(const struct run *run, pid_t pid)
{
	const struct run_end *end = run_end_of(run, pid);
	struct fate fate = {.direct = pid == run->child};

	if (end) {
		fate.known = true;
		fate.status = end->status;
		fate.ended_ns = end->ended_ns;
		fate.peak_bytes = end->peak_bytes;
	}
	return fate;
}

/* Of the process of a recorder: one that was in a pid namespace of its own had another number here, which went with it. */
static struct fate fate_of(const struct run *run, const struct recorder_entry *entry, const struct recorder_header *header)
{
	const uint32_t space = header->pid_namespace, own = proc_namespace("self");

	const struct fate unknown = {.known = false};

	return space && own && space != own ? unknown : fate_of_pid(run, entry->pid);
}

static bool died(const struct fate *fate)
{
	return fate->known && WIFSIGNALED(fate->status);
}

/* The signals by which we, and what else of the tree heard of it, end it when its time is up: there is a snapshot of that already. */
static bool ended_by_timeout(const struct run *run, pid_t pid, bool captured, const struct fate *fate)
{
	int signal = died(fate) ? WTERMSIG(fate->status) : 0;

	if (!captured && !run_is_ended_from_above(run, pid))
		return false;
	return !died(fate) || signal == SIGTERM || signal == SIGKILL || signal == SIGHUP || signal == SIGINT || signal == SIGQUIT;
}

/* --on-exit is about CMD: its exit status is what the user sees. A tool in a script exits with 1 to say no. */
static bool wants_exit(const struct run *run, const struct fate *fate)
{
	if (!fate->direct || !fate->known || !WIFEXITED(fate->status) || run_cmd_is_timed_out(run))
		return false;
	return run->options.on_exit == ON_EXIT_ALWAYS ||
	       (run->options.on_exit == ON_EXIT_FAILURE && WEXITSTATUS(fate->status) != 0);
}

static bool wants_snapshot(const struct run *run, const struct recorder_view *view, const struct fate *fate)
{
	bool exited = fate->known ? WIFEXITED(fate->status) : view->header.state == RECORDER_EXITED;

	if (recovery_is_captured(view) || view->header.state == RECORDER_REPLACED)
		return false;
	if (ended_by_timeout(run, (pid_t)view->header.pid, run_is_recorder_captured(run, &view->header), fate))
		return false;
	return exited ? wants_exit(run, fate) : died(fate) || recovery_is_wanted(view);
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

static void add_evidence(const struct run *run, struct snapshot *snapshot, const struct fate *fate)
{
	snapshot->system.peak_rss = fate->peak_bytes;
	/* A grandchild's status its parent has: it ended without a word, which is what SIGKILL looks like. */
	if (died(fate) ? WTERMSIG(fate->status) == SIGKILL : !fate->known && !strcmp(snapshot->reason, "killed"))
		oom_add_evidence(snapshot, &run->oom);
}

enum { NAME_BYTES = 1024 };

static void announce(const struct run *run, const char *name, int64_t pid, const char *reason, const char *path)
{
	char end[DESCRIBE_BYTES], clean[NAME_BYTES], clean_end[8 * DESCRIBE_BYTES];

	if (run->options.quiet)
		return;
	if (!strncmp(reason, "SIG", 3))
		snprintf(end, sizeof(end), "died of %s", reason);
	else if (!strncmp(reason, "exit ", 5))
		snprintf(end, sizeof(end), "exited with status %s", reason + 5);
	else
		snprintf(end, sizeof(end), "was %s", reason);
	fprintf(stderr, "ttlog: %s (pid %" PRId64 ") %s; snapshot %s\n", terminal_clean(clean, sizeof(clean), name), pid,
		terminal_clean(clean_end, sizeof(clean_end), end), path);
}

/* Takes the snapshot as it is built; false where it could not be written. */
static bool save(const struct run *run, struct snapshot *snapshot, const struct fate *fate)
{
	struct snapshot_error error;
	char path[PATH_MAX];

	if (!(fate->known && WIFEXITED(fate->status)) && !death_count_add(run->id, (pid_t)snapshot->pid))
		return true; /* --max-snapshots: it is counted */
	set_reason(snapshot, fate);
	add_evidence(run, snapshot, fate);
	if (snapshot_write(snapshot, run->storage, path, sizeof(path), &error) != 0) {
		command_error(&command_run, 0, "no snapshot of pid %" PRId64 ": %s", snapshot->pid, error.text);
		return false;
	}
	announce(run, snapshot->service ? snapshot->service : describe_base_name(run->options.command[0]), snapshot->pid,
		 snapshot->reason, path);
	(void)retention_apply(run->storage, path, run->keep_snapshots, run->keep_mb);
	return true;
}

/* On false the recorder file stays, for `ttlog recover`. */
static bool save_recorder(const struct run *run, const struct recorder_view *view, const char *path, const struct fate *fate)
{
	struct snapshot snapshot;
	int error;
	bool saved;

	snapshot_init(&snapshot);
	error = recovery_build(&snapshot, view, path, false);
	if (error)
		command_error(&command_run, 0, "no snapshot of pid %u: %s", view->header.pid, strerror(-error));
	else if (fate->known && !view->header.clock.end.ticks)
		set_time(&snapshot, view->header.clock.begin.realtime_ns, fate);
	saved = !error && save(run, &snapshot, fate);
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
	const int error = directory_open(&directory, run->storage);

	if (is_shortage(error)) {
		command_error(&command_run, 0, "%s: %s; whether there is a snapshot is not known", run->storage, strerror(-error));
		found = true; /* as a rule there is */
	}
	for (size_t i = 0; i < directory.count && !found && directory.entries[i].modified + SLACK_NS >= run->began_ns; i++)
		found = is_named_after(directory.entries[i].path, run->child) && !run_is_of_interval(directory.entries[i].path);
	directory_close(&directory);
	return found;
}

/*
 * A program that cannot be preloaded never has a recorder. SIGKILL before the first event leaves none, nor does any death of which
 * the kernel told nobody: by a fault whose signal is blocked, or whose handler has no stack left, or by a signal that is not captured.
 * Nor has one that fails without a word.
 */
static bool wants_silent(const struct run *run, const struct fate *fate)
{
	if (run->recorded)
		return false;
	if (!died(fate))
		return wants_exit(run, fate);
	if (ended_by_timeout(run, run->child, run_is_captured(run, run->child), fate))
		return false;
	if (run->unreachable || WTERMSIG(fate->status) == SIGKILL)
		return true;
	if (run->options.has_max_snapshots && death_count_has(run->id, run->child))
		return false; /* one too many */
	return !run->nested && !has_snapshot(run);
}

static void save_silent(const struct run *run)
{
	struct fate fate = fate_of_pid(run, run->child);
	struct snapshot snapshot;

	if (!wants_silent(run, &fate))
		return;
	snapshot_init(&snapshot);
	run_describe_silent(run, &snapshot);
	set_time(&snapshot, run->began_ns, &fate);
	save(run, &snapshot, &fate);
	snapshot_fini(&snapshot);
}

/* Its helper was late: the process did not live to say where the snapshot is. */
static void announce_late(const struct run *run, const struct recorder_view *view)
{
	const struct crash_record *crash = recorder_view_crash(view);
	const struct recorder_identity *identity = recorder_view_identity(view);
	const char *reason = signal_name((int)crash->signal);
	char path[CRASH_PATH_BYTES];

	snprintf(path, sizeof(path), "%.*s", (int)sizeof(crash->snapshot_path) - 1, crash->snapshot_path);
	announce(run, identity->service, view->header.pid, reason ? reason : "killed", path);
}

static bool is_ours(const struct run *run, const struct recorder_view *view)
{
	const struct recorder_identity *identity = recorder_view_identity(view);

	return identity && !strcmp(identity->run_id, run->id);
}

static void look_at_dead(struct run *run, const struct recorder_entry *entry, const struct recorder_view *view)
{
	struct fate fate = fate_of(run, entry, &view->header);

	run->recorded |= fate.direct && view->header.state != RECORDER_REPLACED;
	if (view->header.state == RECORDER_DYING &&
	    recovery_is_captured(view)) /* its dying process was ended before it could say so */
		announce_late(run, view);
	else if (wants_snapshot(run, view, &fate) && !save_recorder(run, view, entry->path, &fate))
		return;
	recovery_remove(&command_run, entry->path);
}

/* The recorder has more than could be said without it. */
static void leave(struct run *run, const char *path, bool direct, int error)
{
	run->recorded |= direct && !run->unreachable;
	command_error(&command_run, 0, "%s: %s; left for `ttlog recover`", path, strerror(-error));
}

/* Ended while it made its recorder, before it had said anything; whose run it was does not stand there yet. */
static bool is_abandoned(const struct run *run, const struct recorder_entry *entry)
{
	return run_end_of(run, entry->pid) && recorder_is_half_made(entry->path) && kill(entry->pid, 0) != 0 && errno == ESRCH;
}

static void look_at(struct run *run, const struct recorder_entry *entry)
{
	struct recorder_copy copy;
	const char *why;
	int error, life;

	if (is_abandoned(run, entry))
		recovery_remove(&command_run, entry->path);
	if (!recorder_may_be_of_run(entry->path, run->id))
		return;
	error = recorder_load(&copy, entry->path, &why);
	if (is_shortage(error))
		leave(run, entry->path, entry->pid == run->child, error);
	if (error)
		return; /* somebody else's affair: `ttlog recover` says what is wrong with it */
	life = is_ours(run, &copy.view) ? recorder_life(entry->pid, entry->path) : 1;
	if (life < 0)
		leave(run, entry->path, entry->pid == run->child, life);
	if (!life && !run_has_late_helper(run, entry->pid))
		look_at_dead(run, entry, &copy.view);
	recorder_unload(&copy);
}

void run_collect(struct run *run)
{
	struct recorder_list list;
	char directory[PATH_MAX];
	int error;

	run_await_helpers(run);
	/* Started by root, some of it may have become other users. */
	error = recorder_list_open_all(&list);
	for (size_t i = 0; i < list.count; i++)
		look_at(run, &list.entries[i]);
	recorder_directory(directory);
	if (error)
		leave(run, directory, true, error);
	recorder_list_close(&list);
	save_silent(run);
	run_interval_tidy(run);
}
