/*
 * Following a lane while it is written, against recorder files built by hand: nothing is passed over unnoticed.
 */
#include "reading.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(follow, .init = reading_init, .fini = reading_fini, .timeout = 60);

static void open_lane(unsigned lane)
{
	open_image();
	lane_cursor_open(&cursor, &view, lane);
}

static void expect_text(const char *text)
{
	cr_assert(lane_cursor_look(&cursor, &record) == LOOK_RECORD, "no record where \"%s\" should be", text);
	cr_assert(record.text_bytes == strlen(text) && memcmp(record.text, text, record.text_bytes) == 0);
}

static void expect_look(enum lane_look look)
{
	const enum lane_look found = lane_cursor_look(&cursor, &record);
	cr_assert(found == look, "%d, not %d", (int)found, (int)look);
}

Test(follow, new_records_after_a_refresh)
{
	image_say(&image, 0, "one");
	open_lane(0);
	expect_text("one");
	expect_look(LOOK_END);
	image_say(&image, 0, "two");
	expect_look(LOOK_END); /* as the lane was */
	lane_cursor_refresh(&cursor);
	expect_text("two");
	expect_look(LOOK_END);
}

/* The place stays until the record is whole. */
Test(follow, waits_for_one_under_way)
{
	for (unsigned lane = 0; lane < IMAGE_LANES; lane++) {
		struct lane_control *control = &image.controls[lane];
		image_say(&image, lane, "before");
		const uint64_t position = control->head;
		control->head += 2;
		if (control->shared)
			image_unit(&image, lane, position)->stamp = unit_stamp(position, UNIT_BUSY);
		image_say(&image, lane, "behind");
		open_lane(lane);
		expect_text("before");
		expect_look(LOOK_UNDER_WAY);
		expect_look(LOOK_UNDER_WAY);
		image_put(&image, lane, position, 0, "at last", 7);
		expect_text("at last");
		expect_text("behind");
		expect_look(LOOK_END);
	}
}

Test(follow, place_given_up)
{
	struct lane_control *control = &image.controls[1];
	image_unit(&image, 1, 0)->stamp = unit_stamp(0, UNIT_NONE);
	image_unit(&image, 1, 1)->stamp = unit_stamp(1, UNIT_BODY);
	control->head = 2;
	image_say(&image, 1, "behind");
	open_lane(1);
	expect_look(LOOK_HOLE);
	expect_look(LOOK_HOLE);
	expect_text("behind");
}

/* The writer has begun the next lap while the reader stood still. */
Test(follow, overwritten)
{
	uint64_t count;
	open_lane(0);
	while (image.controls[0].head <= IMAGE_UNITS)
		image_say(&image, 0, "lap");
	image.controls[0].settled = 1;
	lane_cursor_refresh(&cursor);
	cr_assert(cursor.next == 0);
	expect_look(LOOK_OVERWRITTEN);
	cr_assert(cursor.next == 0);
	cr_assert(!lane_cursor_count(&cursor, &count));
}

Test(follow, counts_what_lies_unread)
{
	uint64_t count;
	for (int i = 0; i < 5; i++)
		image_say(&image, 0, "text of more than one unit, which takes three");
	image.controls[0].recorded = 5;
	image_unit(&image, 0, image.controls[0].head)->stamp = 0; /* begun */
	image.controls[0].head += 2;
	open_lane(0);
	cr_assert(lane_cursor_recorded(&cursor) == 5);
	cr_assert(lane_cursor_count(&cursor, &count) && count == 5, "%lu", (unsigned long)count);
	expect_text("text of more than one unit, which takes three");
	cr_assert(lane_cursor_count(&cursor, &count) && count == 4);
}
