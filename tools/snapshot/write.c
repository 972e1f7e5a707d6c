#include "redact.h"
#include "snapshot.h"
#include "storage.h"
#include "unfinished.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES     ((size_t)1024 * 1024)
#define TEMPORARY_BYTES 64u
#define TEMPORARY_TRIES 100u

static int fail(struct snapshot_error *error, int result, const char *what)
{
	snprintf(error->text, sizeof(error->text), "%s: %s", what, strerror(-result));
	error->offset = 0;
	return result;
}

static int write_all(int fd, const unsigned char *data, size_t bytes)
{
	while (bytes) {
		ssize_t written = write(fd, data, bytes);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		data += written;
		bytes -= (size_t)written;
	}
	return 0;
}

/* Frame -------------------------------------------------------------------------------------------------------------------- */

struct packer {
	LZ4F_cctx *lz4;
	unsigned char *out;
	size_t room;
	int fd;
};

static int put(const struct packer *packer, size_t bytes)
{
	return LZ4F_isError(bytes) ? -EIO : write_all(packer->fd, packer->out, bytes);
}

static int pack(const struct packer *packer, const LZ4F_preferences_t *preferences, const unsigned char *data, size_t bytes)
{
	int error = put(packer, LZ4F_compressBegin(packer->lz4, packer->out, packer->room, preferences));

	for (size_t at = 0; !error && at < bytes; at += PIECE_BYTES) {
		size_t piece = bytes - at < PIECE_BYTES ? bytes - at : PIECE_BYTES;
		error = put(packer, LZ4F_compressUpdate(packer->lz4, packer->out, packer->room, data + at, piece, NULL));
	}
	if (!error)
		error = put(packer, LZ4F_compressEnd(packer->lz4, packer->out, packer->room, NULL));
	return error;
}

/* The content checksum is what tells a damaged file from a strange one. */
static int write_frame(int fd, const unsigned char *data, size_t bytes)
{
	LZ4F_preferences_t preferences = {0};
	struct packer packer = {.fd = fd};
	int error = -ENOMEM;

	preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
	preferences.frameInfo.contentSize = bytes;
	preferences.frameInfo.blockSizeID = LZ4F_max1MB;
	packer.room = LZ4F_compressBound(PIECE_BYTES, &preferences) + LZ4F_HEADER_SIZE_MAX;
	packer.out = malloc(packer.room);
	if (packer.out && !LZ4F_isError(LZ4F_createCompressionContext(&packer.lz4, LZ4F_VERSION))) {
		error = pack(&packer, &preferences, data, bytes);
		LZ4F_freeCompressionContext(packer.lz4);
	}
	free(packer.out);
	return error;
}

/* File --------------------------------------------------------------------------------------------------------------------- */

/* Where a snapshot goes, and who is told its name. */
struct destination {
	const char *directory;
	int fd;
	snapshot_announce *announce; /* NULL: nobody */
	void *context;
};

static void format_path(char *path, size_t bytes, const char *directory, const char *name)
{
	snprintf(path, bytes, "%s%s%s", directory, directory[strlen(directory) - 1] == '/' ? "" : "/", name);
}

static void announce(void *context, const char *name)
{
	const struct destination *destination = context;
	char path[PATH_MAX];

	format_path(path, sizeof(path), destination->directory, name);
	if (destination->announce)
		destination->announce(destination->context, path);
}

/* Hidden, so that nobody who lists the directory takes it for a snapshot; the pid and a number keep writers apart. */
static int create_temporary(int directory, char name[TEMPORARY_BYTES])
{
	for (unsigned i = 0; i < TEMPORARY_TRIES; i++) {
		int fd;
		snprintf(name, TEMPORARY_BYTES, ".ttlog-%ld-%u.tmp", (long)getpid(), i);
		fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd >= 0 ? fd : -errno;
	}
	return -EEXIST;
}

/* The umask may have taken bits from 0600: give them back. Nobody has more rights where a file system knows none (EPERM, ENOSYS, ...). */
static int fill(int fd, const unsigned char *cbor, size_t bytes)
{
	int error = write_frame(fd, cbor, bytes);

	if (!error)
		(void)fchmod(fd, 0600);
	if (!error && fsync(fd) != 0 && errno != EINVAL)
		error = -errno;
	return error;
}

