#include "stream.h"

#include <errno.h>
#include <stddef.h>
#include <sys/single_threaded.h>

/* How far each stream's buffer has been seen. Guarded by the stream's lock. */
static struct stream_seen {
	FILE *stream;
	char *until;
} stream_seen[2];

#pragma weak __libc_single_threaded /* glibc 2.32 */

static bool has_threads(void)
{
	return !&__libc_single_threaded || !__libc_single_threaded;
}

static struct stream_seen *seen_of(FILE *stream)
{
	struct stream_seen *seen = &stream_seen[(unsigned)stream->_fileno - 1];
	if (seen->stream != stream) {
		seen->stream = stream;
		seen->until = NULL;
	}
	return seen;
}

static struct record_origin stream_origin(FILE *stream, const void *caller)
{
	const bool error = stream->_fileno == 2;
	return (struct record_origin){error ? SOURCE_STDERR : SOURCE_STDOUT, error ? LEVEL_WARN : LEVEL_INFO, caller};
}

const char *stream_unseen(FILE *stream, size_t *bytes)
{
	const struct stream_seen *seen = seen_of(stream);
	char *from = stream->_IO_write_base;
	if (seen->until >= from && seen->until <= stream->_IO_write_ptr)
		from = seen->until;
	*bytes = from && stream->_IO_write_ptr > from ? (size_t)(stream->_IO_write_ptr - from) : 0;
	return from;
}

static void take_unseen(FILE *stream, const struct record_origin *origin)
{
	size_t bytes;
	const char *text = stream_unseen(stream, &bytes);
	if (bytes)
		record_text(origin, text, bytes, bytes);
}

void stream_lock(struct stream_call *call, FILE *stream, bool lock, const void *caller)
{
	call->stream = stream;
	call->locked = lock && has_threads();
	if (call->locked)
		flockfile(stream);
	call->origin = stream_origin(stream, caller);
}

void stream_begin(struct stream_call *call, FILE *stream, bool lock, const void *caller)
{
	stream_lock(call, stream, lock, caller);
	take_unseen(stream, &call->origin);
	call->base = stream->_IO_write_base;
	call->at = stream->_IO_write_ptr;
}

void stream_end(struct stream_call *call)
{
	seen_of(call->stream)->until = call->stream->_IO_write_ptr;
}

void stream_unlock(void *data)
{
	const struct stream_call *call = data;
	if (call->locked)
		funlockfile(call->stream);
}

void stream_take_rest(FILE *stream)
{
	if (!stream_wanted(stream) || ftrylockfile(stream) != 0)
		return;
	const struct record_origin origin = stream_origin(stream, NULL);
	take_unseen(stream, &origin);
	seen_of(stream)->until = stream->_IO_write_ptr;
	funlockfile(stream);
}
