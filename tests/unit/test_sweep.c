/* What stays in the recorder directory: everything of the living, the newest of the dead, and what is no recorder file. */
#include "sweep.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOBODY 4194305 /* above the largest pid_max: no process has it */

static char path[] = "/tmp/ttlog-sweep-XXXXXX";
static int directory;

static void make(const char *name)
{
	const int fd = openat(directory, name, O_CREAT | O_EXCL | O_WRONLY, 0600);
	cr_assert(fd >= 0, "%s", name);
	close(fd);
}

static void make_recorder(long pid, unsigned when)
{
	char name[64];
	snprintf(name, sizeof(name), "%ld-%x.rec", pid, when);
	make(name);
}

static bool exists(const char *name)
{
	return faccessat(directory, name, F_OK, 0) == 0;
}

static void start(void)
{
	cr_assert(mkdtemp(path) != NULL);
	directory = open(path, O_RDONLY | O_DIRECTORY);
}

static void stop(void)
{
	DIR *all = opendir(path);
	for (struct dirent *entry; (entry = readdir(all));)
		unlinkat(directory, entry->d_name, 0);
	closedir(all);
	close(directory);
	rmdir(path);
}

Test(sweep, oldest_of_the_dead_go, .init = start, .fini = stop)
{
	make_recorder(getpid(), 0); /* older than all, and alive */
	for (unsigned i = 1; i <= SWEEP_KEEP + 5; i++)
		make_recorder(NOBODY + (long)i, i);
	make("notes.txt");
	make("4194305-zz.rec");
	sweep_dead(directory);
	for (unsigned i = 1; i <= SWEEP_KEEP + 5; i++) {
		char name[64];
		snprintf(name, sizeof(name), "%ld-%x.rec", NOBODY + (long)i, i);
		cr_assert_eq(exists(name), i > 5, "%s of %u", name, SWEEP_KEEP + 5);
	}
	char own[64];
	snprintf(own, sizeof(own), "%d-0.rec", getpid());
	cr_assert(exists(own), "a living process's recorder is gone");
	cr_assert(exists("notes.txt") && exists("4194305-zz.rec"), "a foreign file is gone");
}

Test(sweep, few_stay, .init = start, .fini = stop)
{
	for (unsigned i = 1; i <= SWEEP_KEEP; i++)
		make_recorder(NOBODY + (long)i, i);
	sweep_dead(directory);
	cr_assert(exists("4194306-1.rec"), "the oldest of %u is gone", SWEEP_KEEP);
}

/* A directory longer than one reading of getdents64(2). */
Test(sweep, hundreds_are_worked_off, .init = start, .fini = stop)
{
	for (unsigned i = 1; i <= 600; i++)
		make_recorder(NOBODY + (long)i, i);
	for (int recorders_made = 0; recorders_made < 80; recorders_made++)
		sweep_dead(directory);
	cr_assert_not(exists("4194306-1.rec"));
	cr_assert(exists("4194905-258.rec"), "the newest is gone");
}
