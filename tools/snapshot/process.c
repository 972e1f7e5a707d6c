/* What /proc tells of a living process: proc(5). */
#include "cgroup.h"
#include "proc_file.h"
#include "proc_number.h"
#include "snapshot.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES    4096u
#define COMMAND_BYTES 256u /* of a sender's command line; it is there to recognise it */

/* The number behind "\nkey:" of /proc/pid/status, 0 where there is none. */
static uint64_t status_number(const char *status, const char *key)
{
	const char *at = strstr(status, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static uint32_t count_entries(int64_t pid, const char *name)
{
	char path[PROC_PATH_BYTES];
	const struct dirent *entry;
	uint32_t count = 0;
	DIR *directory;

	proc_path(path, (pid_t)pid, name);
	directory = opendir(path);
	while (directory && (entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	if (directory)
		closedir(directory);
	return count;
}

/* Limits ---------------------------------------------------------------------------------------------------------------------- */

/* Those that programs die of. Units: bytes, but for cpu (seconds), nofile (descriptors) and nproc (processes). */
static const struct {
	const char *row, *name;
} limit_rows[] = {
	{"Max cpu time", "cpu"},      {"Max file size", "fsize"},       {"Max data size", "data"},
	{"Max stack size", "stack"},  {"Max core file size", "core"},   {"Max processes", "nproc"},
	{"Max open files", "nofile"}, {"Max locked memory", "memlock"}, {"Max address space", "as"},
};
#define LIMIT_ROWS (sizeof(limit_rows) / sizeof(limit_rows[0]))

/* "unlimited" is no number. */
static const char *parse_limit(const char *at, bool *has, uint64_t *value)
{
	char *end;

	at += strspn(at, " ");
	*has = *at >= '0' && *at <= '9';
	if (!*has)
		return at + strcspn(at, " \n");
	*value = strtoull(at, &end, 10);
	return end;
}

static void add_limits(struct snapshot *snapshot, int64_t pid)
{
	char text[TEXT_BYTES];
	struct snapshot_limit *limits;

	if (!proc_file_read(pid, "limits", text, sizeof(text)))
		return;
	limits = arena_alloc(&snapshot->arena, LIMIT_ROWS, sizeof(*limits));
	for (size_t i = 0; i < LIMIT_ROWS; i++) {
		const char *at = strstr(text, limit_rows[i].row);
		struct snapshot_limit *limit = &limits[snapshot->system.limit_count];
		if (!at)
			continue;
		limit->name = limit_rows[i].name;
		at = parse_limit(at + strlen(limit_rows[i].row), &limit->has_soft, &limit->soft);
		parse_limit(at, &limit->has_hard, &limit->hard);
		snapshot->system.limit_count++;
	}
	snapshot->system.limits = limits;
}

void snapshot_add_process(struct snapshot *snapshot, int64_t pid)
{
	char status[TEXT_BYTES];

	proc_file_read(pid, "status", status, sizeof(status));
	snapshot->system.rss = status_number(status, "\nVmRSS:") * 1024;
	snapshot->system.peak_rss = status_number(status, "\nVmHWM:") * 1024;
	snapshot->system.threads = (uint32_t)status_number(status, "\nThreads:");
	snapshot->system.fds = count_entries(pid, "fd");
	snapshot->system.memory_limit = cgroup_memory_number(pid, "memory.max", "memory.limit_in_bytes");
	snapshot->system.memory_used = cgroup_memory_number(pid, "memory.current", "memory.usage_in_bytes");
	add_limits(snapshot, pid);
}

/* The sender of a signal ------------------------------------------------------------------------------------------------------- */

static bool is_worth_asking(const struct snapshot *snapshot, const struct snapshot_signal *signal)
{
	return signal->present && signal->has_sender && signal->sender_pid > 0 && signal->sender_pid != snapshot->pid;
}

/* Arguments one behind the other, a blank between them. */
void snapshot_add_sender(struct snapshot *snapshot)
{
	char text[COMMAND_BYTES];
	size_t bytes;

	if (!is_worth_asking(snapshot, &snapshot->signal))
		return;
	bytes = proc_file_read(snapshot->signal.sender_pid, "cmdline", text, sizeof(text));
	while (bytes && text[bytes - 1] == '\0')
		bytes--;
	for (size_t i = 0; i < bytes; i++)
		text[i] = text[i] ? text[i] : ' ';
	if (!bytes) { /* a thread of the kernel, or one that is gone already */
		bytes = proc_file_read(snapshot->signal.sender_pid, "comm", text, sizeof(text));
		bytes -= bytes && text[bytes - 1] == '\n';
	}
	if (bytes)
		snapshot->signal.sender_command = arena_bytes(&snapshot->arena, text, bytes);
}
