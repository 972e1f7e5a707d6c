#include "bundle.h"

#include "search.h"
#include "snapshot.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One that was unpacked, or as much of it as could be; until exit. */
struct opened {
	struct opened *next;
	char *path, *directory, *snapshots;
	bool is_whole;
};

static struct opened *all;

/* Names -------------------------------------------------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
	const size_t length = strlen(text), bytes = strlen(end);

	return length > bytes && !strcmp(text + length - bytes, end);
}

static bool is_snapshot_name(const char *name)
{
	return !strncmp(name, "snapshots/", 10) && name[10] != '.' && !strchr(name + 10, '/') && ends_with(name, SNAPSHOT_SUFFIX);
}

/* "debug/.build-id/ab/cdef", maybe with ".debug". */
static bool is_debug_name(const char *name)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = name + strlen("debug/.build-id/");

	if (strncmp(name, "debug/.build-id/", (size_t)(at - name)) != 0 || strspn(at, digits) != 2 || at[2] != '/')
		return false;
	at += 3;
	at += strspn(at, digits);
	return at[-1] != '/' && (!*at || !strcmp(at, ".debug"));
}

bool bundle_is(const char *path)
{
	static const unsigned char magic[4] = {0x28, 0xb5, 0x2f, 0xfd}; /* RFC 8878, 3.1.1 */
	unsigned char begin[4];
	const int fd = search_open_regular(path);
	const bool is = fd >= 0 && read(fd, begin, sizeof(begin)) == sizeof(begin) && !memcmp(begin, magic, sizeof(magic));

	if (fd >= 0)
		close(fd);
	return is;
}

/* Unpacking ---------------------------------------------------------------------------------------------------------------------- */

struct unpacking {
	struct archive *archive;
	const char *directory;
	uint64_t bytes, files;
	char *error;
};

static int fail(struct unpacking *unpacking, const char *why)
{
	snprintf(unpacking->error, BUNDLE_ERROR_BYTES, "%s", why);
	return -EBADMSG;
}

/* The directories above it. Names are checked: none leads out. */
static void make_directories(char *path, size_t from)
{
	for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

static int copy_data(struct unpacking *unpacking, int fd)
{
	const void *data;
	size_t bytes;
	la_int64_t offset;
	int result;

	while ((result = archive_read_data_block(unpacking->archive, &data, &bytes, &offset)) == ARCHIVE_OK) {
		unpacking->bytes += bytes;
		if (unpacking->bytes > BUNDLE_UNPACKED_MAX)
			return fail(unpacking, "more than 8 GB when unpacked");
		if (pwrite(fd, data, bytes, offset) != (ssize_t)bytes)
			return fail(unpacking, strerror(errno));
	}
	return result == ARCHIVE_EOF ? 0 : fail(unpacking, archive_error_string(unpacking->archive));
}

static int unpack_entry(struct unpacking *unpacking, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
					  {.tv_sec = archive_entry_mtime(entry), .tv_nsec = archive_entry_mtime_nsec(entry)}};
	char path[PATH_MAX];
	int fd, result;

	if (archive_entry_filetype(entry) == AE_IFDIR) /* packed anew by hand */
		return 0;
	if (name && !strncmp(name, "./", 2))
		name += 2;
	if (!name || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) ||
	    !(is_snapshot_name(name) || is_debug_name(name)))
		return fail(unpacking, "not a bundle of ttlog: it holds other files");
	if (snprintf(path, sizeof(path), "%s/%s", unpacking->directory, name) >= (int)sizeof(path))
		return fail(unpacking, strerror(ENAMETOOLONG));
	make_directories(path, strlen(unpacking->directory) + 1);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(unpacking, strerror(errno));
	result = copy_data(unpacking, fd);
	(void)futimens(fd, times); /* which of them is the newest stays known */
	close(fd);
	unpacking->files++;
	return result;
}

static int unpack_all(struct unpacking *unpacking, const char *path)
{
	struct archive_entry *entry;
	int result = 0, next = ARCHIVE_OK;

	archive_read_support_filter_zstd(unpacking->archive);
	archive_read_support_format_tar(unpacking->archive);
	if (archive_read_open_filename(unpacking->archive, path, 1 << 16) != ARCHIVE_OK)
		return fail(unpacking, archive_error_string(unpacking->archive));
	while (!result && (next = archive_read_next_header(unpacking->archive, &entry)) == ARCHIVE_OK)
		result = unpack_entry(unpacking, entry);
	if (!result && next != ARCHIVE_EOF)
		return fail(unpacking, archive_error_string(unpacking->archive));
	return !result && !unpacking->files ? fail(unpacking, "not a bundle of ttlog: it holds nothing") : result;
}

/* Life --------------------------------------------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static void remove_all(void)
{
	for (const struct opened *opened = all; opened; opened = opened->next)
		nftw(opened->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/*
 * A process of its own that removes it when we are gone without a word: a closed pipe, ^C, SIGKILL. It holds nothing of ours but the end of
 * a pipe, and belongs to no terminal. Where it cannot be had, a death leaves the files.
 */
static void start_sweeper(const char *directory)
{
	int ends[2];
	char byte;
	pid_t sweeper;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	sweeper = fork();
	if (sweeper != 0) {
		close(ends[0]); /* ours stays open as long as we live */
		return;
	}
	setsid();
	dup2(ends[0], STDIN_FILENO);
	syscall(__NR_close_range, STDIN_FILENO + 1, ~0u, 0);
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		continue;
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	_exit(0);
}

static struct opened *find(const char *path)
{
	struct opened *opened = all;

	while (opened && strcmp(opened->path, path) != 0)
		opened = opened->next;
	return opened;
}

/* NULL without memory, or a place for it. */
static struct opened *make_place(const char *path)
{
	const char *below = getenv("TMPDIR");
	struct opened *opened = calloc(1, sizeof(*opened));

	if (!opened)
		return NULL;
	opened->path = strdup(path);
	if (opened->path && asprintf(&opened->directory, "%s/ttlog-bundle-XXXXXX", below && *below ? below : "/tmp") > 0 &&
	    mkdtemp(opened->directory) && asprintf(&opened->snapshots, "%s/snapshots", opened->directory) > 0) {
		if (!all)
			atexit(remove_all);
		opened->next = all;
		all = opened;
		start_sweeper(opened->directory);
		return opened;
	}
	free(opened->path);
	free(opened->directory);
	free(opened);
	return NULL;
}

const char *bundle_open(const char *path, char error[BUNDLE_ERROR_BYTES])
{
	struct opened *opened = find(path);
	struct unpacking unpacking = {.archive = NULL, .error = error};
	char debug[PATH_MAX];
	int result;

	if (opened && opened->is_whole)
		return opened->snapshots;
	opened = make_place(path);
	unpacking.archive = opened ? archive_read_new() : NULL;
	if (!unpacking.archive) {
		snprintf(error, BUNDLE_ERROR_BYTES, "no place to unpack it: %s", strerror(errno));
		return NULL;
	}
	unpacking.directory = opened->directory;
	result = unpack_all(&unpacking, path);
	archive_read_free(unpacking.archive);
	if (result)
		return NULL;
	opened->is_whole = true;
	mkdir(opened->snapshots, 0700); /* it may hold none */
	snprintf(debug, sizeof(debug), "%s/debug", opened->directory);
	search_add(debug);
	return opened->snapshots;
}

const char *bundle_origin(const char *path)
{
	for (const struct opened *opened = all; opened; opened = opened->next) {
		if (!strncmp(path, opened->snapshots, strlen(opened->snapshots)))
			return opened->path;
	}
	return NULL;
}
