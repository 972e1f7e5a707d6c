#include "unpack.h"

#include <errno.h>
#include <inttypes.h>
#include <lz4.h>
#include <lz4frame.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_BYTES ((size_t)256 * 1024)

struct unpacker {
	LZ4F_dctx *lz4;
	struct snapshot_error *error;
	int fd;
	uint64_t read, given; /* compressed bytes taken, bytes handed out */
	size_t at, filled;    /* of the input */
	bool file_ended;
	size_t expected;     /* what LZ4 asks for next; 0: the frame is complete */
	unsigned char *rest; /* of a first block that is cut off or damaged */
	size_t rest_at, rest_bytes;
	unsigned char input[INPUT_BYTES];
};

__attribute__((format(printf, 3, 4))) static int fail(struct unpacker *unpacker, int result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(unpacker->error->text, sizeof(unpacker->error->text), format, arguments);
	va_end(arguments);
	unpacker->error->offset = unpacker->given;
	return result;
}

struct unpacker *unpacker_create(int fd, struct snapshot_error *error)
{
	struct unpacker *unpacker = calloc(1, sizeof(*unpacker));

	error->text[0] = '\0';
	error->offset = 0;
	if (!unpacker || LZ4F_isError(LZ4F_createDecompressionContext(&unpacker->lz4, LZ4F_VERSION))) {
		snprintf(error->text, sizeof(error->text), "out of memory");
		free(unpacker);
		return NULL;
	}
	unpacker->fd = fd;
	unpacker->error = error;
	unpacker->expected = LZ4F_HEADER_SIZE_MIN;
	return unpacker;
}

void unpacker_destroy(struct unpacker *unpacker)
{
	if (!unpacker)
		return;
	LZ4F_freeDecompressionContext(unpacker->lz4);
	free(unpacker->rest);
	free(unpacker);
}

/* Input ----------------------------------------------------------------------------------------------------------------------- */

static bool is_frame(const unsigned char *data, size_t bytes)
{
	static const unsigned char magic[4] = {0x04, 0x22, 0x4d, 0x18};

	return bytes >= sizeof(magic) && !memcmp(data, magic, sizeof(magic));
}

static int not_a_frame(struct unpacker *unpacker)
{
	char begin[16] = "";

	for (size_t i = 0; i < unpacker->filled && i < 4; i++)
		snprintf(begin + 3 * i, 4, " %02x", unpacker->input[i]);
	return fail(unpacker, -EBADMSG, "not an LZ4 frame: at byte 0 stands%s", begin);
}

