#include "place.h"

#include "own_shm.h"
#include "recorder.h"
#include "text.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[256], storage[288];
static bool own_shm;

bool place_has_own_shm(void)
{
	return own_shm;
}

void place_init(void)
{
	own_shm = own_shm_mount();
	const char *base = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	snprintf(root, sizeof(root), "%.200s/ttlog-test-XXXXXX", base);
	cr_assert(mkdtemp(root) != NULL, "%s: %s", root, strerror(errno));
	chmod(root, 0755); /* tests that drop to nobody must get in */
	snprintf(storage, sizeof(storage), "%s/storage", root);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info;
	(void)type;
	(void)walk;
	return remove(path);
}

void place_fini(void)
{
	if (root[0] == 0)
		return;
	if (getenv("KEEP"))
		fprintf(stderr, "kept: %s\n", root);
	else
		nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *place_root(void)
{
	cr_assert(root[0] != 0, "the suite lacks .init = place_init");
	return root;
}

const char *place_storage(void)
{
	place_root();
	return storage;
}

void place_storage_clear(void)
{
	nftw(place_storage(), remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *place_path(const char *name)
{
	return text_of("%s/%s", place_root(), name);
}

const char *place_directory(void)
{
	static unsigned count;
	char name[16];
	snprintf(name, sizeof(name), "cwd-%u", ++count);
	const char *path = place_path(name);
	cr_assert(mkdir(path, 0777) == 0, "%s: %s", path, strerror(errno));
	chmod(path, 0777);
	return path;
}

const char *place_file(const char *name, const void *data, size_t bytes)
{
	const char *path = place_path(name);
	FILE *file = fopen(path, "w");
	cr_assert(file != NULL && fwrite(data, 1, bytes, file) == bytes && fclose(file) == 0, "%s: %s", path, strerror(errno));
	return path;
}

bool is_executable(const char *path)
{
	return access(path, X_OK) == 0;
}

static bool ends_with(const char *name, const char *end)
{
	const size_t bytes = strlen(name), wanted = strlen(end);
	return bytes >= wanted && strcmp(name + bytes - wanted, end) == 0;
}

size_t snapshots_in(const char *directory, const char **path)
{
	*path = NULL;
	DIR *entries = opendir(directory);
	if (!entries)
		return 0;
	size_t count = 0;
	for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
		if (entry->d_name[0] == '.' && (entry->d_name[1] == 0 || strcmp(entry->d_name, "..") == 0))
			continue;
		*path = text_of("%s/%s", directory, entry->d_name);
		cr_assert(strncmp(entry->d_name, "ttlog-", 6) == 0 && ends_with(entry->d_name, SNAPSHOT_SUFFIX),
			  "%s: not the name of a snapshot", *path);
		struct stat info;
		cr_assert(stat(*path, &info) == 0 && (info.st_mode & 07777) == 0600, "%s: mode %o, not 0600", *path,
			  info.st_mode & 07777u);
		count++;
	}
	closedir(entries);
	return count;
}

size_t files_matching(const char *pattern, const char **last)
{
	glob_t found;
	const size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
	if (last)
		*last = count ? text_of("%s", found.gl_pathv[count - 1]) : NULL;
	globfree(&found);
	return count;
}

size_t snapshots_matching(const char *pattern, const char **last)
{
	return files_matching(text_of("%s/ttlog-%s" SNAPSHOT_SUFFIX, place_storage(), pattern), last);
}

void snapshot_at(struct snapshot *snapshot, const char *path)
{
	struct snapshot_error error = {.text = "no text"};
	snapshot_init(snapshot);
	const int result = snapshot_read(snapshot, path, &error);
	cr_assert(result == 0, "%s cannot be read: %s (%s at byte %llu)", path, error.text, strerror(-result),
		  (unsigned long long)error.offset);
}

void snapshot_only(struct snapshot *snapshot, const char **path)
{
	const char *found;
	const size_t count = snapshots_in(place_storage(), &found);
	cr_assert(count == 1, "%zu snapshots in %s instead of one", count, place_storage());
	snapshot_at(snapshot, found);
	if (path)
		*path = found;
}

const char *recorder_of(pid_t pid)
{
	char directory[64];
	snprintf(directory, sizeof(directory), "/dev/shm/ttlog-%u", (unsigned)getuid());
	DIR *entries = opendir(directory);
	const char *found = NULL;
	for (struct dirent *entry; entries && !found && (entry = readdir(entries)) != NULL;) {
		struct recorder_header header = {.pid = 0};
		const char *path = text_of("%s/%s", directory, entry->d_name);
		const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0)
			continue;
		if (pread(fd, &header, sizeof(header), 0) == (ssize_t)sizeof(header) && header.pid == (uint32_t)pid)
			found = path;
		close(fd);
	}
	if (entries)
		closedir(entries);
	return found;
}

unsigned recorder_files(uid_t user)
{
	char directory[64];
	unsigned count = 0;
	snprintf(directory, sizeof(directory), "/dev/shm/ttlog-%u", user);
	DIR *entries = opendir(directory);
	for (struct dirent *entry; entries && (entry = readdir(entries));)
		count += entry->d_name[0] != '.';
	if (entries)
		closedir(entries);
	return count;
}
