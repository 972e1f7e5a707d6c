/* Files: appended, rotated, mended; a full disk; several processes at one file. */
#include "drive.h"
#include "place.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(sink_file, .init = place_init, .fini = place_fini, .timeout = 60);

static const char *path_of(const char *name)
{
	return place_path(name);
}

static const char *item_of(const char *path, const char *options)
{
	static char item[2048];
	snprintf(item, sizeof(item), "file:%s%s", path, options);
	return item;
}

/* The numbers of the messages in a file, in order, each line whole; -1 behind the last. `other` counts lines that are none. */
static int *numbers_in(const char *path, unsigned *other)
{
	static int numbers[200000];
	size_t count = 0, room = 0;
	char *line = NULL;
	FILE *file = fopen(path, "r");
	*other = 0;
	while (file && getline(&line, &room, file) > 0) {
		const char *at = strstr(line, "message number ");
		int end = 0, number = -1;
		if (at && sscanf(at, "message number %d%n", &number, &end) == 1 && (at[end] == '\n' || at[end] == '"') &&
		    strchr(line, '\n'))
			numbers[count++] = number;
		else
			++*other;
	}
	if (file)
		fclose(file);
	free(line);
	numbers[count] = -1;
	return numbers;
}

/* Exactly the messages first..end-1, in order, and nothing else. */
static void expect_numbers(const char *path, int first, int end)
{
	unsigned other;
	const int *numbers = numbers_in(path, &other);
	cr_assert(other == 0, "%s: %u lines are no messages", path, other);
	for (; *numbers >= 0; numbers++, first++)
		cr_assert(*numbers == first, "%s: %d where %d belongs", path, *numbers, first);
	cr_assert(first == end, "%s ends at %d instead of %d", path, first, end);
}

static off_t size_of(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 ? status.st_size : -1;
}

Test(sink_file, appends_with_mode_0600)
{
	const char *path = path_of("app.log");
	struct drive drive;
	struct stat status;
	for (unsigned run = 0; run < 2; run++) {
		drive_open(&drive, item_of(path, ""));
		drive.next = drive.flushed = run * 1000;
		drive_all(&drive, (run + 1) * 1000, 100);
		drive_close(&drive);
	}
	expect_numbers(path, 0, 2000);
	cr_assert(stat(path, &status) == 0 && (status.st_mode & 07777) == 0600);
}

Test(sink_file, json)
{
	const char *path = path_of("app.json");
	struct drive drive;
	char command[2048];
	drive_open(&drive, item_of(path, ",format=json,fsync=always"));
	drive_all(&drive, 20, 7);
	drive_close(&drive);
	expect_numbers(path, 0, 20);
	snprintf(command, sizeof(command), "python3 -c 'import json; [json.loads(line) for line in open(\"%s\")]'", path);
	cr_assert(system(command) == 0);
}

Test(sink_file, batches_are_written_without_a_flush_when_full)
{
	const char *path = path_of("app.log");
	struct drive drive;
	drive_open(&drive, item_of(path, ""));
	cr_assert(drive_try(&drive, 20000, 0) == 0);
	cr_assert(size_of(path) > 0);
	cr_assert(drive_flush(&drive) == 0);
	expect_numbers(path, 0, 20000);
	drive_close(&drive);
}

Test(sink_file, relative_path_stays_where_it_began)
{
	const char *first = place_directory(), *second = place_directory();
	struct drive drive;
	char path[1024];
	cr_assert(chdir(first) == 0);
	drive_open(&drive, "file:app.log");
	cr_assert(chdir(second) == 0);
	drive_all(&drive, 10, 0);
	drive_close(&drive);
	snprintf(path, sizeof(path), "%s/app.log", first);
	expect_numbers(path, 0, 10);
}

Test(sink_file, rotates_by_size_and_keeps)
{
	const char *path = path_of("app.log");
	char name[1200];
	struct drive drive;
	int next = 0;
	drive_open(&drive, item_of(path, ",rotate=10KB,keep=3"));
	drive_all(&drive, 2000, 50);
	drive_close(&drive);
	for (int number = 3; number >= 0; number--) {
		unsigned other;
		snprintf(name, sizeof(name), number ? "%s.%d" : "%s", path, number);
		cr_assert(size_of(name) > 0 && size_of(name) <= 10240, "%s has %ld bytes", name, (long)size_of(name));
		const int *numbers = numbers_in(name, &other);
		cr_assert(other == 0 && numbers[0] >= 0 && (next == 0 || numbers[0] == next), "%s begins with %d, not %d", name,
			  numbers[0], next);
		for (next = numbers[0]; *numbers >= 0; numbers++, next++)
			cr_assert(*numbers == next);
	}
	cr_assert(next == 2000, "the last is %d", next - 1);
	snprintf(name, sizeof(name), "%s.4", path);
	cr_assert(size_of(name) < 0);
}

