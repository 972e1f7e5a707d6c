/*
 * Levels, sources and the encoding of key-values.
 */
#include "event.h"

#include <ttlog.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite(event, .timeout = 30);

_Static_assert((int)LEVEL_TRACE == TTLOG_LEVEL_TRACE && (int)LEVEL_FATAL == TTLOG_LEVEL_FATAL && (int)LEVEL_OFF == TTLOG_LEVEL_OFF,
	       "levels of the public header");
_Static_assert((int)VALUE_SIGNED == TTLOG_TYPE_SIGNED && (int)VALUE_UNSIGNED == TTLOG_TYPE_UNSIGNED &&
		       (int)VALUE_DOUBLE == TTLOG_TYPE_DOUBLE && (int)VALUE_BOOL == TTLOG_TYPE_BOOL &&
		       (int)VALUE_STRING == TTLOG_TYPE_STRING && (int)VALUE_POINTER == TTLOG_TYPE_POINTER,
	       "types of the public header");

static int parse(const char *name)
{
	unsigned level = 77;
	const int result = level_parse(name, strlen(name), &level);
	return result ? result : (int)level;
}

Test(event, levels)
{
	static const char *const names[] = {"trace", "debug", "info", "warn", "error", "fatal", "off"};
	for (unsigned i = 0; i <= LEVEL_OFF; i++) {
		cr_assert_str_eq(level_name(i), names[i]);
		cr_assert(parse(names[i]) == (int)i, "%s", names[i]);
	}
	cr_assert(level_name(LEVEL_OFF + 1) == NULL && level_name(~0u) == NULL);
	cr_assert(parse("WARN") == LEVEL_WARN && parse("Error") == LEVEL_ERROR);
	static const char *const bad[] = {"", "inf", "infos", "info ", " info", "2", "INFO,net=debug", "warn\n"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert(parse(bad[i]) == -EINVAL, "\"%s\" is a level", bad[i]);
	unsigned level;
	cr_assert(level_parse("information", 4, &level) == 0 && level == LEVEL_INFO, "only `bytes` bytes count");
	cr_assert(level_parse("info\0", 5, &level) == -EINVAL, "a NUL inside");
}

Test(event, names_are_distinct)
{
	for (unsigned i = 0; i < SOURCE_COUNT; i++) {
		cr_assert(source_name(i) != NULL);
		for (unsigned k = 0; k < i; k++)
			cr_assert_str_neq(source_name(i), source_name(k));
	}
	cr_assert(source_name(SOURCE_COUNT) == NULL && source_name(~0u) == NULL);
	cr_assert(SOURCE_COUNT <= 16, "a source has four bits");
}

static void expect_round_trip(const struct event_value *value)
{
	unsigned char payload[4200];
	memset(payload, 0xa5, sizeof(payload));
	const size_t end = value_encode(payload, sizeof(payload), 3, value);
	cr_assert(end > 3 && payload[2] == 0xa5 && payload[end] == 0xa5, "wrote outside");
	struct event_value back;
	size_t at = 3;
	cr_assert(value_decode(payload, end, &at, &back) == 1 && at == end);
	cr_assert(back.type == value->type && back.key_bytes == (value->key ? value->key_bytes : 0));
	cr_assert(!value->key || memcmp(back.key, value->key, value->key_bytes) == 0);
	if (value->type == VALUE_STRING) {
		cr_assert((back.string == NULL) == (value->string == NULL));
		cr_assert(!value->string ||
			  (back.string_bytes == value->string_bytes && memcmp(back.string, value->string, back.string_bytes) == 0));
	} else {
		cr_assert(memcmp(&back.number, &value->number, sizeof(back.number)) == 0);
	}
	cr_assert(value_decode(payload, end, &at, &back) == 0, "end");
	/* Cut anywhere: damaged, and nothing behind the cut is read or taken. */
	for (size_t bytes = 4; bytes < end; bytes++) {
		at = 3;
		cr_assert(value_decode(payload, bytes, &at, &back) == -EINVAL, "%zu of %zu bytes are a value", bytes, end);
	}
	/* No room: nothing changes. */
	for (size_t bytes = 3; bytes < end; bytes++) {
		memset(payload, 0xa5, sizeof(payload));
		cr_assert(value_encode(payload, bytes, 3, value) == 3);
		for (size_t i = bytes; i < end; i++)
			cr_assert(payload[i] == 0xa5);
	}
}

Test(event, values_round_trip)
{
	static char key[255], text[1024];
	memset(key, 'k', sizeof(key));
	memset(text, 't', sizeof(text));
	const uint64_t numbers[] = {0, 1, UINT64_MAX, (uint64_t)INT64_MIN, (uint64_t)INT64_MAX, 0x7ff8000000000001ull};
	static const uint32_t key_lengths[] = {0, 1, 254, 255};
	for (size_t k = 0; k < 4; k++) {
		struct event_value value = {.key = key_lengths[k] ? key : NULL, .key_bytes = key_lengths[k]};
		for (value.type = VALUE_SIGNED; value.type <= VALUE_SPAN_EXIT; value.type++) {
			for (size_t n = 0; value.type != VALUE_STRING && n < sizeof(numbers) / sizeof(*numbers); n++) {
				value.number.u = numbers[n];
				expect_round_trip(&value);
			}
		}
		value.type = VALUE_STRING;
		value.number.u = 0;
		value.string = NULL;
		expect_round_trip(&value);
		static const uint32_t lengths[] = {0, 1, 1024};
		for (size_t n = 0; n < 3; n++) {
			value.string = text;
			value.string_bytes = lengths[n];
			expect_round_trip(&value);
		}
	}
}

Test(event, what_cannot_be_encoded)
{
	static unsigned char payload[70000];
	static char big[65536];
	const struct event_value long_key = {.key = big, .key_bytes = 256, .type = VALUE_SIGNED};
	const struct event_value long_string = {.type = VALUE_STRING, .string = big, .string_bytes = UINT16_MAX};
	const struct event_value longest = {.type = VALUE_STRING, .string = big, .string_bytes = UINT16_MAX - 1};
	cr_assert(value_encode(payload, sizeof(payload), 0, &long_key) == 0);
	cr_assert(value_encode(payload, sizeof(payload), 0, &long_string) == 0, "this length means a null pointer");
	cr_assert(value_encode(payload, sizeof(payload), 0, &longest) == 4u + UINT16_MAX - 1);
	cr_assert(value_encode(payload, 10, 11, &long_key) == 11, "a position behind the end");
}

Test(event, damaged_values)
{
	struct event_value value;
	for (unsigned type = 0; type < 256; type++) {
		unsigned char payload[16] = {(unsigned char)type, 0};
		size_t at = 0;
		const int expected = type >= VALUE_SIGNED && type <= VALUE_SPAN_EXIT ? 1 : -EINVAL;
		cr_assert(value_decode(payload, sizeof(payload), &at, &value) == expected, "type %u", type);
	}
	unsigned char zero[4] = {0};
	size_t at = 5;
	cr_assert(value_decode(zero, 4, &at, &value) == -EINVAL, "a position behind the end");
	at = SIZE_MAX;
	cr_assert(value_decode(zero, 4, &at, &value) == -EINVAL);
	at = 4;
	cr_assert(value_decode(zero, 4, &at, &value) == 0);
	const unsigned char long_string[] = {VALUE_STRING, 0, 0xfe, 0xff, 'x'};
	at = 0;
	cr_assert(value_decode(long_string, sizeof(long_string), &at, &value) == -EINVAL);
	const unsigned char long_key[] = {VALUE_SIGNED, 255, 'x'};
	at = 0;
	cr_assert(value_decode(long_key, sizeof(long_key), &at, &value) == -EINVAL);
}

/* Values as words ------------------------------------------------------------------------------------------------------------ */

/* Words and strings as the agent writes them: 7, -2, "ab", a null string, "", "c", true. */
static const struct {
	uint64_t words[7];
	char strings[9];
} by_hand = {{7, (uint64_t)-2, 2, 0, VALUE_WORD_EMPTY, 12345, 1}, "ab\0\0\0\0\0\0c"};
enum {
	BY_HAND_BYTES = 7 * 8 + 8 + 1,
	BY_HAND_TYPES = VALUE_UNSIGNED | VALUE_SIGNED << 4 | VALUE_STRING << 8 | VALUE_STRING << 12 | VALUE_STRING << 16 |
			VALUE_STRING << 20 | VALUE_BOOL << 24,
};

static bool next_string(const unsigned char *payload, struct value_words *words, const char *text)
{
	struct event_value value;
	if (value_word_decode(payload, BY_HAND_BYTES, words, &value) != 1 || value.type != VALUE_STRING)
		return false;
	if (!text || !value.string)
		return !text && !value.string;
	return value.string_bytes == strlen(text) && memcmp(value.string, text, value.string_bytes) == 0;
}

Test(event, words)
{
	const unsigned char *payload = (const unsigned char *)&by_hand;
	struct value_words words = {.types = BY_HAND_TYPES};
	struct event_value value;
	cr_assert(value_word_decode(payload, BY_HAND_BYTES, &words, &value) == 1 && value.type == VALUE_UNSIGNED &&
		  value.number.u == 7);
	cr_assert(value_word_decode(payload, BY_HAND_BYTES, &words, &value) == 1 && value.type == VALUE_SIGNED &&
		  value.number.i == -2);
	cr_assert(next_string(payload, &words, "ab") && next_string(payload, &words, NULL) && next_string(payload, &words, "") &&
		  next_string(payload, &words, "c"));
	cr_assert(value_word_decode(payload, BY_HAND_BYTES, &words, &value) == 1 && value.type == VALUE_BOOL &&
		  value.number.u == 1);
	cr_assert(value_word_decode(payload, BY_HAND_BYTES, &words, &value) == 0);
}

/* Cut anywhere, a payload gives fewer values or an error, and nothing behind its end is read (ASan build, guard by malloc). */
Test(event, words_cut)
{
	for (size_t bytes = 0; bytes < BY_HAND_BYTES - 1; bytes++) {
		unsigned char *payload = malloc(bytes ? bytes : 1);
		struct value_words words = {.types = BY_HAND_TYPES};
		struct event_value value;
		int result = 1;
		memcpy(payload, &by_hand, bytes);
		for (int n = 0; n < 20 && result == 1; n++)
			result = value_word_decode(payload, bytes, &words, &value);
		cr_assert_eq(result, bytes < BY_HAND_BYTES - 1 ? -EINVAL : 0, "%zu of %d bytes", bytes, BY_HAND_BYTES);
		free(payload);
	}
}

Test(event, words_hostile)
{
	const uint64_t lengths[] = {UINT64_MAX - 1, UINT32_MAX, 1ull << 63, 9};
	struct event_value value;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const uint64_t payload[3] = {lengths[i], 1, 0};
		struct value_words words = {.types = VALUE_STRING | VALUE_STRING << 4};
		cr_assert_eq(value_word_decode((const unsigned char *)payload, sizeof(payload), &words, &value), -EINVAL);
	}
	const uint64_t payload[1] = {0};
	struct value_words words = {.types = 15};
	cr_assert_eq(value_word_decode((const unsigned char *)payload, sizeof(payload), &words, &value), -EINVAL, "unknown type");
	words = (struct value_words){.types = BY_HAND_TYPES, .index = 3, .strings = SIZE_MAX};
	cr_assert_eq(value_word_decode((const unsigned char *)&by_hand, BY_HAND_BYTES, &words, &value), -EINVAL);
}
