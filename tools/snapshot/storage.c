#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WORD_BYTES     64u
#define COLLISIONS_MAX 9999u

/* A umask may have taken our own rights; other bits (setgid, inherited) stay. */
static int make_usable(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return -errno;
	if ((status.st_mode & 0700) == 0700)
		return 0;
	return chmod(path, (status.st_mode & 07777) | 0700) == 0 ? 0 : -errno;
}

static int make_one(const char *path)
{
	struct stat status;

	if (mkdir(path, 0700) == 0)
		return make_usable(path);
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &status) != 0)
		return -errno;
	return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}

/* A missing right to make a directory above does not matter where it exists: only the last answer counts. */
int storage_make(const char *directory)
{
	char path[PATH_MAX];
	size_t length = strlen(directory);

	if (!length)
		return -ENOENT;
	if (length >= sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, directory, length + 1);
	if (access(path, F_OK) != 0) {
		for (char *at = path + 1; *at; at++) {
			if (*at != '/' || at[-1] == '/')
				continue;
			*at = '\0';
			(void)make_one(path);
			*at = '/';
		}
	}
	return make_one(path);
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* What the target or a user chose may hold slashes, spaces or escape sequences: each such byte becomes '_'. */
static void sanitise(char word[WORD_BYTES], const char *from)
{
	size_t length = 0;

	for (; from && from[length] && length < WORD_BYTES - 1; length++)
		word[length] = is_plain(from[length]) ? from[length] : '_';
	word[length] = '\0';
	if (!length)
		strcpy(word, "unknown");
}

void storage_name(const struct snapshot *snapshot, char name[STORAGE_NAME_BYTES])
{
	char service[WORD_BYTES], reason[WORD_BYTES], day[32] = "";
	time_t seconds = (time_t)(snapshot->created_at / 1000000000u);
	unsigned milliseconds = (unsigned)(snapshot->created_at / 1000000u % 1000u);
	struct tm utc;

	sanitise(service, snapshot->service);
	sanitise(reason, snapshot->reason);
	if (gmtime_r(&seconds, &utc))
		strftime(day, sizeof(day), "%Y%m%dT%H%M%S", &utc);
	snprintf(name, STORAGE_NAME_BYTES, "ttlog-%s-%" PRId64 "-%s.%03uZ-%s", service, snapshot->pid, day, milliseconds, reason);
}

/* The name is taken by an empty file that nobody else can have made, and that file replaced: for a moment it stands there. */
static int rename_over_own(int fd, const char *from, const char *to)
{
	const int taken = openat(fd, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int error = 0;

	if (taken < 0)
		return -errno;
	close(taken);
	if (renameat(fd, from, fd, to) != 0) {
		error = -errno;
		(void)unlinkat(fd, to, 0);
	}
	return error;
}

/*
 * File systems without RENAME_NOREPLACE (NFS, some FUSE) answer EINVAL: link() does not overwrite either. Some of these have no links: EPERM,
 * or what their server says.
 */
static int rename_new(int fd, const char *from, const char *to)
{
	if (from[0] == '/')
		return linkat(AT_FDCWD, from, fd, to, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
	if (renameat2(fd, from, fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (linkat(fd, from, fd, to, 0) != 0)
		return errno == EEXIST ? -EEXIST : rename_over_own(fd, from, to);
	(void)unlinkat(fd, from, 0);
	return 0;
}

int storage_publish(int fd, const char *temporary, const char *name, char final[STORAGE_NAME_BYTES + 16], storage_trying *trying,
		    void *context)
{
	int error = -EEXIST;

	for (unsigned i = 1; error == -EEXIST && i <= COLLISIONS_MAX; i++) {
		char number[16] = "";
		if (i > 1)
			snprintf(number, sizeof(number), "-%u", i);
		snprintf(final, STORAGE_NAME_BYTES + 16, "%s%s" SNAPSHOT_SUFFIX, name, number);
		if (trying)
			trying(context, final);
		error = rename_new(fd, temporary, final);
	}
	return error;
}