Test(sink_file, a_line_longer_than_the_limit_has_a_file_of_its_own)
{
	const char *path = path_of("app.log");
	static char text[2000];
	char name[1200];
	struct drive drive;
	memset(text, 'x', sizeof(text) - 1);
	drive_open(&drive, item_of(path, ",rotate=1KB,keep=9"));
	cr_assert(drive_try(&drive, 3, 0) == 0);
	const struct ttlog_event event = event_saying(text);
	cr_assert(drive.listener.on_event(drive.listener.user, &event) == 0);
	cr_assert(drive_try(&drive, 6, 0) == 0 && drive_flush(&drive) == 0);
	drive_close(&drive);
	snprintf(name, sizeof(name), "%s.2", path);
	expect_numbers(name, 0, 3);
	expect_numbers(path, 3, 6);
	snprintf(name, sizeof(name), "%s.1", path);
	cr_assert(size_of(name) > 2000);
}

/* It grows on, and that is told; when it can be rotated it is. */
Test(sink_file, cannot_be_rotated)
{
	const char *path = path_of("app.log");
	char wanted[1200], in_the_way[1200];
	struct drive drive;
	snprintf(in_the_way, sizeof(in_the_way), "%s.1", path);
	snprintf(wanted, sizeof(wanted), "%s: cannot be rotated, and grows on: Is a directory", path);
	cr_assert(mkdir(in_the_way, 0700) == 0);
	drive_open(&drive, item_of(path, ",rotate=1KB,keep=1"));
	drive_all(&drive, 100, 10);
	expect_numbers(path, 0, 100);
	cr_assert(strncmp(drive_noted, wanted, sizeof(drive_noted) - 1) == 0, "%s", drive_noted);
	cr_assert(rmdir(in_the_way) == 0);
	drive_all(&drive, 101, 0);
	drive_close(&drive);
	expect_numbers(in_the_way, 0, 100);
	expect_numbers(path, 100, 101);
}

Test(sink_file, keep_nothing)
{
	const char *path = path_of("app.log");
	char name[1200];
	struct drive drive;
	drive_open(&drive, item_of(path, ",rotate=1KB,keep=0"));
	drive_all(&drive, 200, 10);
	drive_close(&drive);
	snprintf(name, sizeof(name), "%s.1", path);
	cr_assert(size_of(path) > 0 && size_of(path) <= 1024 && size_of(name) < 0);
}

/* A file that is old already: it is known from its birth, which some file systems note. */
Test(sink_file, rotates_by_age)
{
	const char *path = path_of("app.log");
	char name[1200];
	struct drive drive;
	struct timespec began, now;
	drive_open(&drive, item_of(path, ",age=1s"));
	drive_all(&drive, 10, 0);
	clock_gettime(CLOCK_REALTIME, &began);
	do { /* until it is old */
		usleep(1000);
		clock_gettime(CLOCK_REALTIME, &now);
	} while (now.tv_sec < began.tv_sec + 2);
	drive_all(&drive, 20, 0);
	drive_close(&drive);
	snprintf(name, sizeof(name), "%s.1", path);
	expect_numbers(name, 0, 10);
	expect_numbers(path, 10, 20);
}

Test(sink_file, renamed_or_removed_by_others)
{
	const char *path = path_of("app.log"), *old = path_of("old.log");
	struct drive drive;
	drive_open(&drive, item_of(path, ""));
	drive_all(&drive, 10, 1);
	cr_assert(rename(path, old) == 0);
	drive_all(&drive, 20, 1);
	expect_numbers(old, 0, 10);
	expect_numbers(path, 10, 20);
	cr_assert(unlink(path) == 0);
	drive_all(&drive, 30, 1);
	expect_numbers(path, 20, 30);
	cr_assert(rename(path, old) == 0 && drive.listener.on_reopen(drive.listener.user) == 0 && size_of(path) == 0);
	drive_close(&drive);
}

Test(sink_file, half_a_line_of_somebody_dead_is_ended)
{
	const char *path = place_file("app.log", "whole\nhalf", 10);
	char text[16] = "";
	struct drive drive;
	drive_open(&drive, item_of(path, ""));
	drive_all(&drive, 5, 0);
	drive_close(&drive);
	FILE *file = fopen(path, "r");
	cr_assert(fread(text, 1, 12, file) == 12 && memcmp(text, "whole\nhalf\n2", 12) == 0);
	fclose(file);
	unsigned other;
	cr_assert(numbers_in(path, &other)[4] == 4 && other == 2);
}

