/* Wide output to a stream, plain and fortified: recorded as UTF-8. */
#include "again.h"
#include "stream.h"

#include <wchar.h>

#define CALLER __builtin_return_address(0)

#undef putwc
#undef putwchar
#undef putwc_unlocked
#undef putwchar_unlocked

enum { PLAIN = -1 };

/* Beginning of glibc's struct _IO_wide_data, the same since 2.2: a wide stream's characters before they become bytes. */
struct wide_area {
	wchar_t *read_at, *read_end, *read_base;
	wchar_t *base, *at, *end;
};

/* NULL: not a wide stream (yet). */
static struct wide_area *area_of(const FILE *stream)
{
	return stream->_mode > 0 ? (struct wide_area *)stream->_wide_data : NULL;
}

/* One call on a stream: its wide area before it. */
struct wide_call {
	FILE *stream;
	struct stream_slot *slot;
	wchar_t *base, *at;
	const void *caller;
};

static void record_characters(const struct wide_call *call, const wchar_t *text, size_t count)
{
	const struct record_origin origin = stream_origin(call->slot, call->caller);
	if (count)
		again_record_characters(&origin, text, count, 0);
}

/* Characters that putwc() left in the buffer. */
static const wchar_t *unseen(const struct stream_slot *slot, FILE *stream, size_t *count)
{
	const struct wide_area *area = area_of(stream);
	const wchar_t *from = area ? area->base : NULL;
	if (area && slot->stream == stream && slot->wide_until >= from && slot->wide_until <= area->at)
		from = slot->wide_until;
	*count = from && area->at > from ? (size_t)(area->at - from) : 0;
	return from;
}

static struct wide_call begin(struct stream_slot *slot, FILE *stream, const void *caller)
{
	struct wide_call call = {stream, slot, NULL, NULL, caller};
	size_t count;
	const wchar_t *text = unseen(slot, stream, &count);
	record_characters(&call, text, count);
	const struct wide_area *area = area_of(stream);
	if (area) {
		call.base = area->base;
		call.at = area->at;
	}
	return call;
}

static void end(const struct wide_call *call)
{
	const struct wide_area *area = area_of(call->stream);
	call->slot->stream = call->stream;
	call->slot->wide_until = area ? area->at : NULL;
}

void stream_catch_up_wide(struct stream_slot *slot, FILE *stream, const void *caller)
{
	const struct wide_call call = begin(slot, stream, caller);
	end(&call);
}

/* True where the call has appended exactly `count` characters to the buffer. */
static bool appended(const struct wide_call *call, size_t count)
{
	const struct wide_area *area = area_of(call->stream);
	return call->base && area && area->base == call->base && area->at == call->at + count;
}

/* Texts ----------------------------------------------------------------------------------------------------------------------- */

static int put_text(const wchar_t *text, FILE *stream, bool lock_it, int (*real)(const wchar_t *, FILE *), const void *caller)
{
	struct stream_lock lock;
	struct stream_slot *slot = stream_slot_of(stream);
	if (!slot)
		return real(text, stream);
	const bool locked = lock_it && stream_has_threads();
	if (locked)
		stream_lock(&lock, stream);
	const struct wide_call call = begin(slot, stream, caller);
	const int result = real(text, stream);
	if (result >= 0)
		record_characters(&call, text, wcslen(text));
	end(&call);
	if (locked)
		stream_unlock(&lock);
	return result;
}

EXPORT int fputws(const wchar_t *text, FILE *stream)
{
	return put_text(text, stream, true, &REAL(fputws), CALLER);
}

EXPORT int fputws_unlocked(const wchar_t *text, FILE *stream)
{
	return put_text(text, stream, false, &REAL(fputws_unlocked), CALLER);
}

/* Characters ------------------------------------------------------------------------------------------------------------------ */

enum { STREAM_UNBUFFERED = 2 }; /* _IO_UNBUFFERED of glibc's FILE._flags */

/* One that stays in the buffer waits there for the rest of its line. */
static bool completes_text(FILE *stream, wchar_t c)
{
	const struct wide_area *area = area_of(stream);
	return c == L'\n' || (stream->_flags & STREAM_UNBUFFERED) || !area || area->at >= area->end;
}

/* The line so far with its last character; putting that one may empty the buffer. */
static wint_t put_and_record(struct stream_slot *slot, FILE *stream, wchar_t c, wint_t (*real)(wchar_t, FILE *), const void *caller)
{
	wchar_t line[RECORD_TEXT_BYTES / sizeof(wchar_t)];
	const struct wide_call call = {stream, slot, NULL, NULL, caller};
	size_t count;
	const wchar_t *text = unseen(slot, stream, &count);
	if (count >= sizeof(line) / sizeof(*line)) {
		record_characters(&call, text, count);
		count = 0;
	}
	for (size_t i = 0; i < count; i++)
		line[i] = text[i];
	line[count] = c;
	const wint_t result = real(c, stream);
	record_characters(&call, line, result == WEOF ? count : count + 1);
	end(&call);
	return result;
}

