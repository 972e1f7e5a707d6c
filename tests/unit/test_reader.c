/*
 * The reader of recorder files, against files built by hand: what is whole comes out, what is not is skipped.
 */
#include "clock_scale.h"
#include "reading.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

TestSuite(reader, .init = reading_init, .fini = reading_fini, .timeout = 60);

/* Whole records ---------------------------------------------------------------------------------------------------------- */

Test(reader, empty_lane)
{
	open_image();
	lane_cursor_open(&cursor, &view, 0);
	expect_end(0);
	lane_cursor_open(&cursor, &view, IMAGE_LANES);
	expect_end(0);
	lane_cursor_open(&cursor, &view, UINT32_MAX);
	expect_end(0);
}

Test(reader, fields_of_a_record)
{
	image_say(&image, 0, "skipped over");
	image_say(&image, 0, "hello");
	open_image();
	lane_cursor_open(&cursor, &view, 0);
	expect_next("skipped over");
	expect_next("hello");
	cr_assert(record.position == 2 && record.ticks == 2 && record.origin == 0x400002 && record.lane == 0 && record.tid == 1234);
	cr_assert(record.level == LEVEL_INFO && record.source == SOURCE_STDOUT && record.flags == 0);
	cr_assert(record.full_bytes == 5 && record.values == NULL && record.values_bytes == 0);
	expect_end(0);
}

Test(reader, every_length)
{
	static char text[RECORD_PAYLOAD_MAX + 1];
	for (size_t bytes = 0; bytes <= RECORD_PAYLOAD_MAX; bytes = bytes < 100 ? bytes + 1 : bytes + 97) {
		memset(text, 'a' + (int)(bytes % 26), bytes);
		text[bytes] = 0;
		image.controls[0].head = image_put(&image, 0, 0, 0, text, bytes);
		open_image();
		lane_cursor_open(&cursor, &view, 0);
		expect_next(text);
		expect_end(0);
		memset(image.base + image.header->lanes_offset, 0, IMAGE_UNITS * LANE_UNIT_BYTES);
	}
	image.controls[0].head = image_put(&image, 0, 0, 0, memset(text, 'x', sizeof(text)), RECORD_PAYLOAD_MAX + 1);
	open_image();
	lane_cursor_open(&cursor, &view, 0);
	cr_assert(lane_cursor_next(&cursor, &record) == 0, "a payload longer than RECORD_PAYLOAD_MAX was returned");
}

Test(reader, laps_and_wrap_around)
{
	char text[64];
	unsigned count = 0;
	for (; image.controls[0].head < 5 * IMAGE_UNITS + 3; count++) {
		snprintf(text, sizeof(text), "record number %u %.*s", count, (int)(count % 40),
			 "########################################");
		image_say(&image, 0, text);
	}
	open_image();
	lane_cursor_open(&cursor, &view, 0);
	unsigned first = 0, seen = 0;
	while (lane_cursor_next(&cursor, &record) == 1) {
		unsigned number;
		cr_assert(sscanf(record.text, "record number %u", &number) == 1);
		if (seen++ == 0)
			first = number;
		cr_assert(number == first + seen - 1, "number %u after %u", number, first + seen - 2);
		cr_assert(record.position >= image.controls[0].head - IMAGE_UNITS);
	}
	cr_assert(first + seen == count, "the newest is %u, not %u", first + seen - 1, count - 1);
	cr_assert(seen > IMAGE_UNITS / 4, "only %u of a full lane", seen);
	cr_assert(cursor.torn == 0, "overwritten is not torn");
}

Test(reader, lane_that_has_grown)
{
	/* The ring is smaller than its room: positions fold at the present size. */
	image.controls[0].units = IMAGE_UNITS / 2;
	const uint64_t position = IMAGE_UNITS / 2 + 1;
	struct record_head *unit = image_unit(&image, 0, 1);
	*unit = (struct record_head){.stamp = unit_stamp(position, UNIT_HEAD), .tid = 1};
	image.controls[0].head = position + 1;
	open_image();
	lane_cursor_open(&cursor, &view, 0);
	expect_next("");
	cr_assert(record.position == position);
	expect_end(1); /* the positions before it were handed out, and nothing stands there */
}

