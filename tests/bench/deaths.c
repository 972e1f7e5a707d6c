/*
 * Rows: one death of the victim, from the moment before it to its being reaped, and what can be had of it afterwards.
 *
 *	deaths VICTIM HOW THREADS EVENTS LIBRARY|- TTLOG
 *
 * Works in its current directory, which is its own: snapshots go to "storage" there, cores beside it. Rows:
 *
 *	death     fault or abort to reaped; no core
 *	bytes     of the snapshot that a death leaves
 *	recover   `ttlog recover`, after a SIGKILL at the same place
 *	copy      the used bytes of the recorder file copied into a file here, after a SIGKILL at the same place
 *	core      as death, with a core file written
 *	gdb       as core, and then gdb's backtraces of all threads from it
 *	gcore     where cores go to a program: gdb runs the victim, writes the core itself, reads it as above
 */
#include "rounds.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STORAGE   "storage"
#define BACKTRACE "thread apply all bt"

extern char **environ;
static char *victim, *how, *threads, *events, *library, *ttlog;

static void remove_all(const char *directory, const char *prefix)
{
	char path[600];
	DIR *entries = opendir(directory);
	if (!entries)
		return;
	for (struct dirent *entry; (entry = readdir(entries));) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		unlink(path);
	}
	closedir(entries);
}

/* Size of the newest file whose name begins so; -1: none. */
static double only_file(const char *directory, const char *prefix, char *name, size_t bytes)
{
	DIR *entries = opendir(directory);
	double size = -1;
	if (!entries)
		return -1;
	for (struct dirent *entry; (entry = readdir(entries));) {
		struct stat status;
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
		    fstatat(dirfd(entries), entry->d_name, &status, 0) != 0)
			continue;
		snprintf(name, bytes, "%s/%s", directory, entry->d_name);
		size = (double)status.st_size;
	}
	closedir(entries);
	return size;
}

static void allow_cores(int allowed)
{
	struct rlimit core;
	getrlimit(RLIMIT_CORE, &core);
	core.rlim_cur = allowed ? core.rlim_max : 0;
	setrlimit(RLIMIT_CORE, &core);
}

/* The nanosecond at which a process of this command was gone, and its wait status. Quiet: its output is nobody's. */
static double run_to_end(char *const *command, int *status)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	const int error = posix_spawnp(&pid, command[0], &actions, NULL, command, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error || waitpid(pid, status, 0) != pid)
		return -1;
	return now_ns();
}

/* Starts the victim and waits until it is about to die: that moment, in its own words. -1: it could not come so far. */
static double victim_start(char *manner, pid_t *pid)
{
	char descriptor[16];
	int ends[2];
	double moment = -1;
	char *command[] = {victim, manner, threads, events, descriptor, NULL};
	if (pipe(ends) != 0)
		return -1;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	snprintf(descriptor, sizeof(descriptor), "%d", ends[1]);
	if (strcmp(library, "-") != 0)
		setenv("LD_PRELOAD", library, 1);
	const int error = posix_spawn(pid, victim, NULL, NULL, command, environ);
	unsetenv("LD_PRELOAD");
	close(ends[1]);
	if (!error && read(ends[0], &moment, sizeof(moment)) != sizeof(moment)) {
		moment = -1;
		waitpid(*pid, NULL, 0);
	}
	close(ends[0]);
	return moment;
}

static double die_once(const char **why)
{
	pid_t pid;
	int status;
	const double begin = victim_start(how, &pid);
	if (begin < 0 || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status)) {
		*why = "the victim did not die as it should";
		return -1;
	}
	return now_ns() - begin;
}

static double take_death(long n, const char **why)
{
	char name[600];
	(void)n;
	allow_cores(0);
	remove_all(STORAGE, "ttlog-");
	const double ns = die_once(why);
	if (ns > 0 && strcmp(library, "-") != 0 && only_file(STORAGE, "ttlog-", name, sizeof(name)) <= 0) {
		*why = "no snapshot was made";
		return -1;
	}
	return ns;
}

static double take_bytes(long n, const char **why)
{
	char name[600];
	if (take_death(n, why) < 0)
		return -1;
	*why = "no snapshot was made";
	return only_file(STORAGE, "ttlog-", name, sizeof(name));
}

