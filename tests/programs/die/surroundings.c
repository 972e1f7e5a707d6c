/* What the process may still do, and who it is. */
#include "combine.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { NOBODY = 65534 };

static void limit(int what, rlim_t value)
{
	struct rlimit limits;
	if (getrlimit(what, &limits) != 0)
		LOST("getrlimit");
	limits.rlim_cur = value;
	if (setrlimit(what, &limits) != 0)
		LOST("setrlimit");
}

static void no_core(void)
{
	limit(RLIMIT_CORE, 0);
}

static void no_file_size(void)
{
	limit(RLIMIT_FSIZE, 0);
}

static void no_files(void)
{
	limit(RLIMIT_NOFILE, 3);
}

static void no_processes(void)
{
	limit(RLIMIT_NPROC, 1); /* holds for all but root */
}

/* A megabyte more than there is. */
static void no_memory(void)
{
	unsigned long pages = 0;
	char text[64] = "";
	const int fd = open("/proc/self/statm", O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 || sscanf(text, "%lu", &pages) != 1)
		LOST("statm");
	close(fd);
	limit(RLIMIT_AS, pages * 4096 + (1 << 20));
}

static void closed(void)
{
	for (int fd = 0; fd < 3; fd++)
		close(fd);
}

/* Where 0 to 2 were is something that must stay as it is. */
static void reused(void)
{
	syscall(__NR_close_range, 0, ~0u, 0);
	for (int fd = 0; fd < 6; fd++)
		if (open(fd < 3 ? "/dev/null" : "/proc/self/status", fd < 3 ? O_RDWR : O_RDONLY) != fd)
			_exit(97);
}

static void nobody(void)
{
	if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
		LOST("setuid");
}

static void in_jail(void)
{
	if (mkdir("jail", 0755) != 0 || chroot("jail") != 0 || chdir("/") != 0)
		LOST("chroot");
}

static void not_dumpable(void)
{
	prctl(PR_SET_DUMPABLE, 0);
}

static void no_new_privileges(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* The program's file is gone: a copy of the test's own. */
static void deleted(void)
{
	char path[512];
	const ssize_t bytes = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (bytes <= 0)
		LOST("readlink");
	path[bytes] = 0;
	if (unlink(path) != 0)
		LOST(path);
}

static void no_directory(void)
{
	if (mkdir("gone", 0755) != 0 || chdir("gone") != 0 || rmdir("../gone") != 0)
		LOST("rmdir");
}

static void subreaper(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void environment_gone(void)
{
	clearenv();
}

const struct choice surroundings[] = {
	{"none", NULL},
	{"no_core", no_core},
	{"no_file_size", no_file_size},
	{"no_files", no_files},
	{"no_processes", no_processes},
	{"no_memory", no_memory},
	{"closed", closed},
	{"reused", reused},
	{"nobody", nobody},
	{"chroot", in_jail},
	{"not_dumpable", not_dumpable},
	{"no_new_privileges", no_new_privileges},
	{"deleted", deleted},
	{"no_directory", no_directory},
	{"subreaper", subreaper},
	{"no_environment", environment_gone},
	{NULL, NULL},
};
