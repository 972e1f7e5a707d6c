/* What stays in the recorder directory: everything of the living, the newest of the dead, and what is no recorder file. */
#include "place.h"
#include "recorder.h"
#include "sweep.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 4194305 /* above the largest pid_max: no process has it */
#define MB     (1024u * 1024u)

static const char *path;
static int directory;

static void start(void)
{
	place_init();
	path = place_has_own_shm() ? "/dev/shm/sweep" : place_directory();
	cr_assert(!place_has_own_shm() || mkdir(path, 0700) == 0);
	directory = open(path, O_RDONLY | O_DIRECTORY);
	cr_assert(directory >= 0);
}

TestSuite(sweep, .init = start, .fini = place_fini);

static const char *name_of(long pid, unsigned long when)
{
	static char names[4][64];
	static unsigned turn;
	char *name = names[turn++ % 4];
	snprintf(name, sizeof(names[0]), "%ld-%lx.rec", pid, when);
	return name;
}

static int make(const char *name)
{
	const int fd = openat(directory, name, O_CREAT | O_EXCL | O_RDWR, 0600);
	cr_assert(fd >= 0, "%s", name);
	return fd;
}

static void make_empty(const char *name)
{
	close(make(name));
}

static void make_recorder_in(uint32_t pid_namespace, const char *name, enum recorder_state state, uint32_t on_exit)
{
	struct recorder_header header = {
		.version = RECORDER_VERSION, .state = state, .identity_offset = RECORDER_PAGE, .pid_namespace = pid_namespace};
	struct recorder_identity identity = {.on_exit = on_exit};
	memcpy(header.magic, RECORDER_MAGIC, sizeof(header.magic));
	const int fd = make(name);
	cr_assert(pwrite(fd, &header, sizeof(header), 0) == sizeof(header));
	cr_assert(pwrite(fd, &identity, sizeof(identity), RECORDER_PAGE) == sizeof(identity));
	close(fd);
}

static void make_recorder(const char *name, enum recorder_state state, uint32_t on_exit)
{
	make_recorder_in(0, name, state, on_exit);
}

