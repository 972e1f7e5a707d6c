/*
 * The reader of recorder files, against files built by hand: what is whole comes out, what is not is skipped, and nothing that
 * a file says leads outside of it.
 */
#include "clock_scale.h"
#include "image.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct image image;
static struct recorder_view view;
static struct lane_cursor cursor;
static struct record record;

static void init(void)
{
	image_init(&image);
}

static void fini(void)
{
	image_fini(&image);
}

TestSuite(reader, .init = init, .fini = fini, .timeout = 60);

static void open_image(void)
{
	const char *why = "";
	cr_assert(recorder_view_open(&view, image.base, image.bytes, &why) == 0, "%s", why);
}

static void expect_refused(const char *what)
{
	const char *why = NULL;
	cr_assert(recorder_view_open(&view, image.base, image.bytes, &why) == -EINVAL, "opened with %s", what);
	cr_assert(why && *why && !strchr(why, '\n'), "no reason for %s", what);
}

static void expect_next(const char *text)
{
	cr_assert(lane_cursor_next(&cursor, &record) == 1, "no record where \"%s\" should be", text);
	cr_assert(record.text_bytes == strlen(text) && memcmp(record.text, text, record.text_bytes) == 0,
		  "\"%.*s\" instead of \"%s\"", (int)record.text_bytes, record.text, text);
}

static void expect_end(uint64_t torn)
{
	cr_assert(lane_cursor_next(&cursor, &record) == 0, "a record too many: \"%.*s\"", (int)record.text_bytes, record.text);
	cr_assert(cursor.torn == torn, "%llu torn, not %llu", (unsigned long long)cursor.torn, (unsigned long long)torn);
}

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

static const char long_text[] = "this text takes more than two units: one for the head, and then three bodies";

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

static size_t put_string(unsigned char *at, const char *text)
{
	const uint16_t bytes = text ? (uint16_t)strlen(text) : UINT16_MAX;
	memcpy(at, &bytes, 2);
	if (text)
		memcpy(at + 2, text, bytes);
	return 2 + (text ? bytes : 0);
}

/* Returns the id of a site at `offset`. */
static uint64_t put_site(size_t offset, uint32_t *total)
{
	unsigned char *base = image.sites + offset;
	size_t at = sizeof(struct site_record);
	at += put_string(base + at, "message");
	at += put_string(base + at, NULL);
	at += put_string(base + at, "file.c");
	at += put_string(base + at, "");
	at += put_string(base + at, "key0");
	at += put_string(base + at, "key1");
	*total = (uint32_t)(at + SITE_ALIGN - 1) / SITE_ALIGN * SITE_ALIGN;
	const struct site_record site = {.bytes = *total, .line = 77, .column = 3, .level = LEVEL_WARN, .keys = 2, .types = 0x51};
	memcpy(base, &site, sizeof(site));
	return 1 + offset / SITE_ALIGN;
}

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

/* Sections ---------------------------------------------------------------------------------------------------------------- */

Test(reader, sections)
{
	image.crash->reason = CRASH_SIGNAL;
	image.header->maps_used = 5;
	memcpy(image.maps, "maps\n", 5);
	open_image();
	size_t bytes;
	cr_assert(strcmp(recorder_view_identity(&view)->service, "service") == 0);
	cr_assert(recorder_view_crash(&view)->reason == CRASH_SIGNAL);
	cr_assert(memcmp(recorder_view_maps(&view, &bytes), "maps\n", 5) == 0 && bytes == 5);
	const struct lane_control control = recorder_view_lane(&view, 1);
	cr_assert(control.owner_tid == 1235 && control.shared == 1);
}

Test(reader, unterminated_strings)
{
	open_image();
	memset(image.identity->service, 'x', sizeof(image.identity->service));
	cr_assert(recorder_view_identity(&view) == NULL);
	strcpy(image.identity->service, "service");
	memset(image.identity->cwd, 'x', sizeof(image.identity->cwd));
	cr_assert(recorder_view_identity(&view) == NULL);
	memset(image.identity->cwd, 0, sizeof(image.identity->cwd));
	image.identity->cmdline_bytes = IDENTITY_CMDLINE_BYTES + 1;
	cr_assert(recorder_view_identity(&view) == NULL);
	memset(image.controls[0].thread_name, 'x', sizeof(image.controls[0].thread_name));
	cr_assert(strlen(recorder_view_lane(&view, 0).thread_name) == sizeof(image.controls[0].thread_name) - 1);
}

