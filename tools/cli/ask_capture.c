#include "ask_capture.h"

#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HELPER_NO_MEMORY = 2 }; /* arena_no_memory() */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void add_argument(char **arguments, size_t *count, char *name, const char *value)
{
	if (!value)
		return;
	arguments[(*count)++] = name;
	arguments[(*count)++] = (char *)(uintptr_t)value;
}

static _Noreturn void become_capture(const struct ask_capture *ask, int out, int err)
{
	static const int deaf[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
	char pid[32], started[32];
	char *arguments[12] = {"ttlog-capture"};
	size_t count = 1;

	add_argument(arguments, &count, "--pid", pid);
	add_argument(arguments, &count, "--started", started);
	add_argument(arguments, &count, "--reason", ask->reason);
	add_argument(arguments, &count, "--storage", ask->storage);
	add_argument(arguments, &count, "--run", ask->run);
	for (size_t i = 0; ask->deaf && i < sizeof(deaf) / sizeof(deaf[0]); i++)
		signal(deaf[i], SIG_IGN);
	snprintf(pid, sizeof(pid), "%ld", (long)ask->pid);
	snprintf(started, sizeof(started), "%" PRIu64, ask->started);
	if (dup2(err, STDERR_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0) {
		dprintf(err, "%s\n", strerror(errno));
		_exit(127);
	}
	helper_become(arguments, NULL);
}

static int left_ms(uint64_t until)
{
	uint64_t now = now_ns();

	return now < until ? (int)((until - now) / 1000000u) + 1 : 0;
}

/* All that is said until the other end is closed; the first line of it stays. False where that took too long. */
static bool read_line(int in, char line[PATH_MAX], uint64_t until)
{
	struct pollfd ready = {.fd = in, .events = POLLIN};
	size_t used = 0;
	ssize_t got = 1;

	while (got > 0 && used < PATH_MAX - 1) {
		if (poll(&ready, 1, left_ms(until)) <= 0) {
			if (left_ms(until))
				continue;
			break;
		}
		got = read(in, line + used, PATH_MAX - 1 - used);
		used += got > 0 ? (size_t)got : 0;
	}
	line[used] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return got <= 0 || used == PATH_MAX - 1;
}

/* "ttlog-capture: process 4711: Operation not permitted": whose it is the caller knows. */
static void strip_prefix(char why[PATH_MAX])
{
	const char *text = why;
	int used = 0;

	if (sscanf(text, "ttlog-capture: process %*d: %n", &used) == 0 && used)
		text += used;
	memmove(why, text, strlen(text) + 1);
}

int ask_capture(const struct ask_capture *ask, char path[PATH_MAX], char why[PATH_MAX])
{
	const uint64_t until = now_ns() + ask->limit_ns;
	int out[2], err[2], status = -1;
	bool in_time = false;
	pid_t helper;

	path[0] = why[0] = '\0';
	if (pipe2(out, O_CLOEXEC) != 0)
		return -errno;
	if (pipe2(err, O_CLOEXEC) != 0) {
		close(out[0]);
		close(out[1]);
		return -EMFILE;
	}
	helper = fork();
	if (helper == 0)
		become_capture(ask, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	if (helper > 0)
		in_time = read_line(out[0], path, until) && read_line(err[0], why, until);
	close(out[0]);
	close(err[0]);
	if (helper > 0 && !in_time)
		kill(helper, SIGKILL); /* the kernel lets the process go on */
	while (helper > 0 && waitpid(helper, &status, 0) < 0 && errno == EINTR)
		continue;
	strip_prefix(why);
	if (helper > 0 && !in_time && !path[0])
		return -ETIMEDOUT;
	if (WIFEXITED(status) && WEXITSTATUS(status) == HELPER_NO_MEMORY)
		return -ENOMEM;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 && path[0] ? 0 : -EIO;
}
