/*
 * stream.h - what a stdio call added to standard output or standard error.
 *
 * The real function runs first, unchanged; then the text is taken from the stream's own buffer, where it stands formatted. Where
 * it does not (unbuffered, flushed in the middle) the hook gives it. Characters that came by putc, also inlined in the program,
 * gather in the buffer and are taken at the line's end, at a flush, or before the next call on the stream.
 *
 * A stream's state here is guarded by the stream's lock, as its buffer is: between stream_begin() and stream_end() it is held
 * where the program has threads (stream_lock()).
 */
#ifndef TTLOG_HOOK_STREAM_H
#define TTLOG_HOOK_STREAM_H

#include "config.h"
#include "libc.h"
#include "own_lane.h"
#include "record.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

/* glibc's __libc_single_threaded, since 2.32; before, a word that says that there may be threads. */
extern const char *stream_single_threaded __attribute__((visibility("hidden")));

/* Bit 0: what goes to descriptor 1 is recorded; bit 1: to descriptor 2. 0 until the agent is ready. */
extern uint32_t stream_recorded __attribute__((visibility("hidden")));

/* How far each stream's buffer has been seen. */
extern struct stream_seen {
	FILE *stream;
	char *until;
} stream_seen[2] __attribute__((visibility("hidden")));

static inline unsigned stream_kind(const FILE *stream)
{
	return (unsigned)stream->_fileno - 1; /* 0 stdout, 1 stderr */
}

/* True for a stream on descriptor 1 or 2 whose text is wanted. */
static inline bool stream_wanted(const FILE *stream)
{
	const unsigned kind = stream_kind(stream);
	return __builtin_expect(kind < 2 && (stream_recorded >> kind & 1), 1);
}

static inline bool stream_has_threads(void)
{
	return !*stream_single_threaded;
}

/* From now on `capture` (set of enum capture_kind) is recorded. */
void stream_init(uint32_t capture) __attribute__((visibility("hidden")));

/* Where the text in the buffer begins that nobody has recorded yet; its length in *bytes. */
const char *stream_unseen(FILE *stream, size_t *bytes) __attribute__((visibility("hidden")));

/* Records what was put into the buffer unseen. */
void stream_catch_up(FILE *stream, const void *caller) __attribute__((visibility("hidden")));

/* One call on a stream. */
struct stream_call {
	FILE *stream;
	struct stream_seen *seen;
	char *base, *at; /* its write area before the call */
	const void *caller;
	unsigned kind;
};

static inline struct record_origin stream_origin(const struct stream_call *call)
{
	return call->kind == 0 ? (struct record_origin){SOURCE_STDOUT, LEVEL_INFO, call->caller}
			       : (struct record_origin){SOURCE_STDERR, LEVEL_WARN, call->caller};
}

/* Of a stream that is wanted. */
static inline struct stream_call stream_begin(FILE *stream, const void *caller)
{
	const unsigned kind = stream_kind(stream);
	struct stream_seen *seen = &stream_seen[kind];
	if (__builtin_expect(seen->stream != stream || seen->until != stream->_IO_write_ptr, 0))
		stream_catch_up(stream, caller);
	return (struct stream_call){stream, seen, stream->_IO_write_base, stream->_IO_write_ptr, caller, kind};
}

/* True where the call has just appended exactly `bytes` to the buffer, at call->at. */
static inline bool stream_appended(const struct stream_call *call, size_t bytes)
{
	return __builtin_expect(
		call->base && call->stream->_IO_write_base == call->base && call->stream->_IO_write_ptr == call->at + bytes, 1);
}

static inline void stream_record(const struct stream_call *call, const void *text, size_t bytes)
{
	const struct record_origin origin = stream_origin(call);
	record_text(&origin, text, bytes, bytes);
}

/* The same for the one place where a call counts. */
static inline __attribute__((always_inline)) void stream_record_inline(const struct stream_call *call, const void *text,
								       size_t bytes)
{
	/* Two words that differ by the kind only, rather than two branches. */
	const uint64_t kind = (LEVEL_INFO | SOURCE_STDOUT << 4) +
			      call->kind * (uint64_t)((LEVEL_WARN | SOURCE_STDERR << 4) - (LEVEL_INFO | SOURCE_STDOUT << 4));
	if (__builtin_expect(bytes <= RECORD_TEXT_BYTES, 1))
		own_lane_write((struct record_fields){(uintptr_t)call->caller, kind}, text, (uint32_t)bytes);
	else
		stream_record(call, text, bytes);
}

/* All in the buffer has been seen. */
static inline void stream_end(const struct stream_call *call)
{
	call->seen->until = call->stream->_IO_write_ptr;
}

/*
 * The stream's lock, held across a real call in a program with threads: between that call and the look at the buffer nobody
 * may print. The call may be a cancellation point, so the lock is on the cancellation stack: the old kind of entry, which
 * glibc runs too, and which costs 2 ns where pthread_cleanup_push(3) costs 8.
 */
struct stream_lock {
	struct _pthread_cleanup_buffer cleanup;
};

void stream_lock(struct stream_lock *lock, FILE *stream) __attribute__((visibility("hidden")));
void stream_unlock(struct stream_lock *lock) __attribute__((visibility("hidden")));

/* Records what stands unseen in the stream's buffer, at exit and where all streams are flushed; not where another thread is at it. */
void stream_take_rest(FILE *stream) __attribute__((visibility("hidden")));

#endif
