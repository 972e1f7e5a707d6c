#include "run.h"

#include "describe.h"
#include "helper.h"
#include "recorder.h"
#include "recorder_list.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Of a capture: a stuck one must not hold up the end of the program. */
#define CAPTURE_MS 30000

static _Noreturn void become_capture(const struct run *run, int out)
{
	char pid[32];
	char *const arguments[] = {"ttlog-capture", "--pid", pid, "--reason", "timeout", "--storage", (char *)(uintptr_t)run->storage, NULL};

	snprintf(pid, sizeof(pid), "%ld", (long)run->child);
	dup2(out, STDOUT_FILENO);
	helper_become(arguments);
}

/* The path that the program prints; false where it said nothing in time. */
static bool read_line(int in, char line[PATH_MAX])
{
	struct pollfd ready = {.fd = in, .events = POLLIN};
	size_t used = 0;
	ssize_t got;

	while (used < PATH_MAX - 1 && poll(&ready, 1, CAPTURE_MS) == 1) {
		got = read(in, line + used, PATH_MAX - 1 - used);
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	line[used] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return line[0] != '\0';
}

static bool capture(const struct run *run, char path[PATH_MAX])
{
	int ends[2], status = -1;
	bool said;
	pid_t helper;

	if (pipe(ends) != 0)
		return false;
	helper = fork();
	if (helper == 0) {
		close(ends[0]);
		become_capture(run, ends[1]);
	}
	close(ends[1]);
	said = helper > 0 && read_line(ends[0], path);
	close(ends[0]);
	if (helper <= 0)
		return false;
	if (!said)
		kill(helper, SIGKILL);
	while (waitpid(helper, &status, 0) < 0 && errno == EINTR)
		continue;
	return said && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void ended_path(const struct run *run, char path[PATH_MAX])
{
	size_t used;

	recorder_directory(path);
	used = strlen(path);
	snprintf(path + used, PATH_MAX - used, RECORDER_ENDED "%ld", (long)run->child);
}

/* The SIGTERM that follows is ours and tells nothing: the agent, which finds this file, makes no second snapshot. */
static void note_end(const struct run *run)
{
	char path[PATH_MAX];
	int file;

	recorder_directory(path);
	mkdir(path, 0700);
	ended_path(run, path);
	file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file >= 0)
		close(file);
}

void run_forget_timeout(const struct run *run)
{
	char path[PATH_MAX];

	ended_path(run, path);
	unlink(path);
}

void run_capture_timeout(struct run *run)
{
	const char *name = describe_base_name(run->options.command[0]);
	char path[PATH_MAX], time[64];
	bool made = capture(run, path);

	if (made)
		note_end(run);
	if (run->options.quiet)
		return;
	describe_duration(run->options.timeout_ns, time);
	if (made)
		fprintf(stderr, "ttlog: %s (pid %ld) was still running after %s; snapshot %s\n", name, (long)run->child, time,
			path);
	else
		fprintf(stderr, "ttlog: %s (pid %ld) was still running after %s; no snapshot could be made\n", name,
			(long)run->child, time);
}