Test(reader, lane_that_is_just_growing)
{
	/* A writer was handed positions behind the ring and has not doubled it yet: nothing has wrapped, all is still there. */
	image.controls[0].settled = 0;
	image_say(&image, 0, "oldest");
	image.controls[0].head = IMAGE_UNITS + 3;
	open_image();
	lane_cursor_open(&cursor, &view, 0);
	expect_next("oldest");
	expect_end(1);
}

Test(reader, lanes_are_apart)
{
	image_say(&image, 0, "lane 0");
	image_say(&image, 1, "lane 1");
	open_image();
	cr_assert(view.lanes == IMAGE_LANES);
	lane_cursor_open(&cursor, &view, 1);
	expect_next("lane 1");
	cr_assert(record.tid == 1235 && record.lane == 1);
	expect_end(0);
}

/* Records that are not whole --------------------------------------------------------------------------------------------- */

/* Every unit in every state but the right one, and of every wrong lap: the records around it come out, this one does not. */
Test(reader, one_unit_is_not_right)
{
	image_say(&image, 0, "before");
	const uint64_t at = image.controls[0].head;
	image_say(&image, 0, long_text);
	const uint64_t end = image.controls[0].head;
	image_say(&image, 0, "after");
	open_image();
	for (uint64_t position = at; position < end; position++) {
		struct record_head *unit = image_unit(&image, 0, position);
		const uint64_t good = unit->stamp;
		const uint64_t bad[] = {0,
					good ^ 1,
					good ^ 2,
					good ^ 3,
					good + 4,
					good - 4,
					unit_stamp(position + IMAGE_UNITS, good & 3),
					unit_stamp(position + IMAGE_UNITS, UNIT_BUSY),
					unit_stamp(position, UNIT_BUSY),
					UINT64_MAX};
		for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
			unit->stamp = bad[i];
			lane_cursor_open(&cursor, &view, 0);
			expect_next("before");
			if (bad[i] == unit_stamp(position, UNIT_HEAD))
				continue; /* a body that claims to be a head is another record */
			expect_next("after");
			cr_assert(lane_cursor_next(&cursor, &record) == 0);
		}
		unit->stamp = good;
	}
}

/* Handed out and not filled: in an owned lane the unit still bears an older stamp, in a shared one it has been claimed. */
Test(reader, in_flight_is_counted)
{
	for (unsigned lane = 0; lane < IMAGE_LANES; lane++) {
		struct lane_control *control = &image.controls[lane];
		image_say(&image, lane, "before");
		if (control->shared)
			image_unit(&image, lane, control->head)->stamp = unit_stamp(control->head, UNIT_BUSY);
		image_unit(&image, lane, control->head + 1)->stamp = unit_stamp(control->head + 1, UNIT_BODY);
		control->head += 3; /* three units: not begun, or claimed; committed; not begun */
		image_say(&image, lane, "after");
		open_image();
		lane_cursor_open(&cursor, &view, lane);
		expect_next("before");
		expect_next("after");
		expect_end(1);
	}
}

Test(reader, places_given_up_in_a_shared_lane_are_not_torn)
{
	image_say(&image, 1, "before");
	image_unit(&image, 1, image.controls[1].head)->stamp = unit_stamp(image.controls[1].head, UNIT_NONE);
	image.controls[1].head += 2;
	image_say(&image, 1, "after");
	open_image();
	lane_cursor_open(&cursor, &view, 1);
	expect_next("before");
	expect_next("after");
	expect_end(0);
}

/* While a record is copied, its units may be handed out again: the head tells, before any stamp does. */
Test(reader, handed_out_again)
{
	image_say(&image, 0, "first");
	image_say(&image, 0, "second");
	open_image();
	lane_cursor_open(&cursor, &view, 0);
	image.controls[0].head = IMAGE_UNITS + 1; /* behind the cursor's back */
	expect_next("second");
	cr_assert(lane_cursor_next(&cursor, &record) == 0);
}

