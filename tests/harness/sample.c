#include "sample.h"

#include "place.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 32u

const char *sample_write(struct snapshot_event *events, size_t count)
{
	static struct snapshot_frame frames[] = {
		{.pc = 0x1100, .module = "/bin/sample", .offset = 0x100, .function = "crash_here", .function_offset = 4}};
	static struct snapshot_thread threads[] = {
		{.tid = 100, .name = "main", .crashed = true, .frames = frames, .frame_count = 1},
		{.tid = 101, .name = "worker-1"}};
	static struct snapshot_module modules[] = {{.path = "/bin/sample", .base = 0x1000, .size = 0x1000}};
	struct snapshot_error error = {.text = ""};
	struct snapshot snapshot;
	char path[512];
	snapshot_init(&snapshot);
	snapshot.service = "sample";
	snapshot.hostname = "host";
	snapshot.pid = 4711;
	snapshot.created_at = SAMPLE_END;
	snapshot.uptime = 10000000000;
	snapshot.reason = "SIGSEGV";
	snapshot.redact = "none";
	snapshot.threads = threads;
	snapshot.thread_count = 2;
	snapshot.modules = modules;
	snapshot.module_count = 1;
	snapshot.events = events;
	snapshot.event_count = count;
	snapshot.stats.recorded = count;
	cr_assert(snapshot_write(&snapshot, place_storage(), path, sizeof(path), &error) == 0, "%s", error.text);
	snapshot_fini(&snapshot);
	return strdup(path);
}

const char *sample_write_many(size_t count)
{
	struct snapshot_event *events = calloc(count, sizeof(*events));
	char(*texts)[TEXT_BYTES] = calloc(count, sizeof(*texts));
	const char *path;
	for (size_t i = 0; i < count; i++) {
		const int bytes = snprintf(texts[i], TEXT_BYTES, "event %zu of many\n", i + 1);
		events[i] = (struct snapshot_event){.timestamp = SAMPLE_END - (count - i) * 1000,
						    .level = i % 10 ? LEVEL_INFO : LEVEL_WARN,
						    .source = SOURCE_STDOUT,
						    .tid = 100 + (uint32_t)i % 4,
						    .message = {texts[i], (size_t)bytes}};
	}
	path = sample_write(events, count);
	free(texts);
	free(events);
	return path;
}
