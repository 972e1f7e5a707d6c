#include "unfinished.h"

#include <stdlib.h>
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
