/* Unformatted output to a stream: puts fputs fwrite putc and their _unlocked twins, and the points where a buffer is emptied. */
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CALLER __builtin_return_address(0)

/* stdio's own macros must not replace what is defined here. */
#undef putc
#undef putchar
#undef putc_unlocked
#undef putchar_unlocked
#undef fputc_unlocked
#undef fwrite_unlocked
#undef fputs_unlocked

/* The body of a hook: `real` runs, with the stream locked where there are threads, then `record`, which finds `call` and `result`. */
#define WHILE_LOCKED(stream, lock_it, type, real, record)                                                                          \
	do {                                                                                                                       \
		type result;                                                                                                       \
		struct stream_slot *const slot = stream_slot_of(stream);                                                           \
		if (!slot)                                                                                                         \
			return real;                                                                                               \
		if (__builtin_expect((lock_it) && stream_has_threads(), 0)) {                                                      \
			struct stream_lock lock;                                                                                   \
			stream_lock(&lock, stream);                                                                                \
			REAL_AND_RECORD(stream, real, record);                                                                     \
			stream_unlock(&lock);                                                                                      \
		} else {                                                                                                           \
			REAL_AND_RECORD(stream, real, record);                                                                     \
		}                                                                                                                  \
		return result;                                                                                                     \
	} while (0)

#define REAL_AND_RECORD(stream, real, record)                                                                                      \
	do {                                                                                                                       \
		const struct stream_call call = stream_begin(slot, stream, CALLER);                                                \
		result = real;                                                                                                     \
		record;                                                                                                            \
		stream_end(&call);                                                                                                 \
	} while (0)

static inline void record_bytes(const struct stream_call *call, const void *text, size_t bytes)
{
	if (bytes)
		stream_record(call, text, bytes);
}

/* A line and its end are one event, wherever the line's text stands. */
static void record_line(const struct stream_call *call, const char *line)
{
	char copy[RECORD_TEXT_BYTES];
	const size_t bytes = strlen(line);
	if (stream_appended(call, bytes + 1)) {
		record_bytes(call, call->at, bytes + 1);
	} else if (bytes < sizeof(copy)) {
		memcpy(copy, line, bytes);
		copy[bytes] = '\n';
		record_bytes(call, copy, bytes + 1);
	} else {
		record_bytes(call, line, bytes);
	}
}

/* What is too long for the buffer goes to the descriptor unread. */
static void record_data(const struct stream_call *call, const void *data, size_t bytes)
{
	const struct record_origin origin = stream_origin(call->slot, call->caller);
	if (!bytes || stream_appended(call, bytes))
		record_bytes(call, data, bytes);
	else if (stream_discards(call->slot, call->stream->_fileno))
		stream_record_unread(&origin, data, bytes);
	else
		record_borrowed_text(&origin, data, bytes);
}

EXPORT int puts(const char *line)
{
	WHILE_LOCKED(stdout, true, int, REAL(puts)(line), if (result >= 0) record_line(&call, line));
}

EXPORT int fputs(const char *text, FILE *stream)
{
	WHILE_LOCKED(stream, true, int, REAL(fputs)(text, stream), if (result >= 0) record_bytes(&call, text, strlen(text)));
}

EXPORT int fputs_unlocked(const char *text, FILE *stream)
{
	WHILE_LOCKED(stream, false, int, REAL(fputs_unlocked)(text, stream),
		     if (result >= 0) record_bytes(&call, text, strlen(text)));
}

/* Of nothing libc takes no lock. */
EXPORT size_t fwrite(const void *data, size_t size, size_t count, FILE *stream)
{
	if (__builtin_expect(size * count == 0, 0))
		return REAL(fwrite)(data, size, count, stream);
	WHILE_LOCKED(stream, true, size_t, REAL(fwrite)(data, size, count, stream), record_data(&call, data, result * size));
}

EXPORT size_t fwrite_unlocked(const void *data, size_t size, size_t count, FILE *stream)
{
	WHILE_LOCKED(stream, false, size_t, REAL(fwrite_unlocked)(data, size, count, stream),
		     record_data(&call, data, result * size));
}

/* A word, as its bytes are. */
EXPORT int putw(int word, FILE *stream)
{
	WHILE_LOCKED(stream, true, int, REAL(putw)(word, stream), if (result == 0) record_bytes(&call, &word, sizeof(word)));
}

