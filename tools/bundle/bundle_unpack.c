#include "bundle_unpack.h"

#include "bundle.h"
#include "contain.h"
#include "snapshot.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Unpacking ---------------------------------------------------------------------------------------------------------------------- */

struct unpacking {
	struct archive *archive;
	const char *path, *directory;
	uint64_t bytes, files;
	char *error;
	int result;
};

/* Without memory libarchive has no text either. */
static int fail(struct unpacking *unpacking, const char *why)
{
	snprintf(unpacking->error, BUNDLE_ERROR_BYTES, "%s", why ? why : strerror(errno ? errno : EIO));
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
	if (unpacking->files == BUNDLE_FILES_MAX)
		return fail(unpacking, "more than 100000 files");
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

static int unpack_all(struct unpacking *unpacking)
{
	struct archive_entry *entry;
	int result = 0, next = ARCHIVE_OK;

	archive_read_support_filter_zstd(unpacking->archive);
	archive_read_support_format_tar(unpacking->archive);
	if (archive_read_open_filename(unpacking->archive, unpacking->path, 1 << 16) != ARCHIVE_OK)
		return fail(unpacking, archive_error_string(unpacking->archive));
	while (!result && (next = archive_read_next_header(unpacking->archive, &entry)) == ARCHIVE_OK)
		result = unpack_entry(unpacking, entry);
	if (!result && next != ARCHIVE_EOF)
		return fail(unpacking, archive_error_string(unpacking->archive));
	return !result && !unpacking->files ? fail(unpacking, "not a bundle of ttlog: it holds nothing") : result;
}

static void work_unpack(void *context)
{
	struct unpacking *unpacking = context;

	unpacking->archive = archive_read_new();
	if (!unpacking->archive) {
		unpacking->result = fail(unpacking, "no memory");
		return;
	}
	unpacking->result = unpack_all(unpacking);
	archive_read_free(unpacking->archive);
}

int bundle_unpack(const char *path, const char *directory, char error[BUNDLE_ERROR_BYTES])
{
	static struct contained libarchive; /* 3.6.2 crashes where it gets no memory */
	struct unpacking unpacking = {.path = path, .directory = directory, .error = error};

	if (contain(&libarchive, work_unpack, &unpacking))
		return unpacking.result;
	snprintf(error, BUNDLE_ERROR_BYTES, "libarchive crashed: %s", strsignal(libarchive.crashed));
	return -EBADMSG;
}