Test(reader, beyond_the_head)
{
	/* Handed out positions end at head: what lies behind it is of another time. */
	image_say(&image, 0, "inside");
	image_put(&image, 0, image.controls[0].head, 0, "outside", 7);
	open_image();
	lane_cursor_open(&cursor, &view, 0);
	expect_next("inside");
	expect_end(0);
	/* A record that would end behind the head */
	image.controls[0].head = image_put(&image, 0, image.controls[0].head, 0, long_text, sizeof(long_text)) - 1;
	lane_cursor_open(&cursor, &view, 0);
	expect_next("inside");
	cr_assert(lane_cursor_next(&cursor, &record) == 0);
}

/* Payload ---------------------------------------------------------------------------------------------------------------- */

Test(reader, truncated_text)
{
	const uint32_t full = 5000;
	unsigned char payload[16];
	memcpy(payload, &full, 4);
	memcpy(payload + 4, "the begin", 9);
	image.controls[0].head = image_put(&image, 0, 0, RECORD_TRUNCATED, payload, 13);
	open_image();
	lane_cursor_open(&cursor, &view, 0);
	expect_next("the begin");
	cr_assert(record.full_bytes == 5000, "%u", record.full_bytes);
}

Test(reader, text_and_values)
{
	unsigned char payload[128];
	const uint16_t text = 4;
	memcpy(payload, &text, 2);
	memcpy(payload + 2, "text", 4);
	const struct event_value first = {.key = "key", .key_bytes = 3, .type = VALUE_SIGNED, .number.i = -7};
	const struct event_value second = {.type = VALUE_STRING, .string = "value", .string_bytes = 5};
	size_t bytes = value_encode(payload, sizeof(payload), 6, &first);
	bytes = value_encode(payload, sizeof(payload), bytes, &second);
	image.controls[0].head = image_put(&image, 0, 0, RECORD_HAS_VALUES, payload, bytes);
	open_image();
	lane_cursor_open(&cursor, &view, 0);
	expect_next("text");
	cr_assert(record.values != NULL && record.values_bytes == bytes - 6);
	struct event_value value;
	size_t at = 0;
	cr_assert(value_decode(record.values, record.values_bytes, &at, &value) == 1);
	cr_assert(value.type == VALUE_SIGNED && value.number.i == -7 && value.key_bytes == 3 && memcmp(value.key, "key", 3) == 0);
	cr_assert(value_decode(record.values, record.values_bytes, &at, &value) == 1);
	cr_assert(value.type == VALUE_STRING && value.key == NULL && value.string_bytes == 5 &&
		  memcmp(value.string, "value", 5) == 0);
	cr_assert(value_decode(record.values, record.values_bytes, &at, &value) == 0);
}

Test(reader, payload_shorter_than_its_flags)
{
	static const unsigned char ff[8] = {255, 255, 255, 255, 255, 255, 255, 255};
	const struct {
		unsigned flags;
		size_t bytes;
	} bad[] = {{RECORD_TRUNCATED, 0},
		   {RECORD_TRUNCATED, 3},
		   {RECORD_HAS_VALUES, 0},
		   {RECORD_HAS_VALUES, 1},
		   {RECORD_HAS_VALUES, 2},
		   {RECORD_HAS_VALUES, 8},
		   {RECORD_TRUNCATED | RECORD_HAS_VALUES, 4},
		   {RECORD_TRUNCATED | RECORD_HAS_VALUES, 6}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const uint64_t behind = image_put(&image, 0, 0, bad[i].flags, ff, bad[i].bytes);
		image.controls[0].head = image_put(&image, 0, behind, 0, "after", 5);
		open_image();
		lane_cursor_open(&cursor, &view, 0);
		expect_next("after");
		expect_end(1);
	}
}

/* Call sites ------------------------------------------------------------------------------------------------------------- */

