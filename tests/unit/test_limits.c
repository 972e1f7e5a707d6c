/*
 * What hostile input may cost at most: each bound is met by an input that is small as a file, just below it and just above, and memory stays
 * within it. (Patterns: filter/hostile_pattern; names of symbols: demangle/names_that_grow; recorders full of holes: load/holes_cost_nothing.)
 */
#include "bundle_unpack.h"
#include "cbor_reader.h"
#include "command.h"
#include "image.h"
#include "recorder_load.h"
#include "snapshot.h"
#include "stream.h"
#include "unpack.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <lz4frame.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(limits, .init = place_init, .fini = place_fini, .timeout = 300);

#define MB ((size_t)1 << 20)

static long memory_mb(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss / 1024;
}

/* Frames that unpack to much ------------------------------------------------------------------------------------------------------ */

struct frame {
	int fd;
	LZ4F_cctx *context;
	unsigned char room[64 * 1024];
	size_t zeros_bytes; /* of a megabyte of zeros, packed */
	unsigned char zeros[64 * 1024];
};

static void put(const struct frame *frame, const void *data, size_t bytes)
{
	cr_assert(!LZ4F_isError(bytes) && write(frame->fd, data, bytes) == (ssize_t)bytes);
}

static void frame_begin(struct frame *frame)
{
	static const LZ4F_preferences_t independent = {
		.frameInfo = {.blockSizeID = LZ4F_max1MB, .blockMode = LZ4F_blockIndependent}, .autoFlush = 1};
	static const unsigned char zeros[1 << 20];
	static unsigned char packed[2 << 20];
	frame->fd = memfd_create("frame", MFD_CLOEXEC);
	cr_assert(frame->fd >= 0 && LZ4F_createCompressionContext(&frame->context, LZ4F_VERSION) == 0);
	put(frame, frame->room, LZ4F_compressBegin(frame->context, frame->room, sizeof(frame->room), &independent));
	/* Blocks do not depend on each other: the same bytes may stand there again and again. */
	frame->zeros_bytes = LZ4F_compressUpdate(frame->context, packed, sizeof(packed), zeros, sizeof(zeros), NULL);
	cr_assert(frame->zeros_bytes <= sizeof(frame->zeros), "%zu", frame->zeros_bytes);
	memcpy(frame->zeros, packed, frame->zeros_bytes);
}

static void frame_data(struct frame *frame, const void *data, size_t bytes)
{
	put(frame, frame->room, LZ4F_compressUpdate(frame->context, frame->room, sizeof(frame->room), data, bytes, NULL));
}

static void frame_zeros(struct frame *frame, size_t megabytes)
{
	while (megabytes--)
		put(frame, frame->zeros, frame->zeros_bytes);
}

static int frame_end(struct frame *frame)
{
	static const unsigned char end_mark[4];
	put(frame, end_mark, sizeof(end_mark));
	LZ4F_freeCompressionContext(frame->context);
	cr_assert(lseek(frame->fd, 0, SEEK_SET) == 0);
	return frame->fd;
}

/* All of it, in pieces; the error's text, "" for none. */
static const char *unpack(int fd, size_t *total)
{
	static unsigned char piece[1 << 16];
	static struct snapshot_error error;
	struct unpacker *unpacker = unpacker_create(fd, &error);
	size_t got = 1;
	int result = 0;
	error.text[0] = 0;
	for (*total = 0; !result && got; *total += got)
		result = unpacker_read(unpacker, piece, sizeof(piece), &got);
	unpacker_destroy(unpacker);
	return result ? error.text : "";
}

Test(limits, frame)
{
	const long before = memory_mb();
	for (size_t more = 0; more < 2; more++) { /* one that fills it to the last byte counts as more */
		struct frame frame;
		size_t total;
		frame_begin(&frame);
		frame_zeros(&frame, SNAPSHOT_CBOR_MAX / MB - 1 + more);
		const char *error = unpack(frame_end(&frame), &total);
		cr_expect(total == SNAPSHOT_CBOR_MAX - (more ? 0 : MB), "%zu bytes", total);
		cr_expect(more ? strstr(error, "more than 1024 MB of data") != NULL : !*error, "%zu MB more: '%s'", more, error);
		close(frame.fd);
	}
	cr_expect(memory_mb() - before < 50, "%ld MB", memory_mb() - before);
}

/* Items in them ---------------------------------------------------------------------------------------------------------------------- */

static int count(void *context, struct snapshot_item *item)
{
	(void)item;
	++*(size_t *)context;
	return 0;
}

/* A map of version, and of `key` with what follows: `cbor`, and a byte string of so many megabytes; then `end`. */
static const char *stream(const char *key, const char *cbor, size_t cbor_bytes, size_t megabytes, size_t *events)
{
	static struct snapshot_error error;
	const struct snapshot_visitor visitor = {.context = events, .decode = true, .event = count};
	const uint32_t bytes = (uint32_t)(megabytes * MB);
	const unsigned char length[] = {0x5a, (unsigned char)(bytes >> 24), (unsigned char)(bytes >> 16), 0, 0};
	const unsigned char key_head = (unsigned char)(0x60 + strlen(key));
	struct frame frame;
	struct snapshot snapshot;
	*events = 0;
	frame_begin(&frame);
	frame_data(&frame, "\xa2\x67version\x01", 10);
	frame_data(&frame, &key_head, 1);
	frame_data(&frame, key, strlen(key));
	frame_data(&frame, cbor, cbor_bytes);
	if (megabytes) {
		frame_data(&frame, length, sizeof(length));
		frame_zeros(&frame, megabytes);
	}
	const int fd = frame_end(&frame);
	error.text[0] = 0;
	snapshot_init(&snapshot);
	const int result = snapshot_stream(fd, &snapshot, &visitor, &error);
	snapshot_fini(&snapshot);
	close(fd);
	return result ? error.text : "";
}

