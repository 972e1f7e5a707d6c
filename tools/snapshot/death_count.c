#include "death_count.h"

#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 8

/* False: no name of a file. The id of a recorder may hold anything. */
static bool path_of(const char *id, char path[PATH_MAX])
{
	return *id && !strchr(id, '/') && snprintf(path, PATH_MAX, RECORDER_DEATHS "%s", id) < PATH_MAX;
}

/* The number of the line, from 0; -errno. */
static off_t append(int file, unsigned long number)
{
	char line[32];

	snprintf(line, sizeof(line), "%7lu\n", number);
	if (write(file, line, LINE_BYTES) != LINE_BYTES)
		return -EIO;
	return lseek(file, 0, SEEK_CUR) / LINE_BYTES - 1;
}

int death_count_begin(const char *id, uint32_t limit)
{
	char path[PATH_MAX];
	int file, error;

	if (!path_of(id, path))
		return -EINVAL;
	file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0)
		return -errno;
	error = append(file, limit) < 0 ? -EIO : 0;
	close(file);
	return error;
}

uint32_t death_count_end(const char *id)
{
	char path[PATH_MAX];
	int file = path_of(id, path) ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	const off_t bytes = file >= 0 ? lseek(file, 0, SEEK_END) : 0;

	if (file < 0)
		return 0;
	close(file);
	unlink(path);
	return bytes >= LINE_BYTES ? (uint32_t)(bytes / LINE_BYTES - 1) : 0;
}

/* The number of the line of that pid, from 1; 0: there is none. */
static off_t find(int file, pid_t pid)
{
	char line[LINE_BYTES + 1] = "";

	for (off_t number = 1; pread(file, line, LINE_BYTES, number * LINE_BYTES) == LINE_BYTES; number++) {
		if (strtol(line, NULL, 10) == pid)
			return number;
	}
	return 0;
}

bool death_count_add(const char *id, pid_t pid)
{
	char path[PATH_MAX], line[LINE_BYTES + 1] = "";
	int file = path_of(id, path) ? open(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	bool within = true;
	off_t number;

	if (file < 0)
		return true;
	if (pread(file, line, LINE_BYTES, 0) == LINE_BYTES) {
		number = find(file, pid);
		within = (number ? number : append(file, (unsigned long)pid)) <= (off_t)strtoul(line, NULL, 10);
	}
	close(file);
	return within;
}

bool death_count_has(const char *id, pid_t pid)
{
	char path[PATH_MAX];
	int file = path_of(id, path) ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	bool found = file >= 0 && find(file, pid) != 0;

	if (file >= 0)
		close(file);
	return found;
}
