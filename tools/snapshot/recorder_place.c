#include "recorder_place.h"

#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool recorder_place_user(const char *directory, uid_t *user)
{
	const size_t prefix = sizeof(RECORDER_DIRECTORY) - 1;
	unsigned long number;
	char *end;

	if (strncmp(directory, RECORDER_DIRECTORY, prefix) != 0 || directory[prefix] < '0' || directory[prefix] > '9')
		return false;
	number = strtoul(directory + prefix, &end, 10);
	*user = (uid_t)number;
	return *end == 0 && number < UINT32_MAX;
}

/* Closed to us: as a rule its user has closed it to all others, and we are one of them. */
static int refused(const char *directory, uid_t user)
{
	struct stat status;

	return lstat(directory, &status) == 0 && status.st_uid != user ? -EPERM : -EACCES;
}

int recorder_place_open(const char *directory, uid_t user)
{
	struct stat status;
	const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == EACCES ? refused(directory, user) : -errno;
	if (fstat(fd, &status) == 0 && status.st_uid == user)
		return fd;
	close(fd);
	return -EPERM;
}

/* The directory of the path, and in *name what follows it. */
static int open_directory(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX];
	uid_t user;
	int fd;

	*name = slash ? slash + 1 : path;
	if (snprintf(directory, sizeof(directory), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".") >= PATH_MAX)
		return -ENAMETOOLONG;
	if (recorder_place_user(directory, &user))
		return recorder_place_open(directory, user);
	fd = open(slash == path ? "/" : directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int recorder_open_at(const char *path, bool writable)
{
	const char *name;
	const int directory = open_directory(path, &name), kind = writable ? O_RDWR : O_RDONLY;
	int fd;

	if (directory < 0)
		return directory;
	fd = openat(directory, name, kind | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		fd = -errno;
	close(directory);
	return fd;
}

int recorder_remove(const char *path)
{
	const char *name;
	const int directory = open_directory(path, &name);
	int error = directory < 0 ? directory : 0;

	if (!error && unlinkat(directory, name, 0) != 0)
		error = -errno;
	if (directory >= 0)
		close(directory);
	return error;
}