/* More input where there is none left. */
static int read_input(struct unpacker *unpacker)
{
	ssize_t got;

	if (unpacker->at < unpacker->filled || unpacker->file_ended)
		return 0;
	do {
		got = read(unpacker->fd, unpacker->input, INPUT_BYTES);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return fail(unpacker, -errno, "%s", strerror(errno));
	unpacker->at = 0;
	unpacker->filled = (size_t)got;
	unpacker->file_ended = !got;
	if (!unpacker->read && !got)
		return fail(unpacker, -EBADMSG, "empty file");
	if (!unpacker->read && !is_frame(unpacker->input, (size_t)got))
		return not_a_frame(unpacker);
	return 0;
}

/* A first block that is cut off or damaged ------------------------------------------------------------------------------------ */

/*
 * Of a block that is cut off LZ4 takes more or less, by its version: before 1.9.4 none that ends among many literals. So its sequences are
 * counted here, and it is asked for what they make, as from a block that goes on: behind `end` there are PADDING bytes more.
 */
enum { PADDING = 64, LONG = 15, SHORTEST_MATCH = 4 };

/* A length that does not fit goes on in bytes, until one of them is not 255. False: it does not end here. */
static bool read_length(const unsigned char **at, const unsigned char *end, size_t *length)
{
	unsigned char more = *length == LONG ? 255 : 0;

	while (more == 255) {
		if (*at == end)
			return false;
		more = *(*at)++;
		*length += more;
	}
	return true;
}

/* What comes out: all before the first sequence that is not there, or repeats what is not; of literals those that are there. */
static size_t output_of(const unsigned char *at, const unsigned char *end, size_t room)
{
	size_t output = 0;

	while (at < end && output < room) {
		size_t literals = *at >> 4, match = *at & 15, offset;
		at++;
		if (!read_length(&at, end, &literals))
			break;
		literals = literals < (size_t)(end - at) ? literals : (size_t)(end - at);
		output += literals;
		at += literals;
		if (end - at < 2)
			break;
		offset = at[0] | (size_t)at[1] << 8;
		at += 2;
		if (!offset || offset > output || !read_length(&at, end, &match))
			break;
		output += match + SHORTEST_MATCH;
	}
	return output < room ? output : room;
}

static size_t unpack_block(const unsigned char *from, size_t bytes, unsigned char *to, size_t room)
{
	const size_t wanted = output_of(from, from + bytes, room);
	const int got = wanted ? LZ4_decompress_safe_partial((const char *)from, (char *)to, (int)(bytes + PADDING), (int)wanted,
							     (int)room)
			       : 0;

	return got > 0 ? (size_t)got : 0;
}

/* What there is of a frame's first block in `bytes` of the file; 0: it is not compressed, or there is nothing of it. */
static size_t first_block(const unsigned char *file, size_t bytes, size_t *header)
{
	size_t block;

	*header = LZ4F_headerSize(file, bytes);
	if (LZ4F_isError(*header) || *header + 4 >= bytes)
		return 0;
	block = file[*header] | (size_t)file[*header + 1] << 8 | (size_t)file[*header + 2] << 16 | (size_t)file[*header + 3] << 24;
	*header += 4;
	if (block & 0x80000000u)
		return 0;
	return block < bytes - *header ? block : bytes - *header;
}

/* LZ4 hands out whole blocks; a small snapshot is one block. What is there of it, read once more from the file. */
static void unpack_rest(struct unpacker *unpacker)
{
	const size_t most = (size_t)4 << 20; /* of a block */
	const size_t room = most + LZ4F_HEADER_SIZE_MAX + 4;
	unsigned char *file = unpacker->given ? NULL : calloc(1, room + PADDING);
	size_t header, block = 0;
	ssize_t bytes;

	if (!file)
		return;
	unpacker->rest = malloc(most);
	bytes = unpacker->rest ? pread(unpacker->fd, file, room, 0) : 0;
	if (bytes >= LZ4F_HEADER_SIZE_MIN)
		block = first_block(file, (size_t)bytes, &header);
	if (block)
		unpacker->rest_bytes = unpack_block(file + header, block, unpacker->rest, most);
	free(file);
}

static int cut_off(struct unpacker *unpacker)
{
	unpack_rest(unpacker);
	return fail(unpacker, -EBADMSG, "cut off: the LZ4 frame does not end within the %" PRIu64 " bytes of the file",
		    unpacker->read);
}

/* Output ---------------------------------------------------------------------------------------------------------------------- */

static int lz4_failed(struct unpacker *unpacker, size_t code)
{
	const char *name = LZ4F_getErrorName(code); /* "ERROR_contentChecksum_invalid" */

	name += strncmp(name, "ERROR_", 6) ? 0 : 6;
	if (!strcmp(name, "contentChecksum_invalid"))
		return fail(unpacker, -EBADMSG,
			    "damaged somewhere before byte %" PRIu64 ": the checksum there is not that of the content",
			    unpacker->read);
	unpack_rest(unpacker);
	return fail(unpacker, -EBADMSG, "damaged LZ4 frame, in what begins at byte %" PRIu64 ": %s", unpacker->read, name);
}

/* The frame is complete: so must be the file. */
static int check_end(struct unpacker *unpacker)
{
	const int error = read_input(unpacker);

	if (!error && unpacker->at < unpacker->filled)
		return fail(unpacker, -EBADMSG, "%zu or more bytes behind the end of the LZ4 frame, at byte %" PRIu64,
			    unpacker->filled - unpacker->at, unpacker->read);
	return error;
}

static int give_rest(struct unpacker *unpacker, unsigned char *to, size_t room, size_t *bytes)
{
	const size_t left = unpacker->rest_bytes - unpacker->rest_at;

	*bytes = left < room ? left : room;
	memcpy(to, unpacker->rest + unpacker->rest_at, *bytes);
	unpacker->rest_at += *bytes;
	unpacker->given += *bytes;
	return 0;
}

/*
 * A full output leaves decompressed bytes inside LZ4 though all input was taken: it is asked also without input. It never gets more input
 * than it asks for, a block at a time: what it has from a call in which it finds damage is lost, and the checksum of all is the last.
 */
static int step(struct unpacker *unpacker, unsigned char *to, size_t room, size_t *bytes)
{
	const size_t left = unpacker->filled - unpacker->at;
	size_t taken = left < unpacker->expected ? left : unpacker->expected, code;

	*bytes = room;
	code = LZ4F_decompress(unpacker->lz4, to, bytes, unpacker->input + unpacker->at, &taken, NULL);
	unpacker->at += taken;
	if (LZ4F_isError(code)) {
		*bytes = 0;
		return lz4_failed(unpacker, code);
	}
	unpacker->read += taken;
	unpacker->given += *bytes;
	unpacker->expected = code;
	if (!*bytes && !taken && code)
		return unpacker->file_ended ? cut_off(unpacker) : 0;
	return 0;
}

int unpacker_read(struct unpacker *unpacker, unsigned char *to, size_t room, size_t *bytes)
{
	int error = 0;

	*bytes = 0;
	if (unpacker->rest_at < unpacker->rest_bytes)
		return give_rest(unpacker, to, room, bytes);
	if (unpacker->error->text[0])
		return -EBADMSG;
	if (unpacker->given >= SNAPSHOT_CBOR_MAX)
		return fail(unpacker, -EBADMSG, "more than %llu MB of data", SNAPSHOT_CBOR_MAX >> 20);
	if (unpacker->given + room > SNAPSHOT_CBOR_MAX)
		room = (size_t)(SNAPSHOT_CBOR_MAX - unpacker->given);
	while (!error && !*bytes && unpacker->expected) {
		error = read_input(unpacker);
		if (!error)
			error = step(unpacker, to, room, bytes);
	}
	if (error && unpacker->rest_bytes)
		return give_rest(unpacker, to, room, bytes);
	if (!error && !*bytes)
		error = check_end(unpacker);
	return error;
}
