#include "modules.h"

#include "image.h"
#include "proc_number.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The end by the map may be too far: of a file that is mapped once more behind its own segments. */
static void read_module(struct snapshot *snapshot, struct snapshot_module *module, struct memory *memory)
{
	struct image image;
	if (module->state && strcmp(module->state, "deleted") == 0 && access(module->path, F_OK) == 0)
		module->state = "replaced";
	if (!image_open(&image, memory, module->base))
		return;
	module->build_id = image_build_id(&image, &snapshot->arena);
	const uint64_t end = (image_end(&image) + 4095) & ~(uint64_t)4095;
	if (end > module->base && end - module->base < module->size)
		module->size = end - module->base;
}

void modules_read(struct snapshot *snapshot, struct memory *memory)
{
	for (size_t i = 0; i < snapshot->module_count; i++)
		read_module(snapshot, &snapshot->modules[i], memory);
}

/* Lost files ------------------------------------------------------------------------------------------------------------------- */

/* The kernel's own link to the file that is mapped (proc(5)): for root. */
static int open_mapped(pid_t pid, const struct mapping *mapping)
{
	char path[PROC_PATH_BYTES], name[64];
	snprintf(name, sizeof(name), "map_files/%" PRIx64 "-%" PRIx64, mapping->start, mapping->end);
	proc_path(path, pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The same for the executable: for everybody who may look into the process. */
static int open_executable(pid_t pid)
{
	char path[PROC_PATH_BYTES];
	proc_path(path, pid, "exe");
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int copy_memory(struct memory *memory, uint64_t base)
{
	struct image image;
	return image_open(&image, memory, base) ? image_copy(&image) : -ENOENT;
}

/* /proc/pid/exe of a deleted file reads as its path and a mark. */
static bool is_executable(const struct snapshot *snapshot, const struct snapshot_module *module)
{
	const size_t bytes = strlen(module->path);
	return snapshot->exe && strncmp(snapshot->exe, module->path, bytes) == 0;
}

static int open_lost(const struct snapshot *snapshot, const struct snapshot_module *module, pid_t pid, const struct memory *memory)
{
	const struct mapping *first = memory_mapping(memory, module->base);
	const int fd = first ? open_mapped(pid, first) : -1;
	return fd < 0 && is_executable(snapshot, module) ? open_executable(pid) : fd;
}

int *modules_open_lost(const struct snapshot *snapshot, pid_t pid, const struct memory *memory)
{
	int *lost = calloc(snapshot->module_count + 1, sizeof(*lost));
	for (size_t i = 0; lost && i < snapshot->module_count; i++)
		lost[i] = snapshot->modules[i].state ? open_lost(snapshot, &snapshot->modules[i], pid, memory) : -1;
	return lost;
}

void modules_offer_lost(const struct snapshot *snapshot, const int *lost, struct memory *memory, struct symbols *symbols)
{
	for (size_t i = 0; i < snapshot->module_count; i++) {
		const struct snapshot_module *module = &snapshot->modules[i];
		const int fd = lost ? lost[i] : -1;
		if (module->state)
			symbols_offer(symbols, module->path, module->build_id, fd < 0 ? copy_memory(memory, module->base) : fd);
	}
}
