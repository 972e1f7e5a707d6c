#include "unfinished.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *paths[UNFINISHED_MAX];
static pid_t owner;

static void remove_all(void)
{
	for (int i = 0; i < UNFINISHED_MAX && owner == getpid(); i++) {
		if (paths[i])
			unlink(paths[i]);
	}
}

static void replace(const char *old, const char *path)
{
	for (int i = 0; i < UNFINISHED_MAX; i++) {
		if (paths[i] == old) {
			paths[i] = path;
			return;
		}
	}
}

int unfinished_place(const char *path, char place[PATH_MAX])
{
	struct stat status;

	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return -EINVAL;
	if (lstat(path, &status) != 0 || !S_ISLNK(status.st_mode) || !realpath(path, place))
		snprintf(place, PATH_MAX, "%s", path);
	return 0;
}

void unfinished_begin(const char *path)
{
	if (owner != getpid()) {
		for (int i = 0; i < UNFINISHED_MAX; i++)
			paths[i] = NULL;
		if (!owner)
			atexit(remove_all);
		owner = getpid();
	}
	replace(NULL, path);
}

void unfinished_end(const char *path)
{
	if (owner == getpid())
		replace(path, NULL);
}