static bool exists(const char *name)
{
	return faccessat(directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void sweep(void)
{
	sweep_all(directory, getpid(), now_ns());
}

/* Number ---------------------------------------------------------------------------------------------------------------------- */

Test(sweep, oldest_of_the_dead_go)
{
	const char *living = name_of(getppid(), now_ns());
	make_empty(living);
	for (unsigned i = 1; i <= SWEEP_KEEP + 5; i++)
		make_empty(name_of(NOBODY + (long)i, i));
	sweep();
	for (unsigned i = 1; i <= SWEEP_KEEP + 5; i++)
		cr_assert_eq(exists(name_of(NOBODY + (long)i, i)), i > 5, "number %u of %u", i, SWEEP_KEEP + 5);
	cr_assert(exists(living), "a living process's recorder is gone");
}

/* Their order in the directory is not that of their age. */
Test(sweep, age_is_by_name)
{
	for (unsigned i = 1; i <= SWEEP_KEEP + 3; i++)
		make_empty(name_of(NOBODY + (long)i, (i * 37) % (SWEEP_KEEP + 3)));
	sweep();
	for (unsigned i = 1; i <= SWEEP_KEEP + 3; i++) {
		const unsigned age = (i * 37) % (SWEEP_KEEP + 3);
		cr_assert_eq(exists(name_of(NOBODY + (long)i, age)), age > 2, "age %u", age);
	}
}

Test(sweep, few_stay)
{
	for (unsigned i = 1; i <= SWEEP_KEEP; i++)
		make_empty(name_of(NOBODY + (long)i, i));
	sweep();
	cr_assert(exists(name_of(NOBODY + 1, 1)), "the oldest of %u is gone", SWEEP_KEEP);
}

/* A directory longer than one reading of getdents64(2), and processes that each look at it only by chance. */
Test(sweep, hundreds_are_worked_off)
{
	for (unsigned i = 1; i <= 600; i++)
		make_empty(name_of(NOBODY + (long)i, i));
	for (uint64_t recorders_made = 1; recorders_made <= 400; recorders_made++)
		sweep_dead(directory, getpid(), recorders_made * 1234567);
	for (unsigned i = 1; i <= 600; i++)
		cr_assert_eq(exists(name_of(NOBODY + (long)i, i)), i > 600 - SWEEP_KEEP, "number %u of 600", i);
}

/* Of another pid namespace: who lives there is not known here. After a day they count as others. */
Test(sweep, strangers)
{
	enum { STRANGERS = SWEEP_KEEP + 6 };
	static const uint64_t day = 86400 * 1000000000ull;
	const uint64_t now = now_ns() + 2 * day;
	const char *exited = name_of(NOBODY, now - 1);
	make_recorder_in(1, exited, RECORDER_EXITED, 0);
	for (unsigned i = 1; i <= STRANGERS; i++)
		make_recorder_in(1, name_of(NOBODY + (long)i, now - i), RECORDER_LIVE, 0);
	sweep_all(directory, NOBODY + 1, now);
	for (unsigned i = 1; i <= STRANGERS; i++)
		cr_assert(exists(name_of(NOBODY + (long)i, now - i)), "number %u is gone", i);
	cr_assert(exists(exited));
	sweep_all(directory, getpid(), now + day + STRANGERS);
	cr_assert(!exists(exited) && !exists(name_of(NOBODY + STRANGERS, now - STRANGERS)) && exists(name_of(NOBODY + 1, now - 1)));
}

/* Memory ---------------------------------------------------------------------------------------------------------------------- */

/* A file system of its own: SWEEP_SHARE of it is 1 MB. */
static void mount_small(void)
{
	if (!place_has_own_shm())
		cr_skip_test("no mount namespace to be had");
	close(directory);
	cr_assert(mount("tmpfs", path, "tmpfs", 0, "size=8m") == 0);
	directory = open(path, O_RDONLY | O_DIRECTORY);
}

static void make_large(const char *name, unsigned bytes)
{
	const int fd = make(name);
	cr_assert(ftruncate(fd, 40 * MB) == 0 && posix_fallocate(fd, 0, bytes) == 0); /* what is a hole does not count */
	close(fd);
}

Test(sweep, oldest_go_until_the_rest_is_small)
{
	mount_small();
	for (unsigned i = 1; i <= 6; i++)
		make_large(name_of(NOBODY + (long)i, i), MB / 4);
	sweep();
	for (unsigned i = 1; i <= 6; i++)
		cr_assert_eq(exists(name_of(NOBODY + (long)i, i)), i > 2, "number %u of 6", i);
	close(directory);
	umount(path);
}

Test(sweep, newest_stays_however_large)
{
	mount_small();
	make_large(name_of(NOBODY, 1), MB / 3);
	make_large(name_of(NOBODY, 2), 2 * MB);
	sweep();
	cr_assert(!exists(name_of(NOBODY, 1)) && exists(name_of(NOBODY, 2)));
	close(directory);
	umount(path);
}

/* State ----------------------------------------------------------------------------------------------------------------------- */

Test(sweep, what_nobody_will_ask_for_goes_at_once)
{
	make_recorder(name_of(NOBODY, 1), RECORDER_EXITED, 0);
	make_recorder(name_of(NOBODY, 2), RECORDER_CAPTURED, 0);
	make_recorder(name_of(NOBODY, 3), RECORDER_REPLACED, 0);
	make_recorder(name_of(NOBODY, 4), RECORDER_EXITED, 1); /* `ttlog run --on-exit` will look at it */
	make_recorder(name_of(NOBODY, 5), RECORDER_LIVE, 0);
	make_recorder(name_of(NOBODY, 6), RECORDER_DYING, 0);
	sweep();
	for (unsigned i = 1; i <= 6; i++)
		cr_assert_eq(exists(name_of(NOBODY, i)), i > 3, "number %u", i);
}

/* Where there are few, chance plays no part. */
Test(sweep, few_are_looked_at_by_everybody)
{
	if (!place_has_own_shm())
		cr_skip_test("no tmpfs of its own to be had");
	for (uint64_t recorders_made = 1; recorders_made <= 4 * SWEEP_ONE_IN; recorders_made++) {
		make_recorder(name_of(NOBODY, recorders_made), RECORDER_EXITED, 0);
		sweep_dead(directory, getpid(), recorders_made * 1234567);
		cr_assert_not(exists(name_of(NOBODY, recorders_made)));
	}
}

/* Of a living process, which is still leaving. */
Test(sweep, of_the_living_nothing_goes)
{
	const char *name = name_of(getppid(), now_ns());
	make_recorder(name, RECORDER_EXITED, 0);
	sweep();
	cr_assert(exists(name));
}

/* The pid lives, but its recorder is of before an exec; or of a dead process with our pid, which may want its snapshot. */
Test(sweep, own_former_program_goes)
{
	const char *former = name_of(getpid(), now_ns());
	make_recorder(former, RECORDER_REPLACED, 0);
	make_recorder(name_of(getpid(), 1), RECORDER_LIVE, 0);
	sweep();
	cr_assert(!exists(former) && exists(name_of(getpid(), 1)));
}

/* A living process has the pid of a dead one: the file is older than it. */
Test(sweep, recycled_pid)
{
	const char *dead = name_of(getppid(), 1), *living = name_of(getppid(), now_ns());
	make_recorder(dead, RECORDER_EXITED, 0);
	make_recorder(living, RECORDER_EXITED, 0);
	sweep();
	cr_assert(!exists(dead) && exists(living));
}

/* Among many living only some are asked for their age, in turn. */
Test(sweep, recycled_pid_among_many)
{
	const uint64_t began = now_ns();
	for (unsigned i = 0; i < 40; i++)
		make_recorder(name_of(getppid(), began + i), RECORDER_EXITED, 0);
	make_recorder(name_of(getppid(), 1), RECORDER_EXITED, 0);
	for (uint64_t recorders_made = 1; recorders_made <= 400; recorders_made++)
		sweep_dead(directory, getpid(), recorders_made * 1234567);
	cr_assert_not(exists(name_of(getppid(), 1)));
	for (unsigned i = 0; i < 40; i++)
		cr_assert(exists(name_of(getppid(), began + i)), "number %u of a living process is gone", i);
}

/* Foreign ---------------------------------------------------------------------------------------------------------------------- */

Test(sweep, what_is_no_recorder_file_stays)
{
	static const char *const names[] = {"notes.txt",
					    "4194305-zz.rec",
					    "-1.rec",
					    "4194305.rec",
					    "0-1.rec",
					    "4194305-1.rec.old",
					    "99999999999999999999-1.rec"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		make_recorder(names[i], RECORDER_EXITED, 0);
	sweep();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_assert(exists(names[i]), "%s is gone", names[i]);
}

/* Neither followed nor removed, and they push out no recorder. */
Test(sweep, links_pipes_and_directories_stay)
{
	make_recorder("elsewhere", RECORDER_EXITED, 0);
	for (unsigned i = 1; i <= SWEEP_KEEP; i++)
		make_empty(name_of(NOBODY + (long)i, 100 + i));
	cr_assert(symlinkat("elsewhere", directory, name_of(NOBODY, 1)) == 0 &&
		  symlinkat("/nowhere", directory, name_of(NOBODY, 2)) == 0);
	cr_assert(mkfifoat(directory, name_of(NOBODY, 3), 0600) == 0 && mkdirat(directory, name_of(NOBODY, 4), 0700) == 0);
	sweep();
	for (unsigned i = 1; i <= 4; i++)
		cr_assert(exists(name_of(NOBODY, i)), "number %u is gone", i);
	cr_assert(exists("elsewhere") && exists(name_of(NOBODY + 1, 101)));
}

Test(sweep, other_users_files_stay)
{
	if (getuid() != 0)
		cr_skip_test("only root can give a file away");
	make_recorder(name_of(NOBODY, 1), RECORDER_EXITED, 0);
	cr_assert(fchownat(directory, name_of(NOBODY, 1), 65534, 65534, 0) == 0);
	sweep();
	cr_assert(exists(name_of(NOBODY, 1)));
}
