#include "absent.h"

#include "compose.h"
#include "images.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TIME_LIMIT_NS (2 * 1000000000ull)

/* The crashed one, and those that saved themselves. */
static int list_threads(struct target *target, const struct recorder_view *view, const struct crash_record *crash)
{
	memset(target, 0, sizeof(*target));
	target->threads = calloc(1 + (size_t)view->header.threads_max, sizeof(*target->threads));
	if (!target->threads)
		return -ENOMEM;
	target->threads[target->thread_count++].tid = (pid_t)crash->death.tid;
	for (uint32_t i = 0; i < view->header.threads_max; i++) {
		const struct crash_thread *saved = recorder_view_thread(view, i);
		if (saved)
			target->threads[target->thread_count++].tid = (pid_t)saved->tid;
	}
	return 0;
}

static int unwind(struct snapshot *snapshot, const struct recorder_view *view, const char *maps, size_t bytes,
		  const struct crash_record *crash)
{
	struct stacks stacks = {.snapshot = snapshot, .memory = memory_create(0, maps, bytes), .saved = view};
	struct images *images = images_create(snapshot, false);
	struct target target;
	const int error = list_threads(&target, view, crash);
	if (!error && stacks.memory) {
		if (images)
			memory_add_reader(stacks.memory, images_reader, images);
		stacks.unwinder = unwinder_create(snapshot, stacks.memory);
		if (stacks.unwinder)
			unwinder_limit(stacks.unwinder, TIME_LIMIT_NS);
		compose_threads(&stacks, &target, crash);
		if (stacks.unwinder)
			unwinder_destroy(stacks.unwinder);
	}
	free(target.threads);
	memory_destroy(stacks.memory);
	images_destroy(images);
	return error;
}

static int print(const struct snapshot *snapshot, FILE *out)
{
	struct snapshot_error why;
	unsigned char *cbor;
	size_t bytes;
	int error = snapshot_encode(snapshot, &cbor, &bytes, &why);
	if (error)
		return error;
	if (fwrite(cbor, 1, bytes, out) != bytes || fflush(out) != 0)
		error = -EIO;
	free(cbor);
	return error;
}

static int print_threads(const struct recorder_view *view, FILE *out)
{
	const struct crash_record *crash = recorder_view_crash(view);
	struct snapshot snapshot;
	size_t bytes;
	if (!crash || crash->reason != CRASH_SIGNAL || !crash->death.valid)
		return -ENOENT;
	snapshot_init(&snapshot);
	const char *maps = recorder_view_maps(view, &bytes);
	int error = snapshot_add_crash(&snapshot, view);
	if (!error)
		error = snapshot_add_maps(&snapshot, maps, bytes);
	if (!error)
		error = unwind(&snapshot, view, maps, bytes, crash);
	if (!error)
		error = print(&snapshot, out);
	snapshot_fini(&snapshot);
	return error;
}

int absent_print_threads(const char *recorder, FILE *out)
{
	struct recorder_copy copy;
	const char *why;
	int error = recorder_load(&copy, recorder, &why);
	if (error)
		return error;
	error = print_threads(&copy.view, out);
	recorder_unload(&copy);
	return error;
}
