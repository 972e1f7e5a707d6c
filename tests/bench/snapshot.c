/*
 * snapshot N DIRECTORY: writes a snapshot of N events, a line of 40 bytes each, and prints its path.
 */
#include "snapshot.h"

#include <stdlib.h>

#define END        UINT64_C(1790000000000000000)
#define TEXT_BYTES 64u

int main(int argc, char **argv)
{
	const size_t count = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	struct snapshot_event *events = calloc(count ? count : 1, sizeof(*events));
	char(*texts)[TEXT_BYTES] = calloc(count ? count : 1, sizeof(*texts));
	struct snapshot_error error;
	struct snapshot snapshot;
	char path[4096];

	if (!count || !events || !texts)
		return 2;
	snapshot_init(&snapshot);
	snapshot.service = "bench";
	snapshot.reason = "SIGSEGV";
	snapshot.created_at = END;
	snapshot.redact = "none";
	snapshot.events = events;
	snapshot.event_count = count;
	for (size_t i = 0; i < count; i++) {
		const int bytes = snprintf(texts[i], TEXT_BYTES, "request %zu of user %zu took %zu us\n", i, i % 1000, i % 777);
		events[i] = (struct snapshot_event){.timestamp = END - (count - i) * 1000,
						    .level = LEVEL_INFO,
						    .source = SOURCE_STDOUT,
						    .tid = 100 + (uint32_t)i % 4,
						    .thread_name = "worker",
						    .message = {texts[i], (size_t)bytes}};
	}
	if (snapshot_write(&snapshot, argv[2], path, sizeof(path), &error) != 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	puts(path);
	return 0;
}
