#include "outlet.h"

#include "arch_emulator.h"
#include "recorder_file.h"
#include "syscalls.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

uint32_t stream_recorded;
struct stream_slot stream_slots[2] = {
	{.kind = LEVEL_INFO | SOURCE_STDOUT << 4},
	{.kind = LEVEL_WARN | SOURCE_STDERR << 4},
};

enum { NULL_MAJOR = 1, NULL_MINOR = 3, ZERO_MINOR = 5 };

bool stream_asks_sink(struct stream_slot *slot, int fd)
{
	struct stat status;
	if (slot->sink == SINK_UNKNOWN) {
		const bool known = !recorder.sandboxed && sys_fstat(fd, &status) == 0;
		const bool null = known && S_ISCHR(status.st_mode) &&
				  (status.st_rdev == makedev(NULL_MAJOR, NULL_MINOR) ||
				   status.st_rdev == makedev(NULL_MAJOR, ZERO_MINOR));
		slot->sink = null ? SINK_DISCARDS : SINK_READS;
	}
	return slot->sink == SINK_DISCARDS;
}

/* valgrind tells its user of a question without a sense, which the cheap one is. */
static bool word_is_readable(uintptr_t at)
{
	char byte;
	return arch_is_emulated() ? sys_copy_memory(sys_getpid(), &byte, (const void *)at, 1) == 1 : sys_is_readable(at);
}

/* Each page of it; another thread that unmaps one now does so under the program's own write, too. */
static bool is_readable(uintptr_t from, size_t bytes)
{
	const uintptr_t last = from + bytes - 1;
	for (uintptr_t at = from; at <= last; at = (at | (RECORDER_PAGE - 1)) + 1) {
		if (!word_is_readable(at))
			return false;
	}
	return true;
}

void stream_record_unread(const struct record_origin *origin, const void *data, size_t bytes)
{
	const size_t kept = (size_t)RECORD_TEXT_BYTES * RECORD_TEXT_PARTS, part = bytes < kept ? bytes : kept;
	if (!recorder.sandboxed && is_readable((uintptr_t)data, part))
		record_text(origin, data, part, bytes);
}
