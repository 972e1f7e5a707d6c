#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lz4frame.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_BYTES ((size_t)256 * 1024)
#define ROOM_FIRST  ((size_t)1024 * 1024)

/* A file being decompressed: input in pieces, output in one growing buffer. */
struct unpacker {
	LZ4F_dctx *lz4;
	struct snapshot_error *error;
	unsigned char *data;
	size_t used, room;
	uint64_t read;   /* compressed bytes so far */
	size_t expected; /* what LZ4 still asks for; 0: the frame is complete */
	unsigned char input[INPUT_BYTES];
};

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
static int open_regular(const char *path, struct snapshot_error *error)
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

static int make_room(struct unpacker *unpacker)
{
	size_t room = unpacker->room ? unpacker->room * 2 : ROOM_FIRST;
	unsigned char *data;

	if (unpacker->used < unpacker->room)
		return 0;
	if (unpacker->used >= SNAPSHOT_CBOR_MAX)
		return fail(unpacker->error, -EBADMSG, "more than %llu MB of data", SNAPSHOT_CBOR_MAX >> 20);
	data = realloc(unpacker->data, room);
	if (!data)
		return fail(unpacker->error, -ENOMEM, "out of memory (%zu bytes)", room);
	unpacker->data = data;
	unpacker->room = room;
	return 0;
}

static int lz4_failed(const struct unpacker *unpacker, size_t code)
{
	const char *name = LZ4F_getErrorName(code); /* "ERROR_contentChecksum_invalid" */

	name += strncmp(name, "ERROR_", 6) ? 0 : 6;
	return fail(unpacker->error, -EBADMSG, "damaged LZ4 frame near byte %" PRIu64 ": %s", unpacker->read, name);
}

static int unpack(struct unpacker *unpacker, const unsigned char *input, size_t bytes)
{
	while (bytes) {
		size_t taken = bytes, given, code;
		int error = make_room(unpacker);
		if (error)
			return error;
		if (!unpacker->expected)
			return fail(unpacker->error, -EBADMSG, "%zu or more bytes behind the end of the LZ4 frame", bytes);
		given = unpacker->room - unpacker->used;
		code = LZ4F_decompress(unpacker->lz4, unpacker->data + unpacker->used, &given, input, &taken, NULL);
		if (LZ4F_isError(code))
			return lz4_failed(unpacker, code);
		unpacker->used += given;
		unpacker->read += taken;
		unpacker->expected = code;
		input += taken;
		bytes -= taken;
	}
	return 0;
}

/* A full output buffer leaves decompressed bytes inside LZ4 though all input was taken: ask again until nothing comes. */
static int drain(struct unpacker *unpacker)
{
	size_t given;

	do {
		size_t taken = 0, code;
		int error = make_room(unpacker);
		if (error)
			return error;
		given = unpacker->room - unpacker->used;
		code = LZ4F_decompress(unpacker->lz4, unpacker->data + unpacker->used, &given, unpacker->input, &taken, NULL);
		if (LZ4F_isError(code))
			return lz4_failed(unpacker, code);
		unpacker->used += given;
		unpacker->expected = code;
	} while (given && unpacker->expected);
	return 0;
}

static bool is_frame(const unsigned char *data, size_t bytes)
{
	static const unsigned char magic[4] = {0x04, 0x22, 0x4d, 0x18}; /* LZ4 frame format 1.6.2 */

	return bytes >= sizeof(magic) && !memcmp(data, magic, sizeof(magic));
}

static int unpack_file(struct unpacker *unpacker, int fd)
{
	ssize_t got;
	int error = 0;

	unpacker->expected = 1;
	while (!error && (got = read(fd, unpacker->input, INPUT_BYTES)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(unpacker->error, -errno, "%s", strerror(errno));
		if (!unpacker->read && !is_frame(unpacker->input, (size_t)got))
			return fail(unpacker->error, -EBADMSG, "not an LZ4 frame");
		error = unpack(unpacker, unpacker->input, (size_t)got);
	}
	if (!error && !unpacker->read)
		return fail(unpacker->error, -EBADMSG, "empty file");
	if (!error && unpacker->expected)
		error = drain(unpacker);
	if (!error && unpacker->expected)
		return fail(unpacker->error, -EBADMSG,
			    "cut off: the LZ4 frame does not end within the %" PRIu64 " bytes of the file", unpacker->read);
	return error;
}

int snapshot_load(const char *path, unsigned char **cbor, size_t *bytes, struct snapshot_error *error)
{
	struct unpacker *unpacker;
	int fd, result;

	error->text[0] = '\0';
	error->offset = 0;
	fd = open_regular(path, error);
	if (fd < 0)
		return fd;
	unpacker = calloc(1, sizeof(*unpacker));
	if (!unpacker || LZ4F_isError(LZ4F_createDecompressionContext(&unpacker->lz4, LZ4F_VERSION))) {
		result = fail(error, -ENOMEM, "out of memory");
	} else {
		unpacker->error = error;
		result = unpack_file(unpacker, fd);
		LZ4F_freeDecompressionContext(unpacker->lz4);
	}
	close(fd);
	if (!result) {
		*cbor = unpacker->data;
		*bytes = unpacker->used;
	} else if (unpacker) {
		free(unpacker->data);
	}
	free(unpacker);
	return result;
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
