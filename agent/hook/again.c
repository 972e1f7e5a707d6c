#include "again.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { AGAIN_BYTES = 4096, WIDE_CHARACTERS = 512, UTF8_BYTES = 4 };

static bool forbidden;

static wchar_t character(const void *text, bool wide, size_t i)
{
	return wide ? ((const wchar_t *)text)[i] : ((const unsigned char *)text)[i];
}

/* What may stand between the % and the n: an argument's number, flags, width, precision, and the size, of C23 also w8 to wf64. */
static bool stores_count(const void *format, bool wide)
{
	static const char between[] = "0123456789$*.-+ #'IhlLqjztZ";
	bool directive = false, sized = false;
	for (size_t i = 0; format; i++) {
		const wchar_t c = character(format, wide, i);
		if (!c)
			break;
		if (directive && c == 'n')
			return true;
		const bool size = directive && (c == 'w' || (c == 'f' && sized));
		sized = size && c == 'w';
		directive = directive ? size || (c < 0x80 && strchr(between, (int)c)) : c == '%';
	}
	return false;
}

static bool may_be_noticed(const void *format, bool wide)
{
	return __atomic_load_n(&forbidden, __ATOMIC_RELAXED) || stores_count(format, wide);
}

bool again_allowed(const char *format)
{
	return !may_be_noticed(format, false);
}

bool again_allowed_wide(const wchar_t *format)
{
	return !may_be_noticed(format, true);
}

void again_forbid(void)
{
	__atomic_store_n(&forbidden, true, __ATOMIC_RELAXED);
}

void again_record(const struct record_origin *origin, int length, const char *format, va_list arguments)
{
	const int saved_errno = errno;
	const size_t full = (size_t)length, room = full < AGAIN_BYTES ? full + 1 : AGAIN_BYTES;
	if (!again_allowed(format))
		return;
	char *text = __builtin_alloca(room); /* no more than is needed: handlers print on stacks of 8 KB */
	if (vsnprintf(text, room, format, arguments) >= 0)
		record_text(origin, text, room - 1, full);
	errno = saved_errno;
}

/* Wide ---------------------------------------------------------------------------------------------------------------------- */

/* RFC 3629; what is no character becomes U+FFFD. */
static size_t put_utf8(char *to, wchar_t wide)
{
	uint32_t c = (uint32_t)wide;
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	const size_t bytes = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = bytes; i-- > 1; c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	to[0] = (char)(lead[bytes] | c);
	return bytes;
}

void again_record_characters(const struct record_origin *origin, const wchar_t *text, size_t count, size_t missing)
{
	char bytes[WIDE_CHARACTERS * UTF8_BYTES];
	while (count) {
		const size_t part = count < WIDE_CHARACTERS ? count : WIDE_CHARACTERS;
		size_t used = 0;
		for (size_t i = 0; i < part; i++)
			used += put_utf8(bytes + used, text[i]);
		text += part;
		count -= part;
		record_text(origin, bytes, used, count ? used : used + missing);
	}
}

void again_record_wide(const struct record_origin *origin, int length, const wchar_t *format, va_list arguments)
{
	const int saved_errno = errno;
	const size_t most = AGAIN_BYTES / sizeof(wchar_t), full = (size_t)length, room = full < most ? full + 1 : most;
	if (!again_allowed_wide(format))
		return;
	wchar_t *text = __builtin_alloca(room * sizeof(*text));
	text[0] = 0;
	vswprintf(text, room, format, arguments); /* too long: -1, and what fits is there */
	text[room - 1] = 0;
	const size_t count = wcsnlen(text, full < room ? full : room - 1);
	if (count)
		again_record_characters(origin, text, count, full - count);
	errno = saved_errno;
}

/* Messages ------------------------------------------------------------------------------------------------------------------ */

void again_record_message(const struct record_origin *origin, const struct again_message *message, va_list arguments)
{
	char text[AGAIN_BYTES];
	const int saved_errno = errno; /* also what %m in the format stands for */
	size_t used = strnlen(message->prefix, RECORD_TEXT_BYTES), full = used;
	if (!again_allowed(message->format))
		return;
	memcpy(text, message->prefix, used);
	if (message->format) {
		const size_t room = sizeof(text) / 2;
		const int length = vsnprintf(text + used, room, message->format, arguments);
		const size_t bytes = length > 0 ? (size_t)length : 0;
		full += bytes;
		used += bytes < room ? bytes : room - 1;
	}
	const size_t rest = strnlen(message->suffix, RECORD_TEXT_BYTES - 1);
	memcpy(text + used, message->suffix, rest);
	text[used + rest] = '\n';
	record_text(origin, text, used + rest + 1, full + rest + 1);
	errno = saved_errno;
}
