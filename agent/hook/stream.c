#include "stream.h"

#include <stddef.h>
#include <sys/single_threaded.h>

#pragma weak __libc_single_threaded /* glibc 2.32 */

static const char may_have_threads;

uint32_t stream_recorded;
struct stream_seen stream_seen[2];
const char *stream_single_threaded = &may_have_threads;

void stream_init(uint32_t capture)
{
	if (&__libc_single_threaded)
		stream_single_threaded = &__libc_single_threaded;
	__atomic_store_n(&stream_recorded, capture & (CAPTURE_STDOUT | CAPTURE_STDERR), __ATOMIC_RELEASE);
}

const char *stream_unseen(FILE *stream, size_t *bytes)
{
	const struct stream_seen *seen = &stream_seen[stream_kind(stream)];
	char *from = stream->_IO_write_base;
	if (seen->stream == stream && seen->until >= from && seen->until <= stream->_IO_write_ptr)
		from = seen->until;
	*bytes = from && stream->_IO_write_ptr > from ? (size_t)(stream->_IO_write_ptr - from) : 0;
	return from;
}

void stream_catch_up(FILE *stream, const void *caller)
{
	size_t bytes;
	const unsigned kind = stream_kind(stream);
	const struct stream_call call = {.stream = stream, .seen = &stream_seen[kind], .caller = caller, .kind = kind};
	const char *text = stream_unseen(stream, &bytes);
	if (bytes)
		stream_record(&call, text, bytes);
	call.seen->stream = stream;
	stream_end(&call);
}

static void unlock(void *stream)
{
	funlockfile(stream);
}

void stream_lock(struct stream_lock *lock, FILE *stream)
{
	flockfile(stream);
	REAL(_pthread_cleanup_push)(&lock->cleanup, unlock, stream);
}

void stream_unlock(struct stream_lock *lock)
{
	REAL(_pthread_cleanup_pop)(&lock->cleanup, 1);
}

void stream_take_rest(FILE *stream)
{
	if (!stream_wanted(stream) || ftrylockfile(stream) != 0)
		return;
	stream_catch_up(stream, NULL);
	funlockfile(stream);
}
