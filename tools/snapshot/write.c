#include "redact.h"
#include "snapshot.h"
#include "storage.h"

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

/* close() reports what NFS could not write. The umask may have taken bits from 0600: give them back. */
static int fill(int fd, const unsigned char *cbor, size_t bytes)
{
	int error = write_frame(fd, cbor, bytes);

	if (!error && fchmod(fd, 0600) != 0 && errno != EPERM)
		error = -errno;
	if (!error && fsync(fd) != 0 && errno != EINVAL)
		error = -errno;
	if (close(fd) != 0 && !error)
		error = -errno;
	return error;
}

static int write_in(int directory, const char *name, const unsigned char *cbor, size_t bytes, char final[STORAGE_NAME_BYTES + 16])
{
	char temporary[TEMPORARY_BYTES];
	int fd = create_temporary(directory, temporary);
	int error;

	if (fd < 0)
		return fd;
	error = fill(fd, cbor, bytes);
	if (!error)
		error = storage_publish(directory, temporary, name, final);
	if (error)
		(void)unlinkat(directory, temporary, 0);
	else
		(void)fsync(directory); /* best effort: the name survives a power cut, too */
	return error;
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

static int write_cbor(const struct snapshot *snapshot, int directory, const unsigned char *cbor, size_t bytes,
		      char final[STORAGE_NAME_BYTES + 16])
{
	char name[STORAGE_NAME_BYTES];

	storage_name(snapshot, name);
	return write_in(directory, name, cbor, bytes, final);
}

int snapshot_write(struct snapshot *snapshot, const char *directory, char *path, size_t path_bytes,
		   struct snapshot_error *error)
{
	char final[STORAGE_NAME_BYTES + 16];
	unsigned char *cbor;
	size_t bytes;
	int fd, result;

	if (strlen(directory) + 1 + sizeof(final) > path_bytes)
		return fail(error, -ENAMETOOLONG, directory);
	snapshot_redact(snapshot);
	result = snapshot_encode(snapshot, &cbor, &bytes, error);
	if (result)
		return result;
	fd = open_directory(directory);
	result = fd < 0 ? fd : write_cbor(snapshot, fd, cbor, bytes, final);
	if (fd >= 0)
		close(fd);
	free(cbor);
	if (result)
		return fail(error, result, directory);
	snprintf(path, path_bytes, "%s%s%s", directory, directory[strlen(directory) - 1] == '/' ? "" : "/", final);
	return 0;
}
