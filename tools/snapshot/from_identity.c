#include "from_identity.h"

#include "event.h"
#include "version.h"

#include <string.h>

/*
 * A title that a process wrote over its arguments ("postgres: checkpointer") ends in as many NULs as they were longer, and looks
 * like so many empty arguments. One may be meant.
 */
static size_t without_padding(const char *cmdline, size_t bytes)
{
	size_t used = bytes;

	while (used && !cmdline[used - 1])
		used--;
	return bytes - used > 2 ? used : bytes;
}

void identity_add_cmdline(struct snapshot *snapshot, const char *cmdline, size_t bytes)
{
	const char *at = cmdline, *end = at + without_padding(cmdline, bytes);
	size_t count = 0;

	for (const char *c = at; c < end; c++)
		count += !*c || c + 1 == end;
	snapshot->cmdline = arena_alloc(&snapshot->arena, count, sizeof(char *));
	for (snapshot->cmdline_count = 0; at < end; snapshot->cmdline_count++) {
		size_t length = strnlen(at, (size_t)(end - at));
		snapshot->cmdline[snapshot->cmdline_count] = arena_bytes(&snapshot->arena, at, length);
		at += length + 1;
	}
}

static const char *known(struct arena *arena, const char *string)
{
	return string[0] ? arena_string(arena, string) : NULL;
}

void identity_add(struct snapshot *snapshot, const struct recorder_view *view)
{
	const struct recorder_identity *identity = recorder_view_identity(view);

	snapshot->agent.version = TTLOG_VERSION;
	snapshot->pid = view->header.pid;
	snapshot->ppid = view->header.ppid;
	if (!identity)
		return;
	snapshot->service = known(&snapshot->arena, identity->service);
	snapshot->run = known(&snapshot->arena, identity->run_id);
	snapshot->exe = known(&snapshot->arena, identity->exe);
	snapshot->cwd = known(&snapshot->arena, identity->cwd);
	snapshot->redact = known(&snapshot->arena, identity->redact);
	snapshot->agent.config_error = known(&snapshot->arena, identity->config_error);
	snapshot->agent.listener_error = known(&snapshot->arena, identity->listener_error);
	snapshot->agent.listener = known(&snapshot->arena, identity->listener_dying);
	identity_add_cmdline(snapshot, identity->cmdline, identity->cmdline_bytes);
}

void identity_add_degradations(struct snapshot *snapshot, uint32_t bits)
{
	for (unsigned bit = 0; bit < 32; bit++) {
		const char *name = bits & 1u << bit ? degradation_name(bit) : NULL;
		if (name)
			snapshot_add_degradation(snapshot, name);
	}
}

void identity_add_times(struct snapshot *snapshot, const struct recorder_clock *clock, const struct clock_pair *now)
{
	const struct clock_pair *end = clock->end.ticks ? &clock->end : now;

	snapshot->created_at = end->realtime_ns;
	if (end->monotonic_ns > clock->begin.monotonic_ns)
		snapshot->uptime = end->monotonic_ns - clock->begin.monotonic_ns;
}
