#include "retention.h"

#include "snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SNAPSHOT_PREFIX "ttlog-"

struct kept {
	char name[256];
	struct timespec written;
	uint64_t bytes;
	bool newest; /* the one just written */
};

struct kept_list {
	struct kept *files;
	size_t count, room;
};

static bool is_snapshot(const char *name)
{
	const size_t bytes = strlen(name), suffix = strlen(SNAPSHOT_SUFFIX);
	return bytes > suffix && bytes < sizeof(((struct kept *)0)->name) &&
	       strncmp(name, SNAPSHOT_PREFIX, strlen(SNAPSHOT_PREFIX)) == 0 && strcmp(name + bytes - suffix, SNAPSHOT_SUFFIX) == 0;
}

static struct kept *append(struct kept_list *list)
{
	if (list->count == list->room) {
		const size_t room = list->room ? 2 * list->room : 64;
		struct kept *more = realloc(list->files, room * sizeof(*more));
		if (!more)
			return NULL;
		list->files = more;
		list->room = room;
	}
	return &list->files[list->count++];
}

static void collect(struct kept_list *list, DIR *directory, const char *just_written)
{
	const char *slash = strrchr(just_written, '/');
	const char *newest = slash ? slash + 1 : just_written;
	for (struct dirent *entry; (entry = readdir(directory));) {
		struct stat status;
		if (!is_snapshot(entry->d_name) || fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(status.st_mode))
			continue;
		struct kept *file = append(list);
		if (!file)
			return;
		memcpy(file->name, entry->d_name, strlen(entry->d_name) + 1);
		file->written = status.st_mtim;
		file->bytes = (uint64_t)status.st_size;
		file->newest = strcmp(entry->d_name, newest) == 0;
	}
}

/* The one just written first, then newest to oldest; by name where the times are equal, so that all writers agree. */
static int newest_first(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	if (x->newest != y->newest)
		return y->newest - x->newest;
	if (x->written.tv_sec != y->written.tv_sec)
		return x->written.tv_sec < y->written.tv_sec ? 1 : -1;
	if (x->written.tv_nsec != y->written.tv_nsec)
		return x->written.tv_nsec < y->written.tv_nsec ? 1 : -1;
	return strcmp(y->name, x->name);
}

int retention_apply(const char *directory, const char *just_written, uint32_t snapshots, uint32_t megabytes)
{
	struct kept_list list = {NULL, 0, 0};
	uint64_t total = 0;
	if (!snapshots && !megabytes)
		return 0;
	DIR *open_directory = opendir(directory);
	if (!open_directory)
		return -errno;
	collect(&list, open_directory, just_written);
	if (list.count)
		qsort(list.files, list.count, sizeof(*list.files), newest_first);
	for (size_t i = 0; i < list.count; i++) {
		total += list.files[i].bytes;
		const bool too_many = (snapshots && i >= snapshots) || (megabytes && total > megabytes * 1000000ull);
		if (too_many && !list.files[i].newest)
			unlinkat(dirfd(open_directory), list.files[i].name, 0);
	}
	free(list.files);
	closedir(open_directory);
	return 0;
}
