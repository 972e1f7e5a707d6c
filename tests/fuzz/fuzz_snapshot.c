/*
 * The CBOR of a snapshot, out of a frame that is sound: decoded whole, read as a stream, printed as JSON, cleaned of secrets, encoded
 * again. Whole and as a stream must come to the same, and what was read once is the same after it was written.
 */
#include "fuzz.h"
#include "redact.h"
#include "snapshot.h"
#include "spans.h"
#include "stream.h"

#include <lz4frame.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int sink_event(void *context, struct snapshot_item *item)
{
	size_t *seen = context;

	FUZZ_HOLDS(item->event && item->cbor && item->number == *seen + 1);
	++*seen;
	return 0;
}

/* A file with the frame, which is read as a stream. */
static int stream(const uint8_t *data, size_t bytes, size_t *seen)
{
	const struct snapshot_visitor visitor = {.context = seen, .decode = true, .event = sink_event};
	const size_t room = LZ4F_compressFrameBound(bytes, NULL);
	void *frame = malloc(room);
	const size_t used = LZ4F_compressFrame(frame, room, data, bytes, NULL);
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct snapshot_error error;
	struct snapshot snapshot;
	int result;

	FUZZ_HOLDS(fd >= 0 && !LZ4F_isError(used) && write(fd, frame, used) == (ssize_t)used && lseek(fd, 0, SEEK_SET) == 0);
	free(frame);
	snapshot_init(&snapshot);
	result = snapshot_stream(fd, &snapshot, &visitor, &error);
	FUZZ_HOLDS(result == 0 || error.text[0]);
	for (size_t i = 0; i < snapshot.module_count; i++)
		FUZZ_HOLDS(snapshot.modules[i].path);
	snapshot_fini(&snapshot);
	close(fd);
	return result;
}

static void print(const uint8_t *data, size_t bytes)
{
	static FILE *nowhere;
	struct snapshot_error error;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	snapshot_print_json(nowhere, data, bytes, &error);
}

/* Encoded, decoded and encoded: the second time changes nothing. */
static void write_again(const struct snapshot *snapshot)
{
	struct snapshot_error error;
	unsigned char *first, *second;
	size_t first_bytes, second_bytes;
	struct snapshot copy;

	if (snapshot_encode(snapshot, &first, &first_bytes, &error) != 0)
		return;
	snapshot_init(&copy);
	FUZZ_HOLDS(snapshot_decode(&copy, first, first_bytes, &error) == 0);
	FUZZ_HOLDS(snapshot_encode(&copy, &second, &second_bytes, &error) == 0);
	FUZZ_HOLDS(first_bytes == second_bytes && !memcmp(first, second, first_bytes));
	snapshot_fini(&copy);
	free(first);
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct snapshot_error error;
	struct snapshot snapshot;
	size_t seen = 0;
	int whole, streamed;

	snapshot_init(&snapshot);
	whole = snapshot_decode(&snapshot, data, bytes, &error);
	FUZZ_HOLDS(whole == 0 || error.text[0]);
	streamed = stream(data, bytes, &seen);
	FUZZ_HOLDS(!whole == !streamed);
	if (!whole) {
		FUZZ_HOLDS(seen == snapshot.event_count);
		write_again(&snapshot);
		spans_nest(&snapshot);
		snapshot_place_frames(&snapshot);
		snapshot_redact(&snapshot);
	}
	snapshot_fini(&snapshot);
	print(data, bytes);
	return 0;
}
