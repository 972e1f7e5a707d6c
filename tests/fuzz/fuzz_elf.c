/*
 * An ELF file with debug information that somebody hostile made, named by a snapshot that is no better. The input: u8 number of
 * addresses, so many u32 offsets, and the file. Names, lines, inlined functions and build-ids are looked up as for a real snapshot.
 */
#include "fuzz.h"
#include "symbols.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MODULE "/fuzz/module"
#define BASE   UINT64_C(0x7f0000000000)

static int file_of(const uint8_t *data, size_t bytes)
{
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);

	FUZZ_HOLDS(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void add_thread(struct snapshot *snapshot, const uint8_t *offsets, size_t count)
{
	struct snapshot_thread *thread = arena_alloc(&snapshot->arena, 1, sizeof(*thread));

	thread->frames = arena_alloc(&snapshot->arena, count, sizeof(*thread->frames));
	thread->frame_count = count;
	for (size_t i = 0; i < count; i++) {
		uint32_t offset;
		memcpy(&offset, offsets + 4 * i, sizeof(offset));
		thread->frames[i].pc = BASE + offset;
		thread->frames[i].exact = i % 2;
	}
	snapshot->threads = thread;
	snapshot->thread_count = 1;
}

static void add_module(struct snapshot *snapshot)
{
	struct snapshot_module *module = arena_alloc(&snapshot->arena, 1, sizeof(*module));

	*module = (struct snapshot_module){.path = MODULE, .base = BASE, .size = UINT32_MAX};
	snapshot->modules = module;
	snapshot->module_count = 1;
}

static void name_events(struct symbols *symbols, struct snapshot *snapshot)
{
	struct snapshot_event event = {.source = SOURCE_STDOUT};

	for (size_t i = 0; i < snapshot->threads->frame_count; i++) {
		event.caller = snapshot->threads->frames[i].pc;
		event.file = event.function = NULL;
		symbols_name_event(symbols, snapshot, &event);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const size_t count = bytes ? data[0] % 32 : 0, head = 1 + 4 * count;
	struct symbols *symbols;
	struct snapshot snapshot;

	if (bytes < head)
		return 0;
	symbols = symbols_create(NULL);
	snapshot_init(&snapshot);
	add_module(&snapshot);
	add_thread(&snapshot, data + 1, count);
	symbols_offer(symbols, MODULE, NULL, file_of(data + head, bytes - head));
	snapshot_place_frames(&snapshot);
	symbols_name_frames(symbols, &snapshot, SYMBOLS_NAMES_AND_LINES);
	name_events(symbols, &snapshot);
	symbols_add_build_ids(symbols, &snapshot);
	symbols_destroy(symbols);
	snapshot_fini(&snapshot);
	return 0;
}
