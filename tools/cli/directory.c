#include "directory.h"

#include "bundle.h"
#include "shortage.h"
#include "snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_snapshot_name(const char *name)
{
	size_t length = strlen(name), suffix = sizeof(SNAPSHOT_SUFFIX) - 1;

	return name[0] != '.' && length > suffix && !strcmp(name + length - suffix, SNAPSHOT_SUFFIX);
}

static int append(struct directory *directory, const char *path, const char *name, int fd)
{
	struct directory_entry *entry;
	struct stat status;

	if (fstatat(fd, name, &status, 0) != 0)
		return is_shortage(errno) ? -errno : 0; /* removed meanwhile */
	if (directory->count == directory->room) {
		size_t room = directory->room ? directory->room * 2 : 64;
		void *entries = reallocarray(directory->entries, room, sizeof(*entry));
		if (!entries)
			return -ENOMEM;
		directory->entries = entries;
		directory->room = room;
	}
	entry = &directory->entries[directory->count];
	entry->modified = (uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec;
	entry->bytes = (uint64_t)status.st_size;
	if (asprintf(&entry->path, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", name) < 0)
		return -ENOMEM;
	directory->count++;
	return 0;
}

static int newest_first(const void *left, const void *right)
{
	const struct directory_entry *a = left, *b = right;

	if (a->modified != b->modified)
		return a->modified < b->modified ? 1 : -1;
	return -strcmp(a->path, b->path);
}

int directory_open(struct directory *directory, const char *path)
{
	DIR *stream = opendir(path);
	struct dirent *entry;
	int error;

	memset(directory, 0, sizeof(*directory));
	if (!stream)
		return -errno;
	while ((error = next_entry(stream, &entry)) > 0) {
		error = is_snapshot_name(entry->d_name) ? append(directory, path, entry->d_name, dirfd(stream)) : 0;
		if (error)
			break;
	}
	closedir(stream);
	if (directory->count)
		qsort(directory->entries, directory->count, sizeof(*directory->entries), newest_first);
	return error;
}

void directory_close(struct directory *directory)
{
	for (size_t i = 0; i < directory->count; i++)
		free(directory->entries[i].path);
	free(directory->entries);
}

const char *directory_find(const struct command *command, const char *name, int *status)
{
	char error[BUNDLE_ERROR_BYTES];
	const char *found;
	struct stat file;

	*status = COMMAND_DONE;
	if (stat(name, &file) != 0)
		return NULL;
	if (S_ISDIR(file.st_mode))
		return name;
	if (!bundle_is(name))
		return NULL;
	found = bundle_open(name, error);
	if (!found)
		*status = command_error(command, COMMAND_BAD_FILE, "%s: %s", name, error);
	return found;
}

char *directory_find_member(const struct command *command, const char *name, int *status)
{
	const char *colon = strrchr(name, ':'), *directory = NULL;
	char *bundle = colon && colon != name ? strndup(name, (size_t)(colon - name)) : NULL, *path = NULL;
	struct stat file;

	*status = COMMAND_DONE;
	if (bundle && stat(bundle, &file) == 0 && S_ISREG(file.st_mode))
		directory = directory_find(command, bundle, status);
	if (directory && asprintf(&path, "%s/%s", directory, colon + 1) < 0)
		path = NULL;
	free(bundle); /* which the directory may be, by now */
	return path;
}
