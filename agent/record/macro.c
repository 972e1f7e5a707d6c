#define TTLOG_ABI_ONLY
#include "record.h"

#include "lane.h"
#include "recorder_file.h"
#include "ttlog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_STRING_MAX = 1024, MACRO_PAYLOAD_MAX = RECORD_TEXT_BYTES + 3000 };
_Static_assert((int)LEVEL_OFF == (int)TTLOG_LEVEL_OFF && (int)LEVEL_WARN == (int)TTLOG_LEVEL_WARN, "one scale of levels");
_Static_assert((int)VALUE_SIGNED == (int)TTLOG_TYPE_SIGNED && (int)VALUE_POINTER == (int)TTLOG_TYPE_POINTER, "one set of types");

struct payload {
	uint32_t used;
	bool truncated;
	unsigned char data[MACRO_PAYLOAD_MAX];
};

static struct record_fields macro_fields(const struct ttlog_site *site, uint32_t id, const void *caller, uint8_t flags)
{
	return (struct record_fields){id ? id : (uintptr_t)caller, (uint8_t)(site->level | SOURCE_MACRO << 4),
				      (uint8_t)(flags | (id ? RECORD_HAS_SITE : 0))};
}

/* Numbers, the common case: nine bytes behind a missing key. */
static inline void put_number(struct payload *payload, const struct ttlog_value *value)
{
	unsigned char *at = payload->data + payload->used;
	at[0] = (unsigned char)value->type;
	at[1] = 0;
	memcpy(at + 2, &value->as, sizeof(value->as));
	payload->used += 2 + (uint32_t)sizeof(value->as);
}

/* A string behind a missing key, cut where it is long. False: no room. */
static inline bool put_string(struct payload *payload, const char *string)
{
	const uint16_t bytes = (uint16_t)strnlen(string, VALUE_STRING_MAX);
	unsigned char *at = payload->data + payload->used;
	if (payload->used + 4u + bytes > sizeof(payload->data))
		return false;
	at[0] = VALUE_STRING;
	at[1] = 0;
	memcpy(at + 2, &bytes, sizeof(bytes));
	memcpy(at + 4, string, bytes);
	payload->used += 4u + bytes;
	payload->truncated |= bytes == VALUE_STRING_MAX && string[bytes];
	return true;
}

/* With its key, where the recorder has no call site for it; and null strings. */
static void put_general(struct payload *payload, const struct ttlog_value *value, const char *key)
{
	struct event_value encoded;
	memset(&encoded, 0, sizeof(encoded));
	encoded.type = (uint32_t)value->type;
	encoded.key = key;
	encoded.key_bytes = key ? (uint32_t)strnlen(key, UINT8_MAX) : 0;
	encoded.number.u = value->as.u;
	if (value->type == TTLOG_TYPE_STRING && value->as.p) {
		encoded.string = value->as.p;
		encoded.string_bytes = (uint32_t)strnlen(encoded.string, VALUE_STRING_MAX);
		payload->truncated |= encoded.string_bytes == VALUE_STRING_MAX && encoded.string[VALUE_STRING_MAX];
	}
	const size_t used = value_encode(payload->data, sizeof(payload->data), payload->used, &encoded);
	payload->truncated |= used == payload->used;
	payload->used = (uint32_t)used;
}

static inline void put_value(struct payload *payload, const struct ttlog_value *value)
{
	if (value->type != TTLOG_TYPE_STRING && payload->used + 16 < sizeof(payload->data))
		put_number(payload, value);
	else if (value->type != TTLOG_TYPE_STRING || !value->as.p || !put_string(payload, value->as.p))
		put_general(payload, value, NULL);
}

/* Without a call site in the recorder the event carries its message and keys itself. */
static void put_message(struct payload *payload, const char *message)
{
	const uint16_t bytes = message ? (uint16_t)strnlen(message, RECORD_TEXT_BYTES) : 0;
	memcpy(payload->data, &bytes, sizeof(bytes));
	if (bytes)
		memcpy(payload->data + sizeof(bytes), message, bytes);
	payload->used = (uint32_t)sizeof(bytes) + bytes;
}

static __attribute__((noinline)) void write_values(struct ttlog_site *site, uint32_t id, const void *caller,
						   const struct ttlog_value *values, uint32_t count)
{
	struct payload payload;
	payload.truncated = false;
	put_message(&payload, id ? NULL : site->message);
	for (uint32_t i = 0; i < count; i++) {
		if (id)
			put_value(&payload, &values[i]);
		else
			put_general(&payload, &values[i], site->keys[i]);
	}
	const struct record_fields fields = macro_fields(site, id, caller, RECORD_HAS_VALUES);
	lane_write(&fields, payload.data, payload.used);
	if (payload.truncated)
		lane_count_truncated();
}

/* ttlog_info(...) and its siblings. */
static void record_event(struct ttlog_site *site, const struct ttlog_value *values, uint32_t count)
{
	const uint32_t generation = recorder_get();
	if (!generation)
		return;
	const void *caller = __builtin_return_address(0);
	const uint32_t id = site_id(site, generation);
	if (count || !id) {
		write_values(site, id, caller, values, count);
		return;
	}
	const struct record_fields fields = macro_fields(site, id, caller, 0);
	lane_write(&fields, NULL, 0);
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
		struct record_fields fields = macro_fields(site, id, __builtin_return_address(0), 0);
		const uint32_t full = (uint32_t)length;
		if (full <= RECORD_TEXT_BYTES) {
			lane_write(&fields, begin, full);
		} else {
			fields.flags |= RECORD_TRUNCATED;
			memcpy(text, &full, sizeof(full));
			lane_write(&fields, text, sizeof(full) + RECORD_TEXT_BYTES);
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
