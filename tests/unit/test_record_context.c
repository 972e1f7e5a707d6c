/*
 * Records with the key-values of their thread, in files built by hand: they come out beside the record's own, who does not look for
 * them reads the record as ever, and what is not whole, or lies about its length, is no record.
 */
#include "reading.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>

TestSuite(record_context, .init = reading_init, .fini = reading_fini, .timeout = 60);

static void open_lane(void)
{
	open_image();
	lane_cursor_open(&cursor, &view, 0);
}

static struct record_context context_of(const char *key, const char *text)
{
	struct record_context context;
	const struct event_value value = {.key = key,
					  .key_bytes = (uint32_t)strlen(key),
					  .type = VALUE_STRING,
					  .string = text,
					  .string_bytes = (uint32_t)strlen(text)};
	memset(&context, 0xee, sizeof(context));
	context.bytes = (uint16_t)value_encode(context.values, sizeof(context.values), 0, &value);
	return context;
}

static void put_bodies(uint64_t position, const void *data, size_t bytes)
{
	for (size_t done = 0; done < bytes; done += LANE_BODY_BYTES, position++) {
		struct record_body *body = (void *)image_unit(&image, 0, position);
		body->stamp = unit_stamp(position, UNIT_BODY);
		memcpy(body->bytes, (const char *)data + done, bytes - done < LANE_BODY_BYTES ? bytes - done : LANE_BODY_BYTES);
	}
}

/* Returns the position behind it. */
static uint64_t put(uint64_t position, const char *text, const struct record_context *context)
{
	const uint64_t behind = image_put(&image, 0, position, RECORD_HAS_CONTEXT, text, strlen(text));
	put_bodies(behind, context, context_bytes(context));
	return behind + context_units(context);
}

static void expect_context(const char *key, const char *text)
{
	struct event_value value;
	size_t at = 0;
	cr_assert(record_context_value(&record, &at, &value) == 1);
	cr_assert(value.key_bytes == strlen(key) && memcmp(value.key, key, value.key_bytes) == 0);
	cr_assert(value.string_bytes == strlen(text) && memcmp(value.string, text, value.string_bytes) == 0);
	cr_assert(record_context_value(&record, &at, &value) == 0);
}

/* Payloads that fill no unit, a part, one, and more; contexts of one unit and of the most. */
Test(record_context, stands_beside_the_text)
{
	static const char *const texts[] = {"", "short", "exactly twenty-four byte", "a text that takes more than the one unit"};
	char longest[CONTEXT_BYTES_MAX];
	memset(longest, 'x', sizeof(longest));
	longest[CONTEXT_BYTES_MAX - 4 - strlen("k")] = 0;
	const struct record_context one = context_of("id", "7"), most = context_of("k", longest);
	cr_assert(context_units(&one) == 1 && most.bytes == CONTEXT_BYTES_MAX);
	uint64_t at = 0;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		at = put(at, texts[i], &one);
		at = put(at, texts[i], &most);
	}
	at = image_put(&image, 0, at, 0, "without", 7);
	image.controls[0].head = at;
	open_lane();
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		expect_next(texts[i]);
		expect_context("id", "7");
		expect_next(texts[i]);
		expect_context("k", longest);
	}
	expect_next("without");
	struct event_value value;
	size_t begin = 0;
	cr_assert(record.context.bytes == 0 && record_context_value(&record, &begin, &value) == 0);
	cr_assert(lane_cursor_next(&cursor, &record) == 0 && cursor.torn == 0);
}

/* As a reader does that does not know the flag: the units of the context begin nothing, and count as nothing torn. */
Test(record_context, is_passed_over_by_who_does_not_know_it)
{
	const struct record_context context = context_of("request", "a value that takes two units");
	image.controls[0].head = image_put(&image, 0, put(0, "before", &context), 0, "after", 5);
	image_unit(&image, 0, 0)->flags = 0;
	open_lane();
	expect_next("before");
	expect_next("after");
	cr_assert(lane_cursor_next(&cursor, &record) == 0 && cursor.torn == 0);
	uint64_t count;
	lane_cursor_open(&cursor, &view, 0);
	cr_assert(lane_cursor_count(&cursor, &count) && count == 2);
}

Test(record_context, lengths_that_lie)
{
	static const uint16_t lengths[] = {0, CONTEXT_BYTES_MAX + 1, UINT16_MAX};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct record_context context = context_of("id", "7");
		const uint64_t behind = put(0, "lies", &context);
		context.bytes = lengths[i];
		put_bodies(record_units(4), &context, 2);
		image.controls[0].head = image_put(&image, 0, behind, 0, "after", 5);
		open_lane();
		expect_next("after");
	}
}

Test(record_context, units_that_are_not_there)
{
	const struct record_context context = context_of("id", "a value of this length takes three of the units");
	cr_assert(context_units(&context) == 3);
	for (uint32_t i = 0; i < 3; i++) {
		const uint64_t behind = put(0, "text", &context);
		image.controls[0].head = image_put(&image, 0, behind, 0, "after", 5);
		image_unit(&image, 0, record_units(4) + i)->stamp = unit_stamp(record_units(4) + i, UNIT_BUSY);
		open_lane();
		expect_next("after");
	}
	/* A head that ends within it: the record is on its way. */
	for (uint32_t i = 0; i < 3; i++) {
		put(0, "text", &context);
		image.controls[0].head = record_units(4) + i;
		open_lane();
		cr_assert(lane_cursor_next(&cursor, &record) == 0);
	}
}

/* Values that are no values end the list; what came before them counts. */
Test(record_context, damaged_values)
{
	struct record_context context = context_of("id", "7");
	context.values[context.bytes] = 99;
	context.bytes = (uint16_t)(context.bytes + 5);
	image.controls[0].head = put(0, "text", &context);
	open_lane();
	expect_next("text");
	struct event_value value;
	size_t at = 0;
	cr_assert(record_context_value(&record, &at, &value) == 1 && record_context_value(&record, &at, &value) < 0);
}
