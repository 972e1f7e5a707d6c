/*
 * The bytes of a snapshot file as they lie on the disk: what the LZ4 frame says of itself, where it is cut off, and what stands behind.
 * Read as a stream; and unpacked in pieces of two sizes, which come to the same where the frame is sound. (How much of a damaged block is
 * handed out is not the same.)
 */
#include "fuzz.h"
#include "stream.h"
#include "unpack.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define UNPACKED_MAX ((size_t)1 << 20)

/* All there is, in pieces; its checksum, and whether it came to its end. */
static int unpack(int fd, size_t piece, uint64_t *sum, size_t *total)
{
	static unsigned char room[1 << 16];
	struct snapshot_error error;
	struct unpacker *unpacker;
	size_t got = 1;
	int result = 0;

	FUZZ_HOLDS(lseek(fd, 0, SEEK_SET) == 0);
	unpacker = unpacker_create(fd, &error);
	*sum = *total = 0;
	while (!result && got && *total < UNPACKED_MAX) {
		result = unpacker_read(unpacker, room, piece, &got);
		FUZZ_HOLDS(got <= piece);
		for (size_t i = 0; i < got; i++)
			*sum = *sum * 31 + room[i];
		*total += got;
	}
	FUZZ_HOLDS(!result || error.text[0]);
	unpacker_destroy(unpacker);
	return result;
}

static int ignore(void *context, struct snapshot_item *item)
{
	(void)context;
	(void)item;
	return 0;
}

static void stream(int fd)
{
	const struct snapshot_visitor visitor = {.decode = true, .event = ignore};
	struct snapshot_error error;
	struct snapshot snapshot;

	FUZZ_HOLDS(lseek(fd, 0, SEEK_SET) == 0);
	snapshot_init(&snapshot);
	if (snapshot_stream(fd, &snapshot, &visitor, &error) != 0)
		FUZZ_HOLDS(error.text[0] && !strchr(error.text, '\n'));
	snapshot_fini(&snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);
	uint64_t large_sum, small_sum;
	size_t large, small;
	int large_result, small_result;

	FUZZ_HOLDS(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes);
	large_result = unpack(fd, 1 << 16, &large_sum, &large);
	small_result = unpack(fd, 1000, &small_sum, &small);
	if (large < UNPACKED_MAX && small < UNPACKED_MAX)
		FUZZ_HOLDS(!large_result == !small_result && (large_result || (large == small && large_sum == small_sum)));
	stream(fd);
	close(fd);
	return 0;
}