Test(reader, crash_lengths)
{
	open_image();
	uint32_t *const lengths[] = {&image.crash->message_bytes, &image.crash->stack_bytes, &image.crash->death.regs_count,
				     &image.crash->first[3].regs_count};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		*lengths[i] = UINT32_MAX;
		cr_assert(recorder_view_crash(&view) == NULL, "length %zu", i);
		*lengths[i] = 0;
	}
	cr_assert(recorder_view_crash(&view) != NULL);
	memset(image.crash->snapshot_path, '/', sizeof(image.crash->snapshot_path));
	cr_assert(recorder_view_crash(&view) == NULL);
	image.header->maps_used = UINT32_MAX;
	open_image();
	size_t bytes;
	recorder_view_maps(&view, &bytes);
	cr_assert(bytes <= image.header->maps_bytes);
}

/* Those that saved themselves, in the order in which they did; one that did not finish is none. */
Test(reader, threads_of_a_death)
{
	image.threads[0] = (struct crash_thread){.valid = 1, .tid = 7, .regs_count = 17, .stack_bytes = 64};
	image.threads[1] = (struct crash_thread){.valid = 0, .tid = 8, .regs_count = 17};
	open_image();
	cr_assert(recorder_view_thread(&view, 0) && recorder_view_thread(&view, 0)->tid == 7);
	cr_assert(!recorder_view_thread(&view, 1) && !recorder_view_thread(&view, IMAGE_THREADS) && !recorder_view_thread(&view, UINT32_MAX));
	uint32_t *const lengths[] = {&image.threads[0].regs_count, &image.threads[0].stack_bytes};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const uint32_t good = *lengths[i];
		*lengths[i] = UINT32_MAX;
		cr_assert(!recorder_view_thread(&view, 0), "length %zu", i);
		*lengths[i] = good;
	}
}

/* Hostile files ---------------------------------------------------------------------------------------------------------- */

Test(reader, not_a_recorder)
{
	image.header->magic[3] ^= 1;
	expect_refused("another magic");
	image.header->magic[3] ^= 1;
	image.header->version++;
	expect_refused("another version");
	image.header->version--;
	const size_t bytes = image.bytes;
	for (image.bytes = 0; image.bytes < sizeof(struct recorder_header); image.bytes++)
		expect_refused("a part of a header");
	image.bytes = bytes;
	open_image();
}

Test(reader, hostile_offsets)
{
	uint64_t *const offsets[] = {&image.header->identity_offset, &image.header->controls_offset, &image.header->lanes_offset,
				     &image.header->sites_offset,    &image.header->maps_offset,     &image.header->crash_offset,
				     &image.header->threads_offset};
	const uint64_t values[] = {image.bytes,    image.bytes - 8, image.bytes + 8, UINT64_MAX,
				   UINT64_MAX - 7, UINT64_MAX / 2,  1ull << 63,      0ull - RECORDER_PAGE};
	for (size_t i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		const uint64_t good = *offsets[i];
		for (size_t k = 0; k < sizeof(values) / sizeof(*values); k++) {
			*offsets[i] = values[k];
			expect_refused("an offset outside the file");
		}
		*offsets[i] = good + 1;
		expect_refused("a misaligned offset");
		*offsets[i] = good;
	}
	uint64_t *const sizes[] = {&image.header->sites_bytes, &image.header->maps_bytes};
	for (size_t i = 0; i < 2; i++) {
		const uint64_t good = *sizes[i];
		*sizes[i] = UINT64_MAX;
		expect_refused("a size outside the file");
		*sizes[i] = image.bytes;
		expect_refused("a size outside the file");
		*sizes[i] = good;
	}
	open_image();
}

