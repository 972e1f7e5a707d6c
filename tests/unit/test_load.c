/*
 * Recorder files that claim to be what they are not, as they lie on the disk: a reader takes no more memory for them than their makers did.
 */
#include "image.h"
#include "place.h"
#include "recorder_load.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

TestSuite(load, .init = place_init, .fini = place_fini, .timeout = 120);

enum { UNITS = 1 << 23, MEMORY_MB = 100 };

/* Two lanes of 256 MB each, all of it said to be written, and next to nothing there. */
static const char *file_of_holes(void)
{
	struct image image;
	image_init(&image);
	image.header->lanes_offset = (image.bytes + RECORDER_PAGE - 1) / RECORDER_PAGE * RECORDER_PAGE;
	image.header->lane_units = UNITS;
	image.header->file_bytes = image.header->lanes_offset + (uint64_t)IMAGE_LANES * UNITS * LANE_UNIT_BYTES;
	for (unsigned i = 0; i < IMAGE_LANES; i++) {
		image.controls[i].units = UNITS;
		image.controls[i].head = UINT64_C(1) << 40;
	}
	const char *path = place_file("holes.rec", image.base, image.bytes);
	cr_assert(truncate(path, (off_t)image.header->file_bytes) == 0, "no room for a file of holes");
	image_fini(&image);
	return path;
}

static long memory_mb(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss / 1024;
}

Test(load, holes_cost_nothing)
{
	struct recorder_copy copy;
	const char *why = NULL, *path = file_of_holes();
	const long before = memory_mb();
	cr_assert(recorder_load(&copy, path, &why) == 0, "%s", why);
	cr_assert(copy.view.lanes == IMAGE_LANES && copy.view.oldest[0] == (UINT64_C(1) << 40) - UNITS);
	cr_assert(memory_mb() - before < MEMORY_MB, "%ld MB", memory_mb() - before);
	recorder_unload(&copy);
}
