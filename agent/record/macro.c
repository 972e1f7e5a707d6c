#include "record.h"

#include "copy.h"
#include "lane.h"
#include "reader.h"
#include "recorder_file.h"
#include "site.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	VALUE_STRING_MAX = 1024,
	WORDS_PAYLOAD_MAX = RECORD_PAYLOAD_MAX, /* bytes of values as words */
	INLINE_PAYLOAD_MAX = RECORD_PAYLOAD_MAX,
};
_Static_assert((int)LEVEL_OFF == (int)TTLOG_LEVEL_OFF && (int)LEVEL_WARN == (int)TTLOG_LEVEL_WARN, "one scale of levels");
_Static_assert((int)VALUE_SIGNED == (int)TTLOG_TYPE_SIGNED && (int)VALUE_POINTER == (int)TTLOG_TYPE_POINTER, "one set of types");

static inline struct record_fields macro_fields(const struct ttlog_site *site, uint32_t id, unsigned flags)
{
	return record_fields(id, site->level, SOURCE_MACRO, flags | RECORD_HAS_SITE);
}

/* Values as words (event.h). All that is stored here is stored as words, because lane_write_words() loads it so at once. */
static void write_words(const struct ttlog_site *site, uint32_t id, const struct ttlog_value *values, uint32_t count)
{
	uint64_t words[(WORDS_PAYLOAD_MAX + LANE_BODY_BYTES) / sizeof(uint64_t)];
	char *const strings = (char *)&words[1 + count];
	const size_t room = WORDS_PAYLOAD_MAX - (1 + count) * sizeof(uint64_t);
	size_t used = 0;
	uint64_t types = 0;
	bool truncated = false;
	for (uint32_t i = 0; i < count; i++) {
		types |= values[i].type << 4 * i;
		words[1 + i] = values[i].as.u;
		if (values[i].type != TTLOG_TYPE_STRING)
			continue;
		const char *string = values[i].as.p;
		const size_t limit = room - used < VALUE_STRING_MAX ? room - used : VALUE_STRING_MAX;
		const size_t bytes = string ? strnlen(string, limit) : 0;
		truncated |= string && bytes == limit && string[bytes];
		words[1 + i] = string ? bytes : VALUE_WORD_NULL;
		copy_short(strings + used, string, bytes);
		used += bytes;
	}
	words[0] = types;
	lane_write_words(macro_fields(site, id, RECORD_HAS_WORDS), words, (uint32_t)((1 + count) * sizeof(uint64_t) + used));
	if (truncated)
		lane_count_truncated();
}

/* Where the recorder has no room for the call site: the event carries its message and keys itself. */
static __attribute__((noinline)) void write_inline(const struct ttlog_site *site, const void *caller,
						   const struct ttlog_value *values, uint32_t count)
{
	unsigned char payload[INLINE_PAYLOAD_MAX];
	const uint16_t message = site->message ? (uint16_t)strnlen(site->message, RECORD_TEXT_BYTES) : 0;
	size_t used = sizeof(message) + message;
	bool truncated = false;
	memcpy(payload, &message, sizeof(message));
	memcpy(payload + sizeof(message), site->message ? site->message : "", message);
	for (uint32_t i = 0; i < count; i++) {
		struct event_value value = {.key = site->keys[i], .type = (uint32_t)values[i].type, .number.u = values[i].as.u};
		value.key_bytes = (uint32_t)strnlen(value.key, UINT8_MAX);
		if (value.type == VALUE_STRING && values[i].as.p) {
			value.string = values[i].as.p;
			value.string_bytes = (uint32_t)strnlen(value.string, VALUE_STRING_MAX);
			truncated |= value.string_bytes == VALUE_STRING_MAX && value.string[VALUE_STRING_MAX];
		}
		const size_t end = value_encode(payload, sizeof(payload), used, &value);
		truncated |= end == used;
		used = end;
	}
	lane_write(record_fields((uintptr_t)caller, site->level, SOURCE_MACRO, RECORD_HAS_VALUES), payload, (uint32_t)used);
	if (truncated)
		lane_count_truncated();
}

/* ttlog_info(...) and its siblings. */
static void record_event(struct ttlog_site *site, const struct ttlog_value *values, uint32_t count)
{
	const uint32_t generation = recorder_get();
	if (__builtin_expect(!generation, 0))
		return;
	const uint32_t id = site_id(site, generation);
	if (__builtin_expect(!id || count > VALUE_WORDS_MAX, 0))
		write_inline(site, __builtin_return_address(0), values, count);
	else if (count)
		write_words(site, id, values, count);
	else
		lane_write(macro_fields(site, id, 0), NULL, 0);
}

/* ttlog_infof(...) and its siblings: formatted here, in the calling thread, because the arguments may be gone later. */
static void record_eventf(struct ttlog_site *site, const char *format, va_list arguments)
{
	const int saved_errno = errno;
	const uint32_t generation = recorder_get();
	char text[sizeof(uint32_t) + RECORD_TEXT_BYTES + 1];
	char *const begin = text + sizeof(uint32_t);
	const int length = generation ? vsnprintf(begin, RECORD_TEXT_BYTES + 1, format, arguments) : -1;
	if (length >= 0) {
		const uint32_t id = site_id(site, generation);
		struct record_fields fields = id ? macro_fields(site, id, 0)
						 : record_fields((uintptr_t)__builtin_return_address(0), site->level, SOURCE_MACRO,
								 0);
		const uint32_t full = (uint32_t)length;
		if (full <= RECORD_TEXT_BYTES) {
			lane_write(fields, begin, full);
		} else {
			fields.kind |= (uint64_t)RECORD_TRUNCATED << 8;
			memcpy(text, &full, sizeof(full));
			lane_write(fields, text, sizeof(full) + RECORD_TEXT_BYTES);
			lane_count_truncated();
		}
	}
	errno = saved_errno;
}

struct ttlog_api record_api = {1, TTLOG_LEVEL_OFF, record_event, record_eventf};

/* The ELF note by which include/ttlog.h finds the table, in a program that links nothing. Its descriptor: distance to the table. */
__asm__(".pushsection .note.ttlog, \"a\", %note\n"
	".balign 4\n"
	".long 6, 8, 1\n" /* bytes of name and descriptor, type TTLOG_NOTE_API */
	".asciz \"ttlog\"\n"
	".balign 4\n"
	".quad record_api - .\n"
	".popsection");