/* The whole file, under a name that it loses. close() reports what NFS could not write. -errno: there is no such file. */
static int write_temporary(int directory, const unsigned char *cbor, size_t bytes, char name[TEMPORARY_BYTES])
{
	int fd = create_temporary(directory, name);
	int error;

	if (fd < 0)
		return fd;
	error = fill(fd, cbor, bytes);
	if (close(fd) != 0 && !error)
		error = -errno;
	if (error)
		(void)unlinkat(directory, name, 0);
	return error;
}

static int write_named(struct destination *to, const char *name, const unsigned char *cbor, size_t bytes,
		       char final[STORAGE_NAME_BYTES + 16])
{
	char temporary[TEMPORARY_BYTES];
	int error = write_temporary(to->fd, cbor, bytes, temporary);

	if (error)
		return error;
	error = storage_publish(to->fd, temporary, name, final, announce, to);
	if (error)
		(void)unlinkat(to->fd, temporary, 0);
	return error;
}

/* A file that has no name until it is whole: whoever ends us before leaves nothing. Not all file systems can, and it takes /proc. */
static int write_nameless(struct destination *to, const char *name, const unsigned char *cbor, size_t bytes,
			  char final[STORAGE_NAME_BYTES + 16])
{
	char link[64];
	int fd = openat(to->fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	int error;

	if (fd < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	error = fill(fd, cbor, bytes);
	if (!error)
		error = storage_publish(to->fd, link, name, final, announce, to);
	close(fd);
	return error;
}

/* Takes the directory's part off the path: "." where it has none. */
static const char *split_path(const char *path, char directory[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	snprintf(directory, PATH_MAX, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
	return slash ? slash + 1 : path;
}

static int replace(int directory, const char *name, const unsigned char *cbor, size_t bytes)
{
	char temporary[TEMPORARY_BYTES];
	int error = write_temporary(directory, cbor, bytes, temporary);

	if (error)
		return error;
	if (renameat(directory, temporary, directory, name) != 0)
		error = -errno;
	if (error)
		(void)unlinkat(directory, temporary, 0);
	else
		(void)fsync(directory);
	return error;
}

int snapshot_replace(const struct snapshot *snapshot, const char *path, struct snapshot_error *error)
{
	char directory[PATH_MAX], place[PATH_MAX];
	const char *name;
	unsigned char *cbor;
	size_t bytes;
	int result = unfinished_place(path, place), fd;

	if (result) {
		snprintf(error->text, sizeof(error->text), "%s: not a regular file", path);
		return result;
	}
	result = snapshot_encode(snapshot, &cbor, &bytes, error);
	if (result)
		return result;
	name = split_path(place, directory);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	result = fd < 0 ? -errno : replace(fd, name, cbor, bytes);
	if (fd >= 0)
		close(fd);
	free(cbor);
	return result ? fail(error, result, path) : 0;
}

static int open_directory(const char *path)
{
	int error = storage_make(path);
	int fd;

	if (error)
		return error;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_cbor(const struct snapshot *snapshot, struct destination *to, const unsigned char *cbor, size_t bytes,
		      char final[STORAGE_NAME_BYTES + 16])
{
	char name[STORAGE_NAME_BYTES];
	int error;

	storage_name(snapshot, name);
	error = write_nameless(to, name, cbor, bytes, final);
	if (error)
		error = write_named(to, name, cbor, bytes, final);
	if (!error)
		(void)fsync(to->fd); /* best effort: the name survives a power cut, too */
	return error;
}

int snapshot_write_announced(struct snapshot *snapshot, const char *directory, char *path, size_t path_bytes,
			     struct snapshot_error *error, snapshot_announce *announce_to, void *context)
{
	struct destination to = {.directory = directory, .announce = announce_to, .context = context};
	char final[STORAGE_NAME_BYTES + 16];
	unsigned char *cbor;
	size_t bytes;
	int result;

	if (strlen(directory) + 1 + sizeof(final) > path_bytes)
		return fail(error, -ENAMETOOLONG, directory);
	snapshot_redact(snapshot);
	result = snapshot_encode(snapshot, &cbor, &bytes, error);
	if (result)
		return result;
	to.fd = open_directory(directory);
	result = to.fd < 0 ? to.fd : write_cbor(snapshot, &to, cbor, bytes, final);
	if (to.fd >= 0)
		close(to.fd);
	free(cbor);
	if (result)
		return fail(error, result, directory);
	format_path(path, path_bytes, directory, final);
	return 0;
}

int snapshot_write(struct snapshot *snapshot, const char *directory, char *path, size_t path_bytes, struct snapshot_error *error)
{
	return snapshot_write_announced(snapshot, directory, path, path_bytes, error, NULL, NULL);
}
