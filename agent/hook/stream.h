/*
 * stream.h - what a stdio call added to standard output or standard error.
 *
 * The real function runs first, unchanged; then the text is taken from the stream's own buffer, where it stands formatted. Where
 * it does not (unbuffered, flushed in the middle) the hook gives it. Characters that came by putc, also inlined in the program,
 * gather in the buffer and are taken at the line's end, at a flush, or before the next call on the stream.
 *
 * A stream's state here is guarded by the stream's lock, as its buffer is: between stream_begin() and stream_end() it is held
 * where the program has threads. Callers put stream_unlock() on the cancellation stack: write(2) inside is a cancellation point.
 */
#ifndef TTLOG_HOOK_STREAM_H
#define TTLOG_HOOK_STREAM_H

#include "config.h"
#include "libc.h"
#include "record.h"

#include <stdbool.h>
#include <stdio.h>

/* True for a stream on descriptor 1 or 2 whose text is wanted. */
static inline bool stream_wanted(FILE *stream)
{
	const unsigned kind = (unsigned)stream->_fileno - 1; /* 0 stdout, 1 stderr */
	return __builtin_expect(agent_ready && kind < 2 && (config.set.capture & (CAPTURE_STDOUT << kind)), 1);
}

struct stream_call {
	FILE *stream;
	char *base, *at; /* its write area before the call */
	bool locked;
	struct record_origin origin;
};

/* Locks where the program has threads and `lock` says that the caller's function does. */
void stream_lock(struct stream_call *call, FILE *stream, bool lock, const void *caller) __attribute__((visibility("hidden")));

/* Where the text in the buffer begins that nobody has recorded yet; its length in *bytes. */
const char *stream_unseen(FILE *stream, size_t *bytes) __attribute__((visibility("hidden")));

/* stream_lock(), and records what was put into the buffer unseen. */
void stream_begin(struct stream_call *call, FILE *stream, bool lock, const void *caller) __attribute__((visibility("hidden")));

/* True where the call has just appended exactly `bytes` to the buffer; then *text is where. */
static inline bool stream_appended(const struct stream_call *call, size_t bytes, const char **text)
{
	*text = call->at;
	return call->base && call->stream->_IO_write_base == call->base && call->stream->_IO_write_ptr == call->at + bytes;
}

/* All in the buffer has been seen. Call after recording; keeps errno as the real function left it. */
void stream_end(struct stream_call *call) __attribute__((visibility("hidden")));
void stream_unlock(void *call) __attribute__((visibility("hidden")));

/* Records what stands unseen in the stream's buffer, at exit and where all streams are flushed; not where another thread is at it. */
void stream_take_rest(FILE *stream) __attribute__((visibility("hidden")));

#endif
