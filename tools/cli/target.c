#include "target.h"

#include "core_file.h"
#include "directory.h"
#include "recorder_list.h"
#include "recorder_load.h"
#include "recorder_owner.h"
#include "recovery.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_MAX ((off_t)8 << 30) /* bytes taken from a pipe */

static int fail(const struct command *command, const struct target *target, int error, const char *why)
{
	return command_error(command, COMMAND_BAD_FILE, "%s: %s", target->path, why ? why : strerror(-error));
}

/* Recorders ------------------------------------------------------------------------------------------------------------------- */

/* The owner of a recorder file is whom its header names; the file's own name may have been changed by copying. */
static int build(const struct command *command, struct target *target, struct recorder_copy *copy)
{
	pid_t pid = (pid_t)copy->view.header.pid;
	const bool alive = recorder_owner(target->path, &pid) == OWNER_UNSEEN || recorder_is_alive(pid, target->path);
	const int error = recovery_build(&target->snapshot, &copy->view, target->path, alive);

	recorder_unload(copy);
	return error ? fail(command, target, error, NULL) : COMMAND_DONE;
}

static int open_recorder(const struct command *command, struct target *target)
{
	struct recorder_copy copy;
	const char *why;
	const int error = recorder_load(&copy, target->path, &why);

	return error ? fail(command, target, error, why) : build(command, target, &copy);
}

/* Files ----------------------------------------------------------------------------------------------------------------------- */

/* The snapshot of a core file, which is said: it is not what was named. */
static int open_core(const struct command *command, struct target *target, const struct core_file *core)
{
	struct snapshot_error error;
	char snapshot[PATH_MAX];

	if (!core_file_snapshot(core, target->path, snapshot))
		return command_error(command, COMMAND_NOTHING, "%s: a core file of %s (pid %ld), and no snapshot of it beside it",
				     target->path, core->command, (long)core->pid);
	command_error(command, COMMAND_DONE, "%s: a core file of %s (pid %ld); this is its snapshot: %s", target->path,
		      core->command, (long)core->pid, snapshot);
	snprintf(target->path, sizeof(target->path), "%s", snapshot);
	target->fd = snapshot_open(snapshot, &error);
	return target->fd < 0 ? fail(command, target, 0, error.text) : COMMAND_DONE;
}

static int open_file(const struct command *command, struct target *target)
{
	struct snapshot_error error;
	struct core_file core;

	if (recorder_is_file(target->path))
		return open_recorder(command, target);
	target->fd = snapshot_open(target->path, &error);
	if (target->fd < 0)
		return fail(command, target, 0, error.text);
	if (!core_file_read(target->fd, &core))
		return COMMAND_DONE;
	close(target->fd);
	target->fd = -1;
	return open_core(command, target, &core);
}

/* Standard input -------------------------------------------------------------------------------------------------------------- */

/* A pipe cannot be read twice: it is copied into a file without a name. */
static int open_spool(void)
{
	const char *directory = getenv("TMPDIR");
	const int fd = open(directory && *directory ? directory : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd >= 0 ? fd : memfd_create("ttlog standard input", MFD_CLOEXEC);
}

/* 0 or -errno. */
static int spool(int to)
{
	static char data[1 << 16];
	off_t total = 0;
	ssize_t got;

	while ((got = read(STDIN_FILENO, data, sizeof(data))) != 0) {
		if (got < 0 && errno != EINTR)
			return -errno;
		total += got > 0 ? got : 0;
		if (total > INPUT_MAX)
			return -EFBIG;
		for (ssize_t at = 0, put; at < got; at += put) {
			put = write(to, data + at, (size_t)(got - at));
			if (put < 0)
				return -errno;
		}
	}
	return 0;
}

static int open_input(const struct command *command, struct target *target)
{
	struct recorder_copy copy;
	struct stat status;
	const char *why = NULL;
	char magic[8] = "";
	int error = 0;

	snprintf(target->path, sizeof(target->path), "standard input");
	if (isatty(STDIN_FILENO))
		return command_error(command, COMMAND_USAGE, "-: standard input is a terminal");
	if (fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode)) {
		target->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	} else {
		target->fd = open_spool();
		error = target->fd < 0 ? 0 : spool(target->fd);
	}
	if (target->fd < 0 || error)
		return fail(command, target, error ? error : -errno, NULL);
	if (pread(target->fd, magic, sizeof(magic), 0) < 0 || memcmp(magic, RECORDER_MAGIC, sizeof(magic)) != 0)
		return COMMAND_DONE;
	error = recorder_load_descriptor(&copy, target->fd, &why);
	close(target->fd);
	target->fd = -1;
	return error ? fail(command, target, error, why) : build(command, target, &copy);
}

