#include "stream.h"

#include "recorder_file.h"
#include "seldom.h"
#include "syscalls.h"

#include <stddef.h>

static char single_threaded;

const char *stream_single_threaded = &single_threaded;

void stream_init(uint32_t capture)
{
	const char *libcs = libc_first("__libc_single_threaded");
	if (libcs)
		stream_single_threaded = libcs;
	else
		single_threaded = !libc_first("_pthread_cleanup_push");
	__atomic_store_n(&stream_recorded, capture & (CAPTURE_STDOUT | CAPTURE_STDERR), __ATOMIC_RELEASE);
}

void stream_threads_begin(void)
{
	__atomic_store_n(&single_threaded, 0, __ATOMIC_RELAXED);
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
