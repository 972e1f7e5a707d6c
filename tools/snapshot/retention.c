#include "retention.h"

#include "snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SNAPSHOT_PREFIX  "ttlog-"
#define TEMPORARY_PREFIX ".ttlog-" /* and the pid of its writer: write.c */
#define TEMPORARY_SUFFIX ".tmp"
#define ABANDONED_S      600 /* no writer takes so long; its pid alone says nothing across pid namespaces */

enum { TIDY_FILES = 256 };

struct kept {
	char name[256];
	struct timespec written;
	uint64_t bytes;
	bool own; /* the one just written */
};

struct kept_list {
	struct kept *files;
	size_t count, room;
	uint32_t snapshots, megabytes; /* what is kept */
};

static bool is_named(const char *name, const char *prefix, const char *end)
{
	const size_t bytes = strlen(name), suffix = strlen(end);
	return bytes > suffix && bytes < sizeof(((struct kept *)0)->name) && strncmp(name, prefix, strlen(prefix)) == 0 &&
	       strcmp(name + bytes - suffix, end) == 0;
}

/* Somebody may keep things of his own under such names: they are neither counted nor removed. */
static bool is_frame(int directory, const char *name)
{
	static const unsigned char magic[] = {0x04, 0x22, 0x4d, 0x18}; /* LZ4 frame format, 1.6.x */
	unsigned char begin[sizeof(magic)];
	const int file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const bool is = file >= 0 && read(file, begin, sizeof(begin)) == sizeof(begin) && memcmp(begin, magic, sizeof(magic)) == 0;
	if (file >= 0)
		close(file);
	return is;
}

static void sweep_temporary(int directory, const char *name, const struct stat *status)
{
	const pid_t writer = (pid_t)strtol(name + strlen(TEMPORARY_PREFIX), NULL, 10);
	if (status->st_mtime > time(NULL) - ABANDONED_S || writer <= 0 || kill(writer, 0) == 0 || errno != ESRCH)
		return;
	unlinkat(directory, name, 0);
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

/* By name where the times are equal, so that all writers agree: also the one just written has its place among the others. */
static int newest_first(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	if (x->written.tv_sec != y->written.tv_sec)
		return x->written.tv_sec < y->written.tv_sec ? 1 : -1;
	if (x->written.tv_nsec != y->written.tv_nsec)
		return x->written.tv_nsec < y->written.tv_nsec ? 1 : -1;
	return strcmp(y->name, x->name);
}

/* Removes what is too old for as many newer ones, and forgets it. */
static void tidy(struct kept_list *list, int directory)
{
	uint64_t total = 0;
	size_t left = 0;
	if (list->count)
		qsort(list->files, list->count, sizeof(*list->files), newest_first);
	for (size_t i = 0; i < list->count; i++) {
		total += list->files[i].bytes;
		const bool too_many = (list->snapshots && i >= list->snapshots) ||
				      (list->megabytes && total > list->megabytes * 1000000ull);
		if (too_many && i > 0 && !list->files[i].own)
			unlinkat(directory, list->files[i].name, 0);
		else
			list->files[left++] = list->files[i];
	}
	list->count = left;
}

/*
 * As it goes: who does this beside a death has half a second before he is ended, and may not come to the last of many files. What he has
 * removed by then, the next one need not look at.
 */
static void collect(struct kept_list *list, DIR *directory, const char *just_written)
{
	const char *slash = strrchr(just_written, '/');
	const char *own = slash ? slash + 1 : just_written;
	const int fd = dirfd(directory);
	size_t tidy_at = TIDY_FILES;
	for (struct dirent *entry; (entry = readdir(directory));) {
		const char *name = entry->d_name;
		const bool temporary = is_named(name, TEMPORARY_PREFIX, TEMPORARY_SUFFIX);
		struct stat status;
		if (!temporary && !is_named(name, SNAPSHOT_PREFIX, SNAPSHOT_SUFFIX))
			continue;
		if (fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
			continue;
		if (temporary) {
			sweep_temporary(fd, name, &status);
			continue;
		}
		struct kept *file = is_frame(fd, name) ? append(list) : NULL;
		if (!file)
			continue;
		memcpy(file->name, name, strlen(name) + 1);
		file->written = status.st_mtim;
		file->bytes = (uint64_t)status.st_size;
		file->own = strcmp(name, own) == 0;
		if (list->count >= tidy_at) {
			tidy(list, fd);
			tidy_at = 2 * list->count + TIDY_FILES;
		}
	}
	tidy(list, fd);
}

int retention_apply(const char *directory, const char *just_written, uint32_t snapshots, uint32_t megabytes)
{
	struct kept_list list = {.snapshots = snapshots, .megabytes = megabytes};
	DIR *open_directory = opendir(directory);
	if (!open_directory)
		return -errno;
	collect(&list, open_directory, just_written);
	free(list.files);
	closedir(open_directory);
	return 0;
}

/* "20260102T030405.678Z", where a name says when: bytes before it, or 0. */
enum { TIME_BYTES = 20 };

static bool is_time(const char *text)
{
	static const char form[] = "ddddddddTdddddd.dddZ";
	for (size_t i = 0; i < TIME_BYTES; i++) {
		const bool digit = text[i] >= '0' && text[i] <= '9';
		if (form[i] == 'd' ? !digit : text[i] != form[i])
			return false;
	}
	return true;
}

static size_t time_in(const char *name)
{
	const size_t bytes = strlen(name);
	for (size_t at = 1; at + TIME_BYTES <= bytes; at++) {
		if (name[at - 1] == '-' && is_time(name + at))
			return at;
	}
	return 0;
}

static bool differs_in_time(const char *name, const char *own, size_t at)
{
	return strlen(name) == strlen(own) && memcmp(name, own, at) == 0 && is_time(name + at) &&
	       memcmp(name + at, own + at, TIME_BYTES) < 0 && strcmp(name + at + TIME_BYTES, own + at + TIME_BYTES) == 0;
}

int retention_replace(const char *directory, const char *just_written, uint64_t began_ns)
{
	const char *slash = strrchr(just_written, '/');
	const char *own = slash ? slash + 1 : just_written;
	const size_t at = time_in(own);
	DIR *open_directory = at ? opendir(directory) : NULL;
	if (!open_directory)
		return at ? -errno : -EINVAL;
	const int fd = dirfd(open_directory);
	for (struct dirent *entry; (entry = readdir(open_directory));) {
		struct stat status;
		if (!differs_in_time(entry->d_name, own, at) || fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		const uint64_t written_ns = (uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec;
		if (S_ISREG(status.st_mode) && written_ns >= began_ns && is_frame(fd, entry->d_name))
			unlinkat(fd, entry->d_name, 0);
	}
	closedir(open_directory);
	return 0;
}
