#include "run_deaths.h"

#include "describe.h"
#include "directory.h"
#include "stream.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLACK_NS 1000000000u /* files are dated by a coarser clock than ours */

static bool is_fault(const char *reason)
{
	static const char *const faults[] = {"SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP", "SIGSYS"};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (!strcmp(faults[i], reason))
			return true;
	}
	return false;
}

static enum death_rank rank_of(const struct snapshot *snapshot)
{
	const char *reason = snapshot->reason ? snapshot->reason : "";

	if (is_fault(reason))
		return DEATH_FAULT;
	if (!strcmp(reason, "timeout"))
		return DEATH_TIMEOUT;
	if (snapshot->oom.present || !strcmp(reason, "killed") || !strcmp(reason, "SIGKILL"))
		return DEATH_KILLED;
	return !strncmp(reason, "SIG", 3) || !strncmp(reason, "signal ", 7) ? DEATH_ENDED : DEATH_NONE;
}

/*
 * Not the address, which differs from run to run; not the line, which is not looked up for all; and not the program, for a library
 * is linked into all tests of it: but every program has a main().
 */
static char *key_of(const struct snapshot *snapshot, const char *service)
{
	const struct snapshot_thread *crashed = describe_crashed(snapshot);
	const struct snapshot_frame *frame = describe_innermost(crashed                  ? crashed
								: snapshot->thread_count ? &snapshot->threads[0]
											 : NULL);
	const char *function = frame && !describe_is_system_code(frame) ? frame->function : NULL;
	char *key;

	if (asprintf(&key, "%s\n%s\n%s", snapshot->reason ? snapshot->reason : "", function ? function : "",
		     function && strcmp(function, "main") != 0 ? "" : service) < 0)
		return NULL;
	return key;
}

static int add(struct run_deaths *deaths, const char *path, const struct snapshot *snapshot)
{
	const char *service = snapshot->service ? snapshot->service : "a process";
	struct run_death *death;

	if (deaths->count == deaths->room) {
		const size_t room = deaths->room ? deaths->room * 2 : 16;
		struct run_death *grown = reallocarray(deaths->items, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		deaths->items = grown;
		deaths->room = room;
	}
	death = &deaths->items[deaths->count];
	*death = (struct run_death){strdup(path),      snapshot->pid,   snapshot->created_at,
				    rank_of(snapshot), strdup(service), key_of(snapshot, service)};
	deaths->count++;
	return death->path && death->service && death->key ? 0 : -ENOMEM;
}

static int look_at(struct run_deaths *deaths, const char *path, const char *id)
{
	const struct snapshot_visitor no_events = {.context = NULL};
	struct snapshot_error error;
	struct snapshot snapshot;
	int fd = snapshot_open(path, &error), result = 0;

	if (fd < 0)
		return 0;
	snapshot_init(&snapshot);
	if (snapshot_stream(fd, &snapshot, &no_events, &error) == 0 && snapshot.run && !strcmp(snapshot.run, id))
		result = add(deaths, path, &snapshot);
	close(fd);
	snapshot_fini(&snapshot);
	return result;
}

static int oldest_first(const void *left, const void *right)
{
	const struct run_death *a = left, *b = right;

	if (a->created_at != b->created_at)
		return a->created_at < b->created_at ? -1 : 1;
	return strcmp(a->path, b->path);
}

int run_deaths_open(struct run_deaths *deaths, const char *directory, const char *id, uint64_t since_ns)
{
	struct directory files;
	int error = directory_open(&files, directory);

	*deaths = (struct run_deaths){.count = 0};
	for (size_t i = 0; !error && i < files.count && files.entries[i].modified + SLACK_NS >= since_ns; i++)
		error = look_at(deaths, files.entries[i].path, id);
	if (error != -ENOENT)
		directory_close(&files);
	if (deaths->count)
		qsort(deaths->items, deaths->count, sizeof(*deaths->items), oldest_first);
	return error == -ENOENT ? 0 : error;
}

void run_death_free(struct run_death *death)
{
	free(death->path);
	free(death->service);
	free(death->key);
}

void run_deaths_close(struct run_deaths *deaths)
{
	for (size_t i = 0; i < deaths->count; i++)
		run_death_free(&deaths->items[i]);
	free(deaths->items);
	*deaths = (struct run_deaths){.count = 0};
}

size_t run_deaths_count(const struct run_deaths *deaths)
{
	size_t count = 0;

	for (size_t i = 0; i < deaths->count; i++)
		count += deaths->items[i].rank != DEATH_NONE;
	return count;
}
