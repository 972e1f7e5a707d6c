#include "deaths.h"

#include "place.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void be_dead(struct snapshot *snapshot, const struct death *death)
{
	snapshot->service = death->service ? death->service : "shop";
	snapshot->hostname = "host";
	snapshot->exe = "/nowhere/shop";
	snapshot->pid = death->pid ? death->pid : 1;
	snapshot->created_at = death->at ? death->at : DEATH_TIME;
	snapshot->uptime = 1000000000;
	snapshot->reason = death->reason ? death->reason : "SIGSEGV";
	snapshot->abort_message = death->message;
	snapshot->redact = "none";
	if (strncmp(snapshot->reason, "SIG", 3) == 0)
		snapshot->signal = (struct snapshot_signal){
			.present = true, .number = SIGSEGV, .name = "SIGSEGV", .code = SEGV_MAPERR};
}

const char *death_write(const char *directory, struct death death)
{
	struct snapshot_frame frames[] = {
		{.pc = 0x1100,
		 .module = "/nowhere/shop",
		 .offset = 0x100,
		 .function = death.function ? death.function : "pay",
		 .line = 12,
		 .file = "pay.c"},
		{.pc = 0x1200, .module = "/nowhere/shop", .offset = 0x200, .function = "serve", .line = 30, .file = "shop.c"}};
	struct snapshot_thread threads[] = {{.tid = 1, .name = "main", .crashed = true, .frames = frames, .frame_count = 2}};
	struct snapshot_module modules[] = {{.path = "/nowhere/shop", .base = 0x1000, .size = 0x1000}};
	struct snapshot_error error = {.text = ""};
	struct snapshot snapshot;
	char path[1024];
	snapshot_init(&snapshot);
	be_dead(&snapshot, &death);
	snapshot.threads = threads;
	snapshot.thread_count = 1;
	snapshot.modules = modules;
	snapshot.module_count = 1;
	cr_assert(snapshot_write(&snapshot, directory, path, sizeof(path), &error) == 0, "%s", error.text);
	snapshot_fini(&snapshot);
	return strdup(path);
}

/* In memory, where that is the test's own: each snapshot is synced. */
static const char *fresh_directory(void)
{
	static char directories[16][32];
	static unsigned number;
	char *directory = directories[number++ % 16];
	if (!place_has_own_shm())
		return place_directory();
	snprintf(directory, sizeof(directories[0]), "/dev/shm/deaths-%u", number);
	cr_assert(mkdir(directory, 0777) == 0);
	return directory;
}

const char *deaths_write(size_t count, size_t kinds, int64_t pid)
{
	const char *directory = fresh_directory();
	for (size_t i = 0; i < count; i++) {
		char function[32];
		snprintf(function, sizeof(function), "pay_%zu", i % kinds);
		death_write(directory,
			    (struct death){.function = function, .pid = pid + (int64_t)i, .at = DEATH_TIME + i * MINUTE_NS});
	}
	return directory;
}