static double take_recover(long n, const char **why)
{
	char name[600];
	pid_t pid;
	int status;
	(void)n;
	remove_all(STORAGE, "ttlog-");
	if (victim_start("wait", &pid) < 0 || kill(pid, SIGKILL) != 0 || waitpid(pid, &status, 0) != pid) {
		*why = "the victim did not die as it should";
		return -1;
	}
	const double begin = now_ns(), end = run_to_end((char *[]){ttlog, "recover", STORAGE, NULL}, &status);
	if (end < 0 || status != 0 || only_file(STORAGE, "ttlog-", name, sizeof(name)) <= 0) {
		*why = "nothing was recovered";
		return -1;
	}
	return end - begin;
}

/* Opens the recorder file of a process and takes its name away, so that nobody recovers it. */
static int recorder_take(pid_t pid)
{
	char directory[64], prefix[32], name[600];
	snprintf(directory, sizeof(directory), "/dev/shm/ttlog-%u", geteuid());
	snprintf(prefix, sizeof(prefix), "%d-", pid);
	if (only_file(directory, prefix, name, sizeof(name)) <= 0)
		return -1;
	const int fd = open(name, O_RDONLY | O_CLOEXEC);
	unlink(name);
	return fd;
}

static int copy_used(int from, int to)
{
	static char buffer[256 * 1024];
	off_t begin = 0, end;
	while ((begin = lseek(from, begin, SEEK_DATA)) >= 0 && (end = lseek(from, begin, SEEK_HOLE)) >= 0) {
		while (begin < end) {
			const size_t left = (size_t)(end - begin);
			const ssize_t got = pread(from, buffer, left < sizeof(buffer) ? left : sizeof(buffer), begin);
			if (got <= 0 || pwrite(to, buffer, (size_t)got, begin) != got)
				return -1;
			begin += got;
		}
	}
	return 0;
}

static double take_copy(long n, const char **why)
{
	pid_t pid;
	int status, failed;
	(void)n;
	if (victim_start("wait", &pid) < 0 || kill(pid, SIGKILL) != 0 || waitpid(pid, &status, 0) != pid) {
		*why = "the victim did not die as it should";
		return -1;
	}
	const int from = recorder_take(pid);
	const double begin = now_ns();
	const int to = open("copy", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	failed = from < 0 || to < 0 || copy_used(from, to) != 0;
	close(to);
	const double end = now_ns();
	close(from);
	unlink("copy");
	*why = "the recorder file could not be copied";
	return failed ? -1 : end - begin;
}

static double take_core(long n, const char **why)
{
	char name[600];
	(void)n;
	remove_all(".", "core");
	allow_cores(1);
	const double ns = die_once(why);
	allow_cores(0);
	if (ns > 0 && only_file(".", "core", name, sizeof(name)) <= 0) {
		*why = "the kernel wrote no core file";
		return -1;
	}
	return ns;
}

static double read_core(const char **why)
{
	char name[600];
	int status;
	if (only_file(".", "core", name, sizeof(name)) <= 0) {
		*why = "no core file";
		return -1;
	}
	const double begin = now_ns();
	const double end = run_to_end((char *[]){"gdb", "-nx", "-batch", "-ex", BACKTRACE, victim, name, NULL}, &status);
	*why = "gdb cannot be run";
	return end < 0 || status != 0 ? -1 : end - begin;
}

static double take_gdb(long n, const char **why)
{
	const double core = take_core(n, why), read = core < 0 ? -1 : read_core(why);
	return read < 0 ? -1 : core + read;
}

static double take_gcore(long n, const char **why)
{
	int status;
	(void)n;
	remove_all(".", "core");
	const double begin = now_ns();
	const double end = run_to_end((char *[]){"gdb", "-nx", "-batch", "-ex", "run", "-ex", "generate-core-file core", "--args",
						 victim, how, threads, events, "2", NULL},
				      &status);
	const double read = end < 0 ? -1 : read_core(why);
	*why = "gdb cannot be run";
	return read < 0 ? -1 : end - begin + read;
}

int main(int argc, char **argv)
{
	static const struct measure measures[] = {
		{"death", take_death}, {"bytes", take_bytes}, {"recover", take_recover}, {"copy", take_copy},
		{"core", take_core},   {"gdb", take_gdb},     {"gcore", take_gcore},     {NULL, NULL},
	};
	if (argc != 7) {
		fprintf(stderr, "usage: deaths VICTIM HOW THREADS EVENTS LIBRARY|- TTLOG\n");
		return 2;
	}
	victim = argv[1], how = argv[2], threads = argv[3], events = argv[4], library = argv[5], ttlog = argv[6];
	setenv("TTLOG_STORAGE", STORAGE, 1);
	setenv("TTLOG_QUIET", "1", 1);
	return rounds_of_measures(measures);
}