static wint_t put(wchar_t c, FILE *stream, bool lock_it, wint_t (*real)(wchar_t, FILE *), const void *caller)
{
	struct stream_lock lock;
	struct stream_slot *slot = stream_slot_of(stream);
	if (!slot)
		return real(c, stream);
	const bool locked = lock_it && stream_has_threads();
	if (locked)
		stream_lock(&lock, stream);
	const wint_t result = completes_text(stream, c) ? put_and_record(slot, stream, c, real, caller) : real(c, stream);
	if (locked)
		stream_unlock(&lock);
	return result;
}

EXPORT wint_t fputwc(wchar_t c, FILE *stream)
{
	return put(c, stream, true, &REAL(fputwc), CALLER);
}

/* Not as fputwc(3): on a stream that is used for bytes these put the character nevertheless. */
EXPORT wint_t putwc(wchar_t c, FILE *stream)
{
	return put(c, stream, true, &REAL(putwc), CALLER);
}

EXPORT wint_t putwchar(wchar_t c)
{
	return put(c, stdout, true, &REAL(putwc), CALLER);
}

EXPORT wint_t fputwc_unlocked(wchar_t c, FILE *stream)
{
	return put(c, stream, false, &REAL(fputwc_unlocked), CALLER);
}

EXPORT wint_t putwc_unlocked(wchar_t c, FILE *stream)
{
	return put(c, stream, false, &REAL(putwc_unlocked), CALLER);
}

EXPORT wint_t putwchar_unlocked(wchar_t c)
{
	return put(c, stdout, false, &REAL(putwc_unlocked), CALLER);
}

/* Formatted ------------------------------------------------------------------------------------------------------------------- */

static int call_real(FILE *stream, int flag, const wchar_t *format, va_list arguments)
{
	return flag == PLAIN ? REAL(vfwprintf)(stream, format, arguments) : REAL(__vfwprintf_chk)(stream, flag, format, arguments);
}

/* As printf(3), see stdio_print.c. */
static int print(FILE *stream, int flag, const wchar_t *format, va_list arguments, const void *caller)
{
	struct stream_lock lock;
	va_list again;
	struct stream_slot *slot = stream_slot_of(stream);
	if (!slot || stream_refuses(stream, format, -1))
		return call_real(stream, flag, format, arguments);
	const bool locked = stream_has_threads();
	va_copy(again, arguments);
	if (locked)
		stream_lock(&lock, stream);
	const struct wide_call call = begin(slot, stream, caller);
	const int result = call_real(stream, flag, format, arguments);
	const bool missing = result > 0 && !appended(&call, (size_t)result);
	if (result > 0 && !missing)
		record_characters(&call, call.at, (size_t)result);
	end(&call);
	if (locked)
		stream_unlock(&lock);
	if (missing) {
		const struct record_origin origin = stream_origin(call.slot, caller);
		again_record_wide(&origin, result, format, again);
	}
	va_end(again);
	return result;
}

#define PRINT(stream, flag)                                                                                                        \
	va_list arguments;                                                                                                         \
	va_start(arguments, format);                                                                                               \
	const int result = print(stream, flag, format, arguments, CALLER);                                                         \
	va_end(arguments);                                                                                                         \
	return result

EXPORT int wprintf(const wchar_t *format, ...)
{
	PRINT(stdout, PLAIN);
}

EXPORT int fwprintf(FILE *stream, const wchar_t *format, ...)
{
	PRINT(stream, PLAIN);
}

EXPORT int __wprintf_chk(int flag, const wchar_t *format, ...)
{
	PRINT(stdout, flag);
}

EXPORT int __fwprintf_chk(FILE *stream, int flag, const wchar_t *format, ...)
{
	PRINT(stream, flag);
}

EXPORT int vwprintf(const wchar_t *format, va_list arguments)
{
	return print(stdout, PLAIN, format, arguments, CALLER);
}

EXPORT int vfwprintf(FILE *stream, const wchar_t *format, va_list arguments)
{
	return print(stream, PLAIN, format, arguments, CALLER);
}

EXPORT int __vwprintf_chk(int flag, const wchar_t *format, va_list arguments)
{
	return print(stdout, flag, format, arguments, CALLER);
}

EXPORT int __vfwprintf_chk(FILE *stream, int flag, const wchar_t *format, va_list arguments)
{
	return print(stream, flag, format, arguments, CALLER);
}
