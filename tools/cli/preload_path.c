#include "preload_path.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FNV-1a. */
static uint64_t hash(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return hash;
}

/* In a directory for all, names are taken by who comes first: what is somebody else's would preload into our programs what he likes. */
static int check(const char *link, const char *directory)
{
	char target[PATH_MAX];
	struct stat status;
	ssize_t length = readlink(link, target, sizeof(target) - 1);

	target[length > 0 ? length : 0] = '\0';
	return lstat(link, &status) == 0 && status.st_uid == geteuid() && strcmp(target, directory) == 0 ? 0 : -EEXIST;
}

int preload_path(char path[PATH_MAX])
{
	char directory[PATH_MAX], name[NAME_MAX + 1], link[64];
	char *slash = strrchr(path, '/');
	int error = 0;

	if (!strpbrk(path, PRELOAD_SEPARATORS))
		return 0;
	if (strpbrk(slash, PRELOAD_SEPARATORS) || strlen(slash) > NAME_MAX)
		return -EINVAL;
	strcpy(name, slash);
	memcpy(directory, path, (size_t)(slash - path));
	directory[slash - path] = '\0';
	snprintf(link, sizeof(link), "/tmp/ttlog-%u-%016llx", (unsigned)geteuid(), (unsigned long long)hash(directory));
	if (symlink(directory, link) < 0)
		error = errno == EEXIST ? check(link, directory) : -errno;
	snprintf(path, PATH_MAX, "%s%s", link, error ? "" : name);
	return error;
}