/* Names ----------------------------------------------------------------------------------------------------------------------- */

/* 1: opened its newest snapshot's path, 0: it has none, -errno. */
static int newest(struct target *target, const char *path)
{
	struct directory directory;
	const int error = directory_open(&directory, path);

	if (!error && directory.count)
		snprintf(target->path, sizeof(target->path), "%s", directory.entries[0].path);
	directory_close(&directory);
	return error ? error : directory.count > 0;
}

static int open_directory(const struct command *command, struct target *target, const char *name)
{
	char below[PATH_MAX + 8];
	struct core_file core;
	int found = newest(target, name);

	if (found < 0)
		return command_error(command, COMMAND_BAD_FILE, "%s: %s", name, strerror(-found));
	if (found)
		return open_file(command, target);
	snprintf(below, sizeof(below), "%s%stmp", name, name[strlen(name) - 1] == '/' ? "" : "/");
	if (newest(target, below) > 0) {
		command_error(command, COMMAND_DONE, "%s: no snapshot in this directory itself; this is the newest in %s", name,
			      below);
		return open_file(command, target);
	}
	if (core_file_newest(name, target->path, &core))
		return open_core(command, target, &core);
	return command_error(command, COMMAND_NOTHING, "%s: no snapshot in this directory", name);
}

static int open_process(const struct command *command, struct target *target, const char *name, int missing)
{
	bool alive;
	pid_t pid;

	if (!recorder_pid(name, &pid))
		return command_error(command, COMMAND_BAD_FILE, "%s: %s", name, strerror(missing));
	if (!recorder_find(pid, target->path, &alive))
		return command_error(command, COMMAND_NOTHING,
				     "%s: no recorder of this process (not run by ttlog, or silent so far)", name);
	return open_file(command, target);
}

static int open_path(const struct command *command, struct target *target, const char *name)
{
	int status;
	const char *directory = directory_find(command, name, &status);

	if (directory)
		return open_directory(command, target, directory);
	if (status)
		return status;
	snprintf(target->path, sizeof(target->path), "%s", name);
	return open_file(command, target);
}

static int open_by_name(const struct command *command, struct target *target, const char *name)
{
	char *member;
	int status, missing;

	if (access(name, F_OK) == 0)
		return open_path(command, target, name);
	missing = errno;
	member = directory_find_member(command, name, &status);
	if (!status && member && access(member, F_OK) == 0)
		status = open_path(command, target, member);
	else if (!status)
		status = open_process(command, target, name, missing);
	free(member);
	return status;
}

int target_open(const struct command *command, struct target *target, const char *name)
{
	int status;

	target->fd = -1;
	target->is_input = strcmp(name, "-") == 0;
	snapshot_init(&target->snapshot);
	status = target->is_input ? open_input(command, target) : open_by_name(command, target, name);
	if (status)
		target_close(target);
	return status;
}

void target_close(struct target *target)
{
	snapshot_fini(&target->snapshot);
	if (target->fd >= 0)
		close(target->fd);
	target->fd = -1;
}

int target_read(struct target *target, struct snapshot *into, const struct snapshot_visitor *visitor, struct snapshot_error *error)
{
	error->text[0] = '\0';
	if (target->fd < 0)
		return snapshot_visit(&target->snapshot, visitor, error);
	if (!into) {
		into = &target->snapshot;
		snapshot_fini(into);
		snapshot_init(into);
	}
	if (lseek(target->fd, 0, SEEK_SET) < 0) {
		snprintf(error->text, sizeof(error->text), "%s", strerror(errno));
		return -errno;
	}
	return snapshot_stream(target->fd, into, visitor, error);
}