/* An event with an unknown key, so that nothing but its size is wrong. */
#define ONE_EVENT "\x81\xa1\x61x"

Test(limits, event)
{
	const size_t most = STREAM_EVENT_MAX / MB;
	const long before = memory_mb();
	size_t events;
	const char *error = stream("events", ONE_EVENT, 4, most + 1, &events);
	cr_assert(strstr(error, "an item of more than 16 MB") && events == 0, "'%s', %zu events", error, events);
	cr_assert(memory_mb() - before < 100, "%ld MB", memory_mb() - before);
	error = stream("events", ONE_EVENT, 4, most - 1, &events);
	cr_assert(!strstr(error, "more than"), "'%s'", error);
}

Test(limits, member)
{
	const size_t most = STREAM_MEMBER_MAX / MB;
	const long before = memory_mb();
	size_t events;
	const char *error = stream("future", "", 0, most + 1, &events);
	cr_assert(strstr(error, "an item of more than 512 MB"), "'%s'", error);
	cr_assert(memory_mb() - before < 2 * (long)most, "%ld MB", memory_mb() - before);
}

/* Read as a stream, and decoded whole. */
static const char *nested(size_t levels, int *whole)
{
	char cbor[128] = "\xa2\x67version\x01\x66"
			 "future";
	const size_t head = strlen(cbor);
	struct snapshot_error error;
	struct snapshot snapshot;
	size_t events;
	memset(cbor + head, 0x81, levels);
	cbor[head + levels] = 0;
	snapshot_init(&snapshot);
	*whole = snapshot_decode(&snapshot, (unsigned char *)cbor, head + levels + 1, &error);
	snapshot_fini(&snapshot);
	return stream("future", cbor + head, levels + 1, 0, &events);
}

/* The snapshot itself is the first level. */
Test(limits, depth)
{
	int whole;
	const char *error = nested(READER_DEPTH_MAX - 1, &whole);
	cr_assert(!*error && whole == 0, "'%s', %d", error, whole);
	error = nested(READER_DEPTH_MAX, &whole);
	cr_assert(strstr(error, "nested too deeply") && whole == -EBADMSG, "'%s', %d", error, whole);
}

/* Files ------------------------------------------------------------------------------------------------------------------------------- */

Test(limits, recorder_file)
{
	struct recorder_copy copy;
	struct image image;
	const char *why = NULL;
	image_init(&image);
	const char *path = place_file("large.rec", image.base, image.bytes);
	image_fini(&image);
	cr_assert(truncate(path, ((off_t)64 << 30) + 4096) == 0, "no room for a file of holes");
	cr_assert(recorder_load(&copy, path, &why) != 0 && why, "a recorder of 64 GB was taken");
}

/* POSIX.1-2017, ustar. */
static void put_header(FILE *out, unsigned number)
{
	unsigned char header[512] = "";
	unsigned sum = 0;
	snprintf((char *)header, 100, "debug/.build-id/ab/%08x", number);
	memcpy(header + 100, "0000600", 8);
	memcpy(header + 124, "00000000000", 12);
	memcpy(header + 136, "00000000000", 12);
	memset(header + 148, ' ', 8);
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += header[i];
	snprintf((char *)header + 148, 8, "%06o", sum);
	cr_assert(fwrite(header, sizeof(header), 1, out) == 1);
}

static const char *unpack_files(unsigned files)
{
	static char error[BUNDLE_ERROR_BYTES];
	char directory[32];
	/* In memory, where that is the test's own. */
	snprintf(directory, sizeof(directory), "/dev/shm/limits-%u", files);
	cr_assert(mkdir(directory, 0700) == 0, "%s", strerror(errno));
	const char *path = place_path("files.tar");
	FILE *out = fopen(path, "w");
	cr_assert(out != NULL);
	for (unsigned i = 0; i < files; i++)
		put_header(out, i);
	for (int i = 0; i < 1024; i++)
		putc(0, out);
	cr_assert(fclose(out) == 0);
	const int result = bundle_unpack(path, directory, error);
	cr_assert(process_run(&(struct process_setup){.argv = LIST("rm", "-r", directory)}).status == 0);
	return result ? error : "";
}

Test(limits, files_of_a_bundle)
{
	cr_assert_str_eq(unpack_files(10), "");
	cr_assert(strstr(unpack_files(BUNDLE_FILES_MAX + 1), "more than 100000 files"));
}

/* Time ------------------------------------------------------------------------------------------------------------------------------ */

/* The helper's minute runs before it looks at anything of the process. */
Test(limits, helper_has_a_minute)
{
	const struct outcome traced = process_run(
		&(struct process_setup){.argv = LIST("strace", "-e", "trace=alarm,openat", CAPTURE, "--pid", "1", "--reason",
						     "request", "--storage", place_storage())});
	const char *alarm = strstr(traced.err.data, "alarm(60)"), *process = strstr(traced.err.data, "\"/proc/1/");
	cr_assert(alarm && process && alarm < process, "%s", traced.err.data);
}
