#include "stream.h"

#include "arch_emulator.h"
#include "recorder_file.h"
#include "seldom.h"
#include "syscalls.h"

#include <stddef.h>
#include <sys/single_threaded.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#pragma weak __libc_single_threaded /* glibc 2.32 */

static const char may_have_threads;

uint32_t stream_recorded;
struct stream_slot stream_slots[2] = {
	{.kind = LEVEL_INFO | SOURCE_STDOUT << 4},
	{.kind = LEVEL_WARN | SOURCE_STDERR << 4},
};
const char *stream_single_threaded = &may_have_threads;

void stream_init(uint32_t capture)
{
	if (&__libc_single_threaded)
		stream_single_threaded = &__libc_single_threaded;
	__atomic_store_n(&stream_recorded, capture & (CAPTURE_STDOUT | CAPTURE_STDERR), __ATOMIC_RELEASE);
}

const char *stream_unseen(const struct stream_slot *slot, FILE *stream, size_t *bytes)
{
	char *from = stream->_mode > 0 ? NULL : stream->_IO_write_base;
	if (slot->stream == stream && slot->until >= from && slot->until <= stream->_IO_write_ptr)
		from = slot->until;
	*bytes = from && stream->_IO_write_ptr > from ? (size_t)(stream->_IO_write_ptr - from) : 0;
	return from;
}

void stream_catch_up(struct stream_slot *slot, FILE *stream, const void *caller)
{
	size_t bytes;
	const struct stream_call call = {.stream = stream, .slot = slot, .caller = caller};
	const char *text = stream_unseen(slot, stream, &bytes);
	if (bytes)
		stream_record(&call, text, bytes);
	if (stream->_mode > 0)
		stream_catch_up_wide(slot, stream, caller);
	slot->stream = stream;
	stream_end(&call);
}

/* libc hands the functions of register_printf_specifier(3) streams of its own without a lock, where it prints into a descriptor. */
static void unlock(void *stream)
{
	if (((FILE *)stream)->_lock)
		funlockfile(stream);
}

void stream_lock(struct stream_lock *lock, FILE *stream)
{
	if (stream->_lock)
		flockfile(stream);
	REAL(_pthread_cleanup_push)(&lock->cleanup, unlock, stream);
}

void stream_unlock(struct stream_lock *lock)
{
	REAL(_pthread_cleanup_pop)(&lock->cleanup, 1);
}

void stream_take_rest(FILE *stream)
{
	struct stream_slot *slot = stream_slot_of(stream);
	if (!slot || ftrylockfile(stream) != 0)
		return;
	stream_catch_up(slot, stream, NULL);
	funlockfile(stream);
}

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

/* The end of it, where it is long. */
static void record_unseen_as(const struct stream_slot *slot, const FILE *stream, const FILE *copy)
{
	SELDOM static char text[RECORD_TEXT_BYTES];
	const char *from = copy->_IO_write_base, *const until = copy->_IO_write_ptr;
	if (slot->stream == stream && slot->until >= from && slot->until <= until)
		from = slot->until;
	if (copy->_mode > 0 || !from || until <= from)
		return;
	const size_t full = (size_t)(until - from), bytes = full < sizeof(text) ? full : sizeof(text);
	const struct record_origin origin = stream_origin(slot, NULL);
	if (sys_copy_memory(sys_getpid(), text, until - bytes, bytes) == (long)bytes)
		record_text(&origin, text, bytes, bytes);
}

void stream_last_words_as(void)
{
	FILE *const streams[] = {stdout, stderr};
	static FILE copy;
	for (unsigned i = 0; i < 2; i++) {
		if ((stream_recorded >> i & 1) && stream_slots[i].stream == streams[i] &&
		    sys_copy_memory(sys_getpid(), &copy, streams[i], sizeof(copy)) == (long)sizeof(copy))
			record_unseen_as(&stream_slots[i], streams[i], &copy);
	}
}
