/*
 * The reader of recorder files, against files whose headers lie: nothing that a file says leads outside of it.
 */
#include "reading.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

TestSuite(reader_hostile, .init = reading_init, .fini = reading_fini, .timeout = 60);

/* Sections ---------------------------------------------------------------------------------------------------------------- */

Test(reader_hostile, sections)
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

Test(reader_hostile, unterminated_strings)
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

Test(reader_hostile, crash_lengths)
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
Test(reader_hostile, threads_of_a_death)
{
	image.threads[0] = (struct crash_thread){.valid = 1, .tid = 7, .regs_count = 17, .stack_bytes = 64};
	image.threads[1] = (struct crash_thread){.valid = 0, .tid = 8, .regs_count = 17};
	open_image();
	cr_assert(recorder_view_thread(&view, 0) && recorder_view_thread(&view, 0)->tid == 7);
	cr_assert(!recorder_view_thread(&view, 1) && !recorder_view_thread(&view, IMAGE_THREADS) &&
		  !recorder_view_thread(&view, UINT32_MAX));
	uint32_t *const lengths[] = {&image.threads[0].regs_count, &image.threads[0].stack_bytes};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const uint32_t good = *lengths[i];
		*lengths[i] = UINT32_MAX;
		cr_assert(!recorder_view_thread(&view, 0), "length %zu", i);
		*lengths[i] = good;
	}
}

/* Hostile files ---------------------------------------------------------------------------------------------------------- */

Test(reader_hostile, not_a_recorder)
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

Test(reader_hostile, hostile_offsets)
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

Test(reader_hostile, hostile_thread_count)
{
	static const uint32_t counts[] = {IMAGE_THREADS + 1, CRASH_THREADS_MAX, CRASH_THREADS_MAX + 1, UINT32_MAX};
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		image.header->threads_max = counts[i];
		expect_refused("more threads than there is room for");
	}
	image.header->threads_max = 0;
	open_image();
}

Test(reader_hostile, hostile_geometry)
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

Test(reader_hostile, hostile_lane)
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

Test(reader_hostile, cut_at_every_page)
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

Test(reader_hostile, random_damage)
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
