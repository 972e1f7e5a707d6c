#include "target.h"

#include "directory.h"
#include "recorder_list.h"
#include "recorder_load.h"
#include "recovery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The owner of a recorder file is whom its header names; the file's own name may have been changed by copying. */
static int open_recorder(const struct command *command, struct target *target)
{
	struct recorder_copy copy;
	const char *why;
	int error = recorder_load(&copy, target->path, &why);

	if (error)
		return command_error(command, COMMAND_BAD_FILE, "%s: %s", target->path, why ? why : strerror(-error));
	error = recovery_build(&target->snapshot, &copy.view, target->path,
			       recorder_is_alive((pid_t)copy.view.header.pid, target->path));
	recorder_unload(&copy);
	return error ? command_error(command, COMMAND_BAD_FILE, "%s: %s", target->path, strerror(-error)) : COMMAND_DONE;
}

static int open_snapshot(const struct command *command, struct target *target)
{
	struct snapshot_error error;

	if (snapshot_load(target->path, &target->cbor, &target->cbor_bytes, &error) != 0 ||
	    snapshot_decode(&target->snapshot, target->cbor, target->cbor_bytes, &error) != 0)
		return command_error(command, COMMAND_BAD_FILE, "%s: %s", target->path, error.text);
	return COMMAND_DONE;
}

static int open_file(const struct command *command, struct target *target)
{
	return recorder_is_file(target->path) ? open_recorder(command, target) : open_snapshot(command, target);
}

static int open_newest(const struct command *command, struct target *target, const char *name)
{
	struct directory directory;
	int error = directory_open(&directory, name);

	if (error)
		return command_error(command, COMMAND_BAD_FILE, "%s: %s", name, strerror(-error));
	if (directory.count)
		snprintf(target->path, sizeof(target->path), "%s", directory.entries[0].path);
	directory_close(&directory);
	if (!directory.count)
		return command_error(command, COMMAND_NOTHING, "%s: no snapshot in this directory", name);
	return open_file(command, target);
}

static int open_any(const struct command *command, struct target *target, const char *name)
{
	struct stat status;
	int missing;
	bool alive;
	pid_t pid;

	missing = stat(name, &status) == 0 ? 0 : errno;
	if (!missing) {
		if (S_ISDIR(status.st_mode))
			return open_newest(command, target, name);
		snprintf(target->path, sizeof(target->path), "%s", name);
		return open_file(command, target);
	}
	if (!recorder_pid(name, &pid))
		return command_error(command, COMMAND_BAD_FILE, "%s: %s", name, strerror(missing));
	if (!recorder_find(pid, target->path, &alive))
		return command_error(command, COMMAND_NOTHING,
				     "%s: no recorder of this process (not run by ttlog, or silent so far)", name);
	return open_file(command, target);
}

int target_open(const struct command *command, struct target *target, const char *name)
{
	int status;

	target->cbor = NULL;
	target->cbor_bytes = 0;
	snapshot_init(&target->snapshot);
	status = open_any(command, target, name);
	if (status)
		target_close(target);
	return status;
}

void target_close(struct target *target)
{
	snapshot_fini(&target->snapshot);
	free(target->cbor);
	target->cbor = NULL;
}
