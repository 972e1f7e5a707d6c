#include "snapshot.h"
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM_FIRST ((size_t)1024 * 1024)

__attribute__((format(printf, 3, 4))) static int fail(struct snapshot_error *error, int result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	error->offset = 0;
	return result;
}

/* O_NONBLOCK: a FIFO must not hold the tool up; it is refused right behind. */
int snapshot_open(const char *path, struct snapshot_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0)
		return fail(error, -errno, "%s", strerror(errno));
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	close(fd);
	return fail(error, -EBADMSG, "not a regular file");
}

static int unpack_all(struct unpacker *unpacker, unsigned char **data, size_t *used, struct snapshot_error *error)
{
	size_t room = 0, got = 0;
	int result;

	do {
		if (*used == room) {
			unsigned char *grown = realloc(*data, room = room ? 2 * room : ROOM_FIRST);
			if (!grown)
				return fail(error, -ENOMEM, "out of memory (%zu bytes)", room);
			*data = grown;
		}
		result = unpacker_read(unpacker, *data + *used, room - *used, &got);
		*used += got;
	} while (!result && got);
	return result;
}

int snapshot_load(const char *path, unsigned char **cbor, size_t *bytes, struct snapshot_error *error)
{
	struct unpacker *unpacker;
	unsigned char *data = NULL;
	size_t used = 0;
	int fd, result = -ENOMEM;

	error->text[0] = '\0';
	error->offset = 0;
	fd = snapshot_open(path, error);
	if (fd < 0)
		return fd;
	unpacker = unpacker_create(fd, error);
	if (unpacker)
		result = unpack_all(unpacker, &data, &used, error);
	unpacker_destroy(unpacker);
	close(fd);
	if (result) {
		free(data);
		return result;
	}
	*cbor = data;
	*bytes = used;
	return 0;
}

int snapshot_read(struct snapshot *snapshot, const char *path, struct snapshot_error *error)
{
	unsigned char *cbor;
	size_t bytes;
	int result = snapshot_load(path, &cbor, &bytes, error);

	if (result)
		return result;
	result = snapshot_decode(snapshot, cbor, bytes, error);
	free(cbor);
	return result;
}
