#include "output.h"

#include "unfinished.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_FOUND 127 /* of a shell */

/* File ------------------------------------------------------------------------------------------------------------------------ */

static int failed(const struct command *command, const char *path)
{
	return command_error(command, COMMAND_NOTHING, "%s: %s", path, strerror(errno));
}

static int open_file(const struct command *command, struct output *output)
{
	const mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (unfinished_place(output->path, output->place) != 0) { /* a device, a pipe: there is nothing to replace */
		output->stream = fopen(output->path, "we");
		return output->stream ? COMMAND_DONE : failed(command, output->path);
	}
	if (snprintf(output->temporary, sizeof(output->temporary), "%s.XXXXXX", output->place) >= (int)sizeof(output->temporary)) {
		errno = ENAMETOOLONG;
		return failed(command, output->path);
	}
	fd = mkostemp(output->temporary, O_CLOEXEC);
	if (fd < 0) {
		output->temporary[0] = '\0';
		return failed(command, output->path);
	}
	fchmod(fd, 0666 & ~mask);
	output->stream = fdopen(fd, "w");
	if (output->stream) {
		unfinished_begin(output->temporary);
		return COMMAND_DONE;
	}
	failed(command, output->path);
	unlink(output->temporary);
	close(fd);
	return COMMAND_NOTHING;
}

/* Pager ----------------------------------------------------------------------------------------------------------------------- */

static bool is_in_path(const char *name)
{
	const char *set = getenv("PATH"), *directory;
	char *path = strdup(set ? set : "/usr/bin:/bin"), *rest = path, file[PATH_MAX];
	bool found = false;

	while (path && !found && (directory = strsep(&rest, ":"))) {
		snprintf(file, sizeof(file), "%s/%s", *directory ? directory : ".", name);
		found = access(file, X_OK) == 0;
	}
	free(path);
	return found;
}

/* NULL: none. */
static const char *wanted_pager(void)
{
	const char *own = getenv("TTLOG_PAGER"), *pager = own ? own : getenv("PAGER");

	if (!isatty(STDOUT_FILENO))
		return NULL;
	if (!pager)
		return is_in_path("less") ? "less" : NULL;
	return *pager && strcmp(pager, "cat") != 0 ? pager : NULL;
}

static void be_pager(const char *pager, const int pipe_ends[2])
{
	if (dup2(pipe_ends[0], STDIN_FILENO) < 0)
		_exit(NOT_FOUND); /* it would wait for the keyboard */
	setenv("LESS", "FRSX", 0);
	setenv("LESSCHARSET", "utf-8", 0);
	execl("/bin/sh", "sh", "-c", pager, (char *)NULL);
	_exit(NOT_FOUND);
}

/* Not to be had: the text goes to the terminal as it is. */
static void start_pager(struct output *output, const char *pager)
{
	int pipe_ends[2];

	if (pipe2(pipe_ends, O_CLOEXEC) != 0)
		return;
	fflush(NULL);
	output->pager = fork();
	if (output->pager == 0)
		be_pager(pager, pipe_ends);
	close(pipe_ends[0]);
	output->stream = output->pager > 0 ? fdopen(pipe_ends[1], "w") : NULL;
	if (!output->stream) {
		close(pipe_ends[1]);
		output->stream = stdout;
		output->pager = 0;
		return;
	}
	snprintf(output->pager_command, sizeof(output->pager_command), "%s", pager);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* ^C is the pager's */
	signal(SIGQUIT, SIG_IGN);
}

int output_open(const struct command *command, struct output *output, const char *path, bool may_page)
{
	const char *pager = may_page ? wanted_pager() : NULL;

	*output = (struct output){.stream = stdout};
	if (path && strcmp(path, "-") != 0) {
		output->path = path;
		if (open_file(command, output) != COMMAND_DONE)
			return COMMAND_NOTHING;
	} else if (pager) {
		start_pager(output, pager);
	}
	__fsetlocking(output->stream, FSETLOCKING_BYCALLER); /* one thread: a lock for each character is for nothing */
	return COMMAND_DONE;
}

bool output_is_over(const struct output *output)
{
	return ferror(output->stream);
}

/* End ------------------------------------------------------------------------------------------------------------------------- */

/* 0 or the errno of what could not be written. */
static int finish(struct output *output)
{
	int error = 0;

	errno = 0;
	if (fflush(output->stream) != 0 || ferror(output->stream))
		error = errno ? errno : EIO;
	if (output->stream == stdout) {
		__fpurge(stdout); /* it is told once */
		clearerr(stdout);
		return error;
	}
	if (fclose(output->stream) != 0 && !error)
		error = errno;
	return error;
}

static int wait_for_pager(const struct command *command, const struct output *output, int status)
{
	int ended = 0;

	while (waitpid(output->pager, &ended, 0) < 0 && errno == EINTR)
		continue;
	if (WIFEXITED(ended) && WEXITSTATUS(ended) == NOT_FOUND)
		return command_error(command, COMMAND_NOTHING, "%s: this pager cannot be started; see --no-pager",
				     output->pager_command);
	return status;
}

int output_close(const struct command *command, struct output *output, int status)
{
	int error = finish(output);

	if (output->pager)
		return wait_for_pager(command, output, status);
	if (!error && !output->is_nothing && output->temporary[0] && rename(output->temporary, output->place) != 0)
		error = errno;
	if ((error || output->is_nothing) && output->temporary[0])
		unlink(output->temporary);
	unfinished_end(output->temporary);
	if (!error)
		return status;
	return command_error(command, COMMAND_NOTHING, "%s: %s", output->path ? output->path : "standard output", strerror(error));
}