/* Characters ----------------------------------------------------------------------------------------------------------------- */

enum { STREAM_UNBUFFERED = 2 }; /* _IO_UNBUFFERED of glibc's FILE._flags, the same since 2.0 */

/* A character that stays in the buffer waits there for the rest of its line. */
static bool completes_text(FILE *stream, int c)
{
	return c == '\n' || (stream->_flags & STREAM_UNBUFFERED) || stream->_IO_write_ptr >= stream->_IO_buf_end;
}

/* The line so far with its last character, recorded before that one is put: putting it may empty the buffer. */
static void record_with(const struct record_origin *origin, const char *from, size_t bytes, int c)
{
	char copy[RECORD_TEXT_BYTES];
	if (bytes >= sizeof(copy)) {
		record_text(origin, from, bytes, bytes);
		bytes = 0;
	}
	if (bytes) /* `from` is NULL before the stream has a buffer */
		memcpy(copy, from, bytes);
	copy[bytes] = (char)c;
	record_text(origin, copy, bytes + 1, bytes + 1);
}

static int put_and_record(struct stream_slot *slot, FILE *stream, int c, int (*real)(int, FILE *), const void *caller)
{
	if (!completes_text(stream, c))
		return real(c, stream);
	size_t bytes;
	const struct stream_call call = {.stream = stream, .slot = slot, .caller = caller};
	const struct record_origin origin = stream_origin(slot, caller);
	const char *from = stream_unseen(slot, stream, &bytes);
	record_with(&origin, from, bytes, c);
	const int result = real(c, stream);
	slot->stream = stream;
	stream_end(&call);
	return result;
}

static __attribute__((noinline)) int put_locked(struct stream_slot *slot, int c, FILE *stream, int (*real)(int, FILE *),
						const void *caller)
{
	struct stream_lock lock;
	stream_lock(&lock, stream);
	const int result = put_and_record(slot, stream, c, real, caller);
	stream_unlock(&lock);
	return result;
}

static inline int put(int c, FILE *stream, bool lock_it, int (*real)(int, FILE *), const void *caller)
{
	struct stream_slot *slot = stream_slot_of(stream);
	if (!slot)
		return real(c, stream);
	if (__builtin_expect(lock_it && stream_has_threads(), 0))
		return put_locked(slot, c, stream, real, caller);
	return put_and_record(slot, stream, c, real, caller);
}

EXPORT int fputc(int c, FILE *stream)
{
	return put(c, stream, true, &REAL(fputc), CALLER);
}

EXPORT int putc(int c, FILE *stream)
{
	return put(c, stream, true, &REAL(fputc), CALLER);
}

EXPORT int _IO_putc(int c, FILE *stream)
{
	return put(c, stream, true, &REAL(fputc), CALLER);
}

EXPORT int putchar(int c)
{
	return put(c, stdout, true, &REAL(fputc), CALLER);
}

EXPORT int fputc_unlocked(int c, FILE *stream)
{
	return put(c, stream, false, &REAL(fputc_unlocked), CALLER);
}

EXPORT int putc_unlocked(int c, FILE *stream)
{
	return put(c, stream, false, &REAL(fputc_unlocked), CALLER);
}

EXPORT int putchar_unlocked(int c)
{
	return put(c, stdout, false, &REAL(fputc_unlocked), CALLER);
}

/* Emptying ------------------------------------------------------------------------------------------------------------------- */

static int swapped_overflow(int c, FILE *stream)
{
	return REAL(__overflow)(stream, c);
}

/* What an inlined putc_unlocked() calls when the buffer is full. */
EXPORT int __overflow(FILE *stream, int c)
{
	if (c == EOF) { /* no character: empty the buffer */
		stream_take_rest(stream);
		return REAL(__overflow)(stream, c);
	}
	return put(c, stream, false, swapped_overflow, CALLER);
}

EXPORT int fflush(FILE *stream)
{
	if (!stream) {
		stream_take_rest(stdout);
		stream_take_rest(stderr);
		return REAL(fflush)(stream);
	}
	WHILE_LOCKED(stream, true, int, REAL(fflush)(stream), );
}

EXPORT int fflush_unlocked(FILE *stream)
{
	if (!stream)
		return fflush(stream);
	WHILE_LOCKED(stream, false, int, REAL(fflush_unlocked)(stream), );
}
