/*
 * Recorder files that claim to be what they are not, as they lie on the disk: a reader takes no more memory for them than their makers did.
 */
#include "image.h"
#include "place.h"
#include "recorder_follow.h"
#include "recorder_list.h"
#include "recorder_load.h"
#include "recorder_place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

static void expect_no_recorder(const char *path, int error, const char *why)
{
	cr_expect(error == -EBADMSG && why && strcmp(why, "not a regular file") == 0, "%s: %s, %s", path, strerror(-error), why);
}

/* What is no file is told from one that holds nothing yet, which `ttlog tail` waits for, and nobody waits for who writes into it. */
Test(load, what_is_no_file)
{
	const char *const paths[] = {place_path("pipe.rec"), place_path("directory.rec"), "/dev/zero"};
	cr_assert(mkfifo(paths[0], 0600) == 0 && mkdir(paths[1], 0700) == 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct recorder_copy copy;
		struct recorder_follow follow;
		const char *why = NULL;
		const int loaded = recorder_load(&copy, paths[i], &why);
		expect_no_recorder(paths[i], loaded, why);
		const int followed = recorder_follow_open(&follow, paths[i], &why);
		expect_no_recorder(paths[i], followed, why);
	}
}

static void write_at(const char *directory, const char *name)
{
	char path[PATH_MAX];
	struct image image;
	image_init(&image);
	cr_assert(snprintf(path, sizeof(path), "%s/%s", directory, name) < PATH_MAX);
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	cr_assert(fd >= 0 && write(fd, image.base, image.bytes) == (ssize_t)image.bytes);
	close(fd);
	image_fini(&image);
}

/* Its user puts a link to other files in the place of the directory, when root has listed it: they are neither read nor removed. */
Test(load, directory_that_becomes_a_link)
{
	struct recorder_list list;
	struct recorder_copy copy;
	char directory[PATH_MAX], moved[PATH_MAX], other[PATH_MAX];
	const char *elsewhere = place_path("elsewhere"), *why;
	recorder_directory(directory);
	cr_assert(snprintf(moved, sizeof(moved), "%s.moved", directory) < PATH_MAX);
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace here: /dev/shm is everybody's");
	mkdir(directory, 0700);
	cr_assert(mkdir(elsewhere, 0700) == 0);
	write_at(directory, "4711-1.rec");
	write_at(elsewhere, "4711-1.rec");
	cr_assert(recorder_list_open(&list) == 0 && list.count == 1 && recorder_is_file(list.entries[0].path));
	cr_assert(rename(directory, moved) == 0 && symlink(elsewhere, directory) == 0);
	const int error = recorder_load(&copy, list.entries[0].path, &why);
	cr_expect(error == -ELOOP || error == -ENOTDIR, "read what is elsewhere: %d", error);
	cr_expect(recorder_open_at(list.entries[0].path, true) < 0, "opened what is elsewhere");
	cr_expect(recorder_remove(list.entries[0].path) < 0, "removed what is elsewhere");
	cr_expect(snprintf(other, sizeof(other), "%s/4711-1.rec", elsewhere) > 0 && access(other, F_OK) == 0);
	cr_expect(recorder_list_open(&list) == 0 && list.count == 0, "listed what is elsewhere");
}

/* Or makes the directory of somebody who has none yet. */
Test(load, directory_of_another_owner)
{
	struct recorder_copy copy;
	const char *why;
	if (!place_has_own_shm() || getuid() != 0)
		cr_skip_test("needs root, and a /dev/shm of its own");
	cr_assert(mkdir("/dev/shm/ttlog-12345", 0700) == 0);
	write_at("/dev/shm/ttlog-12345", "4711-1.rec");
	cr_expect(recorder_load(&copy, "/dev/shm/ttlog-12345/4711-1.rec", &why) == -EPERM);
	cr_expect(recorder_remove("/dev/shm/ttlog-12345/4711-1.rec") == -EPERM);
	cr_assert(chown("/dev/shm/ttlog-12345", 12345, 12345) == 0);
	cr_expect(recorder_load(&copy, "/dev/shm/ttlog-12345/4711-1.rec", &why) == 0);
}
