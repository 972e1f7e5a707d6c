/*
 * snapshot N DIRECTORY [FILES]: writes a snapshot of N events, a line of 40 bytes each, and prints its path; or as many as that, of so many
 * processes that died in one of ten functions.
 */
#include "snapshot.h"

#include <stdlib.h>

#define END        UINT64_C(1790000000000000000)
#define TEXT_BYTES 64u

static void fill_events(struct snapshot_event *events, char (*texts)[TEXT_BYTES], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const int bytes = snprintf(texts[i], TEXT_BYTES, "request %zu of user %zu took %zu us\n", i, i % 1000, i % 777);
		events[i] = (struct snapshot_event){.timestamp = END - (count - i) * 1000,
						    .level = LEVEL_INFO,
						    .source = SOURCE_STDOUT,
						    .tid = 100 + (uint32_t)i % 4,
						    .thread_name = "worker",
						    .message = {texts[i], (size_t)bytes}};
	}
}

static int write_one(struct snapshot *snapshot, const char *directory)
{
	struct snapshot_error error;
	char path[4096];

	if (snapshot_write(snapshot, directory, path, sizeof(path), &error) != 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	puts(path);
	return 0;
}

static int write_many(struct snapshot *snapshot, const char *directory, size_t files)
{
	char function[32];
	struct snapshot_frame frames[] = {
		{.pc = 0x1100, .module = "/nowhere/bench", .offset = 0x100, .function = function, .file = "bench.c", .line = 1},
		{.pc = 0x1200, .module = "/nowhere/bench", .offset = 0x200, .function = "serve", .file = "bench.c", .line = 2}};
	struct snapshot_thread threads[] = {{.tid = 100, .name = "main", .crashed = true, .frames = frames, .frame_count = 2}};

	snapshot->threads = threads;
	snapshot->thread_count = 1;
	for (size_t i = 0; i < files; i++) {
		snprintf(function, sizeof(function), "work_%zu", i % 10);
		snapshot->pid = (int64_t)i + 1;
		if (write_one(snapshot, directory))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const size_t count = argc >= 3 ? strtoul(argv[1], NULL, 10) : 0, files = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	struct snapshot_event *events = calloc(count ? count : 1, sizeof(*events));
	char(*texts)[TEXT_BYTES] = calloc(count ? count : 1, sizeof(*texts));
	struct snapshot snapshot;

	if (!count || !events || !texts)
		return 2;
	fill_events(events, texts, count);
	snapshot_init(&snapshot);
	snapshot.service = "bench";
	snapshot.reason = "SIGSEGV";
	snapshot.created_at = END;
	snapshot.redact = "none";
	snapshot.events = events;
	snapshot.event_count = count;
	return files ? write_many(&snapshot, argv[2], files) : write_one(&snapshot, argv[2]);
}