Test(reader, call_site)
{
	uint32_t bytes;
	struct site_view site;
	const uint64_t id = put_site(64, &bytes);
	open_image();
	cr_assert(recorder_view_site(&view, id, &site) == 0);
	cr_assert(site.message.bytes == 7 && memcmp(site.message.text, "message", 7) == 0 && site.target.text == NULL);
	cr_assert(site.file.bytes == 6 && memcmp(site.file.text, "file.c", 6) == 0 && site.function.text &&
		  site.function.bytes == 0);
	cr_assert(site.line == 77 && site.column == 3 && site.level == LEVEL_WARN && site.keys == 2 && site.types == 0x51);
	cr_assert(strncmp(site_key(&site, 1, &bytes), "key1", 4) == 0 && bytes == 4);
	cr_assert(site_key(&site, 2, &bytes) == NULL && site_key(&site, UINT32_MAX, &bytes) == NULL);
	const uint64_t unknown[] = {0, 1, id + 1000, view.header.sites_bytes / SITE_ALIGN + 1, UINT64_MAX, UINT64_MAX / SITE_ALIGN};
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		cr_assert(recorder_view_site(&view, unknown[i], &site) == -ENOENT, "id %llu", (unsigned long long)unknown[i]);
}

Test(reader, call_site_cut_anywhere)
{
	uint32_t total;
	struct site_view site;
	const uint64_t id = put_site(0, &total);
	open_image();
	for (uint32_t bytes = 0; bytes < total; bytes++) {
		memcpy(image.sites, &bytes, sizeof(bytes));
		if (recorder_view_site(&view, id, &site) != 0)
			continue;
		/* Long enough for the four strings: then keys that lie behind the end are missing. */
		uint32_t n;
		cr_assert(bytes >= total - 12 - SITE_ALIGN, "%u of %u bytes are a site", bytes, total);
		const char *key = site_key(&site, 1, &n);
		cr_assert(key == NULL || (const unsigned char *)key + n <= image.sites + bytes);
	}
	const uint32_t beyond = (uint32_t)view.header.sites_bytes + 8;
	memcpy(image.sites, &beyond, sizeof(beyond));
	cr_assert(recorder_view_site(&view, id, &site) == -ENOENT);
}

/* Time ------------------------------------------------------------------------------------------------------------------- */

Test(reader, clock)
{
	const uint64_t second = 1000000000;
	const struct recorder_clock tsc = {
		.kind = CLOCK_KIND_TSC,
		.begin = {.ticks = 1000, .monotonic_ns = 10, .realtime_ns = 50 * second},
		.end = {.ticks = 1000 + 3 * second, .monotonic_ns = 10 + second, .realtime_ns = 51 * second}};
	static const struct recorder_pairs none;
	struct clock_scale scale;
	clock_scale_init(&scale, &tsc, &none, NULL);
	cr_assert(clock_scale_ns(&scale, 0, 1000) == (int64_t)(50 * second));
	const int64_t at = clock_scale_ns(&scale, 0, 1000 + 3 * second / 2);
	cr_assert(at >= (int64_t)(50 * second + second / 2 - 10) && at <= (int64_t)(50 * second + second / 2 + 10), "%lld",
		  (long long)at);
	cr_assert(clock_scale_ns(&scale, 0, 1000 - 3) == (int64_t)(50 * second - 1), "before the beginning");
	/* No end yet: the present stands in for it. */
	struct recorder_clock open = tsc;
	memset(&open.end, 0, sizeof(open.end));
	clock_scale_init(&scale, &open, &none, &tsc.end);
	cr_assert(clock_scale_ns(&scale, 0, 1000 + 3 * second) - (int64_t)(51 * second) <= 10);
	clock_scale_init(&scale, &open, &none, NULL);
	cr_assert(clock_scale_ns(&scale, 0, 1005) == (int64_t)(50 * second + 5));
	/* An end that is not behind the beginning gives no rate, and no division by zero. */
	open.end = open.begin;
	clock_scale_init(&scale, &open, &none, NULL);
	cr_assert(clock_scale_ns(&scale, 0, 1005) == (int64_t)(50 * second + 5));
}
