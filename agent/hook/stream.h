/*
 * stream.h - what a stdio call added to standard output or standard error.
 *
 * The real function runs first, unchanged; then the text is taken from the stream's own buffer, where it stands formatted. Where
 * it does not (unbuffered, flushed in the middle) the hook gives it. Characters that came by putc, also inlined in the program,
 * gather in the buffer and are taken at the line's end, at a flush, or before the next call on the stream.
 *
 * A wide stream has its text in a buffer of its own, as characters; the bytes in the other one are what became of them (stdio_wide.c).
 *
 * A stream's state here is guarded by the stream's lock, as its buffer is: between stream_begin() and stream_end() it is held
 * where the program has threads (stream_lock()).
 */
#ifndef TTLOG_HOOK_STREAM_H
#define TTLOG_HOOK_STREAM_H

#include "libc_ways.h"
#include "outlet.h"
#include "own_lane.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

/* glibc's __libc_single_threaded, since 2.32; before, a word of the agent's: the program has no libpthread. */
extern const char *stream_single_threaded __attribute__((visibility("hidden")));

static inline unsigned stream_kind(const FILE *stream)
{
	return (unsigned)stream->_fileno - 1; /* 0 stdout, 1 stderr */
}

/* Of a stream whose text is wanted: on descriptor 1 or 2, or a log file. NULL: of another. */
static inline struct stream_slot *stream_slot_of(const FILE *stream)
{
	const unsigned kind = stream_kind(stream);
	if (__builtin_expect(!libc_stream_has_number(stream), 0))
		return NULL;
	if (__builtin_expect(kind < 2 && (stream_recorded >> kind & 1), 1))
		return &stream_slots[kind];
	return log_slot_of(stream->_fileno);
}

static inline bool stream_has_threads(void)
{
	return !*stream_single_threaded;
}

/* Where the text in the buffer begins that nobody has recorded yet; its length in *bytes. */
const char *stream_unseen(const struct stream_slot *slot, FILE *stream, size_t *bytes) __attribute__((visibility("hidden")));

/* Records what was put into the buffer unseen. */
void stream_catch_up(struct stream_slot *slot, FILE *stream, const void *caller) __attribute__((visibility("hidden")));

/* The same for a stream that has become wide. */
void stream_catch_up_wide(struct stream_slot *slot, FILE *stream, const void *caller) __attribute__((visibility("hidden")));

/* One call on a stream. */
struct stream_call {
	FILE *stream;
	struct stream_slot *slot;
	char *base, *at; /* its write area before the call */
	const void *caller;
};

static inline struct record_origin stream_origin(const struct stream_slot *slot, const void *caller)
{
	if (__builtin_expect(slot->file != NULL, 0))
		return log_origin(slot->file, caller);
	return slot == &stream_slots[0] ? (struct record_origin){SOURCE_STDOUT, LEVEL_INFO, caller, 0}
					: (struct record_origin){SOURCE_STDERR, LEVEL_WARN, caller, 0};
}

static inline struct stream_call stream_begin(struct stream_slot *slot, FILE *stream, const void *caller)
{
	if (__builtin_expect(slot->stream != stream || slot->until != stream->_IO_write_ptr, 0))
		stream_catch_up(slot, stream, caller);
	return (struct stream_call){stream, slot, stream->_IO_write_base, stream->_IO_write_ptr, caller};
}

/* True where the call has just appended exactly `bytes` to the buffer, at call->at. */
static inline bool stream_appended(const struct stream_call *call, size_t bytes)
{
	return __builtin_expect(
		call->base && call->stream->_IO_write_base == call->base && call->stream->_IO_write_ptr == call->at + bytes, 1);
}

static inline void stream_record(const struct stream_call *call, const void *text, size_t bytes)
{
	const struct record_origin origin = stream_origin(call->slot, call->caller);
	record_text(&origin, text, bytes, bytes);
}

/* The same for the one place where a call counts. */
static inline __attribute__((always_inline)) void stream_record_inline(const struct stream_call *call, const void *text,
								       size_t bytes)
{
	if (__builtin_expect(bytes <= RECORD_TEXT_BYTES && !call->slot->file, 1))
		own_lane_write((struct record_fields){(uintptr_t)call->caller, call->slot->kind}, text, (uint32_t)bytes);
	else
		stream_record(call, text, bytes);
}

/* All in the buffer has been seen. */
static inline void stream_end(const struct stream_call *call)
{
	call->slot->until = call->stream->_IO_write_ptr;
}

/*
 * The stream's lock, held across a real call in a program with threads: between that call and the look at the buffer nobody
 * may print. The call may be a cancellation point, so the lock is on the cancellation stack: the old kind of entry, which
 * glibc runs too, and which costs 2 ns where pthread_cleanup_push(3) costs 8.
 */
struct stream_lock {
	struct _pthread_cleanup_buffer cleanup;
};

/*
 * What the printf family refuses before it takes the stream's lock, in glibc 2.36: no format, a stream of the other orientation (`other`: 1
 * wide, -1 bytes), one that is not written to. Where another thread keeps the lock, such a call must not wait for it here either.
 */
enum { STREAM_NO_WRITES = 8 }; /* _IO_NO_WRITES of glibc's FILE._flags, the same since 2.0 */
static inline bool stream_refuses(const FILE *stream, const void *format, int other)
{
	return !format || stream->_mode == other || (stream->_flags & STREAM_NO_WRITES);
}

void stream_lock(struct stream_lock *lock, FILE *stream) __attribute__((visibility("hidden")));
void stream_unlock(struct stream_lock *lock) __attribute__((visibility("hidden")));

#endif