Test(reader, hostile_thread_count)
{
	static const uint32_t counts[] = {IMAGE_THREADS + 1, CRASH_THREADS_MAX, CRASH_THREADS_MAX + 1, UINT32_MAX};
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		image.header->threads_max = counts[i];
		expect_refused("more threads than there is room for");
	}
	image.header->threads_max = 0;
	open_image();
}

Test(reader, hostile_geometry)
{
	const struct {
		uint32_t owned, shared, units;
	} bad[] = {{1, 1, 0},
		   {1, 1, 3},
		   {1, 1, IMAGE_UNITS + 1},
		   {1, 1, IMAGE_UNITS / 2},
		   {1, 1, 1u << 31},
		   {UINT32_MAX, 1, IMAGE_UNITS},
		   {UINT32_MAX, UINT32_MAX, IMAGE_UNITS},
		   {1000, 0, IMAGE_UNITS},
		   {1, 1, IMAGE_UNITS * 256}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		image.header->lanes_owned = bad[i].owned;
		image.header->lanes_shared = bad[i].shared;
		image.header->lane_units = bad[i].units;
		expect_refused("impossible lanes");
	}
}

Test(reader, hostile_lane)
{
	image_say(&image, 0, "text");
	open_image();
	const uint32_t units[] = {0, 3, IMAGE_UNITS * 2, UINT32_MAX, 1u << 31};
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		image.controls[0].units = units[i];
		lane_cursor_open(&cursor, &view, 0);
		expect_end(0);
	}
	image.controls[0].units = IMAGE_UNITS;
	const uint64_t heads[] = {UINT64_MAX, UINT64_MAX - 1, 1ull << 62, UINT64_MAX / 32};
	/* Whether the lane says that it has stopped growing or not: the time that a reader takes is bounded by the file's size. */
	for (size_t i = 0; i < 2 * sizeof(heads) / sizeof(*heads); i++) {
		image.controls[0].head = heads[i / 2];
		image.controls[0].settled = i % 2 == 0;
		lane_cursor_open(&cursor, &view, 0);
		while (lane_cursor_next(&cursor, &record) == 1)
			cr_assert(record.position < IMAGE_UNITS, "position %llu", (unsigned long long)record.position);
	}
}

Test(reader, cut_at_every_page)
{
	for (size_t bytes = 0; bytes < image.bytes; bytes += bytes < 8192 ? 8 : 4088) {
		struct image cut = image_cut(&image, bytes);
		const char *why = NULL;
		cr_assert(recorder_view_open(&view, cut.base, cut.bytes, &why) == -EINVAL && why, "%zu of %zu bytes opened", bytes,
			  image.bytes);
		image_fini(&cut);
	}
}

/* A fixed sequence: the same damage in every run. */
static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 20;
}

Test(reader, random_damage)
{
	uint64_t state = 1, walked = 0;
	uint32_t bytes;
	for (int i = 0; i < 60; i++)
		image_say(&image, i % 2, long_text);
	const uint64_t id = put_site(0, &bytes);
	image_unit(&image, 0, 0)->origin = id;
	image_unit(&image, 0, 0)->flags = RECORD_HAS_SITE;
	image.header->maps_used = 100;
	cr_assert(image_walk(&image) != 0);
	/* Everything that steers a reader lies in these pages and in the first units of the lanes. */
	const size_t regions[][2] = {{0, 512},
				     {RECORDER_PAGE, 6000},
				     {image.header->controls_offset, 256},
				     {image.header->lanes_offset, 8192},
				     {image.header->sites_offset, 128},
				     {image.header->crash_offset, 2048}};
	for (int round = 0; round < 20000; round++) {
		unsigned char *where[4], old[4];
		for (int i = 0; i < 4; i++) {
			const size_t *region = regions[next_random(&state) % (sizeof(regions) / sizeof(*regions))];
			where[i] = image.base + region[0] + next_random(&state) % region[1];
			old[i] = *where[i];
			*where[i] = (unsigned char)(next_random(&state) % 3 ? next_random(&state) : 255);
		}
		walked += image_walk(&image) != 0;
		for (int i = 3; i >= 0; i--)
			*where[i] = old[i];
	}
	cr_assert(walked > 1000 && walked < 20000, "%llu of 20000 damaged files were opened", (unsigned long long)walked);
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