/* Failures --------------------------------------------------------------------------------------------------------------------- */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	cr_assert(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* Fails at every size in turn, in the middle of lines too: all comes out once, in order. */
static void fill_and_mend(unsigned every, const char *options)
{
	const char *path = path_of("app.log");
	struct drive drive;
	rlim_t limit = 100;
	signal(SIGXFSZ, SIG_IGN);
	drive_open(&drive, item_of(path, options));
	limit_files(limit);
	while (drive.flushed < 300) {
		const int error = drive_try(&drive, 300, every) ?: drive_flush(&drive);
		cr_assert(error == 0 || error == EFBIG, "%s", strerror(error));
		if (error)
			limit_files(limit += 97);
	}
	cr_assert(drive.failures > 50, "only %u failures", drive.failures);
	drive_close(&drive);
	limit_files(RLIM_INFINITY);
	expect_numbers(path, 0, 300);
}

Test(sink_file, full_at_every_byte)
{
	fill_and_mend(1, "");
}

Test(sink_file, full_in_batches)
{
	fill_and_mend(7, ",format=json");
}

Test(sink_file, full_with_fsync)
{
	fill_and_mend(3, ",fsync=always");
}

Test(sink_file, somebody_writes_behind_half_a_line)
{
	const char *path = path_of("app.log");
	struct drive drive;
	unsigned other;
	signal(SIGXFSZ, SIG_IGN);
	drive_open(&drive, item_of(path, ""));
	limit_files(100);
	cr_assert(drive_try(&drive, 10, 0) == 0 && drive_flush(&drive) == EFBIG && size_of(path) == 100);
	limit_files(RLIM_INFINITY);
	FILE *file = fopen(path, "a");
	fputs("somebody else\n", file);
	fclose(file);
	drive_all(&drive, 10, 0);
	drive_close(&drive);
	const int *numbers = numbers_in(path, &other);
	cr_assert(other == 1, "%u lines are none of ours", other); /* half a line and somebody else's are one */
	for (int i = 0; i < 10; i++)
		cr_assert(numbers[i] == i);
}

Test(sink_file, disk_full)
{
	const char *directory = place_directory();
	char path[1200];
	struct drive drive;
	if (getuid() != 0 || mount("none", directory, "tmpfs", 0, "size=16k") != 0)
		cr_skip_test("no file system of its own can be mounted: only root can");
	snprintf(path, sizeof(path), "%s/app.log", directory);
	drive_open(&drive, item_of(path, ""));
	int error = 0;
	while (!error && drive.next < 100000)
		error = drive_try(&drive, drive.next + 20, 20);
	const unsigned at = drive.flushed;
	cr_assert(error == ENOSPC && at > 0, "%s at %u", strerror(error), at);
	cr_assert(drive_try(&drive, at + 100, 20) == ENOSPC);
	cr_assert(mount("none", directory, "tmpfs", MS_REMOUNT, "size=64k") == 0);
	drive_all(&drive, at + 100, 20);
	drive_close(&drive);
	expect_numbers(path, 0, (int)at + 100);
	cr_assert(umount(directory) == 0);
}

Test(sink_file, cannot_be_opened)
{
	struct drive drive;
	const char *directory = place_directory();
	char path[1200];
	drive_open(&drive, item_of(directory, ""));
	cr_assert(drive_try(&drive, 1, 0) == EISDIR);
	drive_close(&drive);
	snprintf(path, sizeof(path), "%s/later/app.log", directory);
	drive_open(&drive, item_of(path, ""));
	cr_assert(drive_try(&drive, 1, 0) == ENOENT);
	cr_assert(strncmp(drive.listener.name, "file:/", 6) == 0);
	*strrchr(path, '/') = 0;
	cr_assert(mkdir(path, 0700) == 0);
	path[strlen(path)] = '/';
	drive_all(&drive, 10, 0);
	drive_close(&drive);
	expect_numbers(path, 0, 10);
}

/* Many at one file ------------------------------------------------------------------------------------------------------------- */

/* Four processes write and rotate one file; each one's messages are told apart by their thousands. */
Test(sink_file, processes_rotate_one_file)
{
	enum { PROCESSES = 4, MESSAGES = 3000 };
	const char *path = path_of("app.log");
	static unsigned char seen[PROCESSES * MESSAGES];
	char name[1200];
	for (unsigned p = 0; p < PROCESSES; p++) {
		if (fork() != 0)
			continue;
		struct drive drive;
		drive_open(&drive, item_of(path, ",rotate=8KB,keep=1000"));
		drive.next = drive.flushed = p * MESSAGES;
		drive_all(&drive, (p + 1) * MESSAGES, 25);
		_exit(0);
	}
	for (unsigned p = 0; p < PROCESSES; p++) {
		int status;
		cr_assert(wait(&status) > 0 && status == 0);
	}
	unsigned files = 0, other;
	for (;; files++) {
		snprintf(name, sizeof(name), files ? "%s.%u" : "%s", path, files);
		if (size_of(name) < 0)
			break;
		for (const int *numbers = numbers_in(name, &other); *numbers >= 0; numbers++)
			seen[*numbers]++;
		cr_assert(other == 0, "%s: %u broken lines", name, other);
	}
	for (unsigned i = 0; i < PROCESSES * MESSAGES; i++)
		cr_assert(seen[i] == 1, "message %u is there %u times, in %u files", i, seen[i], files);
	cr_assert(files > 20, "%u files", files);
}
