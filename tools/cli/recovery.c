#include "recovery.h"

#include "recorder_place.h"
#include "redact.h"
#include "retention.h"
#include "stacks.h"
#include "symbols.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void name_all(struct snapshot *snapshot)
{
	struct symbols *symbols = symbols_create(NULL);

	if (!symbols)
		return;
	symbols_add_build_ids(symbols, snapshot);
	snapshot_place_frames(snapshot);
	symbols_name_frames(symbols, snapshot, SYMBOLS_NAMES_AND_LINES);
	symbols_destroy(symbols);
}

/* Nobody wrote the time of death down: the last event is the last that is known of it. */
static void date_back(struct snapshot *snapshot, const struct recorder_header *header)
{
	uint64_t begin = header->clock.begin.realtime_ns;
	uint64_t last = snapshot->event_count ? snapshot->events[snapshot->event_count - 1].timestamp : begin;

	snapshot->created_at = last;
	snapshot->uptime = last > begin ? last - begin : 0;
}

static const char *reason(const struct snapshot *snapshot, const struct recorder_view *view, bool alive)
{
	if (alive)
		return "live";
	if (snapshot->signal.present)
		return snapshot->signal.name ? snapshot->signal.name : "signal";
	const struct crash_record *crash = recorder_view_crash(view);
	if (crash && crash->reason == CRASH_REQUEST)
		return "request"; /* a copy that the living process made */
	return view->header.state == RECORDER_EXITED ? "exited" : "killed";
}

int recovery_build(struct snapshot *snapshot, const struct recorder_view *view, const char *path, bool alive)
{
	int error = snapshot_add_recorder(snapshot, view);
	const char *maps;
	size_t bytes;

	if (error)
		return error;
	(void)snapshot_add_crash(snapshot, view); /* a damaged crash record is no reason to lose the events */
	maps = recorder_view_maps(view, &bytes);
	error = maps ? snapshot_add_maps(snapshot, maps, bytes) : 0;
	if (error)
		return error;
	snapshot_add_system(snapshot, alive ? snapshot->pid : 0);
	if (alive || !stacks_add(snapshot, view, path))
		(void)snapshot_add_crash_thread(snapshot, view);
	name_all(snapshot);
	snapshot->reason = reason(snapshot, view, alive);
	snapshot_redact(snapshot); /* also where it is only shown */
	if (!alive && !view->header.clock.end.ticks)
		date_back(snapshot, &view->header);
	if (!alive)
		snapshot_add_degradation(snapshot, degradation_name(__builtin_ctz(DEGRADED_RECORDER_ONLY)));
	return 0;
}

bool recovery_is_captured(const struct recorder_view *view)
{
	const struct crash_record *crash = recorder_view_crash(view);

	if (view->header.state == RECORDER_CAPTURED)
		return true;
	if (view->header.state != RECORDER_DYING || !crash || !crash->snapshot_path[0])
		return false;
	return crash->capture_state == CAPTURE_DONE || access(crash->snapshot_path, F_OK) == 0;
}

bool recovery_is_wanted(const struct recorder_view *view)
{
	if (view->header.state != RECORDER_LIVE && view->header.state != RECORDER_DYING)
		return false;
	return !recovery_is_captured(view);
}

const char *recovery_storage(const struct recorder_view *view, const char *asked)
{
	const struct recorder_identity *identity = recorder_view_identity(view);

	if (asked)
		return asked;
	return identity && identity->storage[0] ? identity->storage : "./tmp";
}

void recovery_retain(const struct recorder_view *view, const char *storage, const char *path)
{
	const struct recorder_identity *identity = recorder_view_identity(view);

	if (identity)
		(void)retention_apply(storage, path, identity->keep_snapshots, identity->keep_mb);
}

bool recovery_remove(const struct command *command, const char *recorder)
{
	const int error = recorder_remove(recorder);

	if (!error || error == -ENOENT)
		return true;
	command_error(command, COMMAND_DONE, "%s: cannot be removed: %s; `ttlog recover` finds it again", recorder,
		      strerror(-error));
	return false;
}
