#include "recorder_load.h"

#include "recorder_place.h"
#include "shortage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* 64 lanes of the largest capacity are 4 GB, nearly all of it holes. */
#define FILE_BYTES_MAX ((off_t)64 << 30)
#define CHUNK_BYTES    4096u

_Static_assert(CHUNK_BYTES % LANE_UNIT_BYTES == 0, "a chunk holds whole units");

int recorder_open_file(const char *path)
{
	return recorder_open_at(path, false);
}

/* A file that ends early leaves zeroes, which are no records. */
int recorder_read(int fd, void *to, size_t bytes, off_t offset)
{
	unsigned char *at = to;

	while (bytes) {
		ssize_t got = pread(fd, at, bytes, offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		at += got;
		offset += got;
		bytes -= (size_t)got;
	}
	return 0;
}

typedef int read_range(int fd, unsigned char *to, size_t bytes, off_t offset);

static int read_plain(int fd, unsigned char *to, size_t bytes, off_t offset)
{
	return recorder_read(fd, to, bytes, offset);
}

/*
 * Reads [at, end) into the same place of `data`, what is backed by memory: a hostile file may claim to be of any size, and costs its reader
 * no more memory than who made it. A file system without SEEK_DATA calls all of it data.
 */
static int read_data(int fd, unsigned char *data, off_t at, off_t end, read_range *read)
{
	int error = 0;

	while (!error && at < end) {
		off_t from = lseek(fd, at, SEEK_DATA), hole;
		if (from < 0 && errno == ENXIO)
			return 0;
		if (from < 0)
			return read(fd, data + at, (size_t)(end - at), at);
		hole = lseek(fd, from, SEEK_HOLE);
		if (hole < 0 || hole > end)
			hole = end;
		if (from >= hole)
			return 0;
		error = read(fd, data + from, (size_t)(hole - from), from);
		at = hole;
	}
	return error;
}

/*
 * One chunk of a lane that is being written: stamps, content, stamps again. A unit keeps its content only if its stamp was the
 * same before and after; stamps never return to an old value, so nobody wrote in between.
 */
static int read_chunk(int fd, unsigned char *to, size_t bytes, off_t offset)
{
	unsigned char before[CHUNK_BYTES] = {0}, after[CHUNK_BYTES] = {0};
	int error = recorder_read(fd, before, bytes, offset);

	if (!error)
		error = recorder_read(fd, to, bytes, offset);
	if (!error)
		error = recorder_read(fd, after, bytes, offset);
	for (size_t at = 0; !error && at < bytes; at += LANE_UNIT_BYTES) {
		if (memcmp(before + at, after + at, sizeof(uint64_t)) != 0)
			memset(to + at, 0, LANE_UNIT_BYTES);
	}
	return error;
}

int recorder_read_units(int fd, unsigned char *to, size_t bytes, off_t offset)
{
	int error = 0;

	for (size_t at = 0; !error && at < bytes; at += CHUNK_BYTES) {
		size_t piece = bytes - at < CHUNK_BYTES ? bytes - at : CHUNK_BYTES;
		error = read_chunk(fd, to + at, piece, offset + (off_t)at);
	}
	return error;
}

/*
 * What was handed out while the lane was copied may have been written over before its stamp told: the head, read last, says
 * where what is surely whole begins.
 */
static int read_oldest(int fd, struct recorder_copy *copy, uint32_t lane, size_t control_at)
{
	struct lane_control now;
	int error = recorder_read(fd, (unsigned char *)&now, sizeof(now), (off_t)control_at);

	if (!error && now.settled && now.head > now.units)
		copy->view.oldest[lane] = now.head - now.units;
	return error;
}

/* Only the part of a ring that is in use: the units behind it are holes. */
static int read_lane(int fd, struct recorder_copy *copy, uint32_t lane)
{
	const struct recorder_header *header = &copy->view.header;
	size_t control_at = header->controls_offset + lane * sizeof(struct lane_control);
	size_t lane_at = header->lanes_offset + lane * (size_t)header->lane_units * LANE_UNIT_BYTES;
	unsigned char *data = copy->data;
	struct lane_control control;
	int error = recorder_read(fd, data + control_at, sizeof(control), (off_t)control_at);

	memcpy(&control, data + control_at, sizeof(control));
	if (error || !control.head || control.units > header->lane_units)
		return error;
	error = read_data(fd, data, (off_t)lane_at, (off_t)(lane_at + (size_t)control.units * LANE_UNIT_BYTES),
			  recorder_read_units);
	return error ? error : read_oldest(fd, copy, lane, control_at);
}

static int read_living(int fd, struct recorder_copy *copy)
{
	int error = 0;

	copy->view.oldest = calloc(copy->view.lanes, sizeof(*copy->view.oldest));
	if (!copy->view.oldest && copy->view.lanes)
		return -ENOMEM;
	for (uint32_t lane = 0; !error && lane < copy->view.lanes; lane++)
		error = read_lane(fd, copy, lane);
	return error;
}

static int read_all(int fd, struct recorder_copy *copy, const char **why)
{
	int error = read_data(fd, copy->data, 0, (off_t)copy->bytes, read_plain);

	if (error)
		return error;
	if (recorder_view_open(&copy->view, copy->data, copy->bytes, why) != 0)
		return -EBADMSG;
	/* While one thread dies the others may still write, where they could not be stopped. */
	return copy->view.header.state == RECORDER_LIVE || copy->view.header.state == RECORDER_DYING ? read_living(fd, copy) : 0;
}

int recorder_check_file(int fd, struct stat *status, const char **why)
{
	if (fstat(fd, status) != 0)
		return -errno;
	*why = "not a regular file";
	if (!S_ISREG(status->st_mode))
		return -EBADMSG;
	*why = status->st_size ? "larger than any recorder file" : "empty file";
	if (status->st_size <= 0 || status->st_size > FILE_BYTES_MAX)
		return -EBADMSG;
	*why = NULL;
	return 0;
}

/* Memory from the kernel, not the heap: it is zero, page-aligned, and costs nothing where the file has holes. */
static int load(struct recorder_copy *copy, int fd, const char **why)
{
	struct stat status;
	int error = recorder_check_file(fd, &status, why);

	if (error)
		return error;
	copy->bytes = (size_t)status.st_size;
	copy->data = mmap(NULL, copy->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (copy->data == MAP_FAILED)
		return -errno;
	error = read_all(fd, copy, why);
	if (error)
		recorder_unload(copy);
	return error;
}

int recorder_load_descriptor(struct recorder_copy *copy, int fd, const char **why)
{
	*why = NULL;
	memset(copy, 0, sizeof(*copy));
	return load(copy, fd, why);
}

int recorder_load(struct recorder_copy *copy, const char *path, const char **why)
{
	int fd = recorder_open_file(path);
	int error;

	*why = NULL;
	if (fd < 0)
		return fd;
	error = recorder_load_descriptor(copy, fd, why);
	close(fd);
	return error;
}

void recorder_unload(struct recorder_copy *copy)
{
	if (copy->data)
		munmap(copy->data, copy->bytes);
	free(copy->view.oldest);
	memset(copy, 0, sizeof(*copy));
}

/* The first bytes of a file, zero where it ends before. */
static bool read_magic(const char *path, char magic[8])
{
	int fd = recorder_open_file(path);
	bool can = fd >= 0;

	memset(magic, 0, 8);
	if (can) {
		can = pread(fd, magic, 8, 0) >= 0;
		close(fd);
	}
	return can;
}

bool recorder_is_file(const char *path)
{
	char magic[8];

	return read_magic(path, magic) && memcmp(magic, RECORDER_MAGIC, sizeof(magic)) == 0;
}

bool recorder_is_half_made(const char *path)
{
	static const char none[8];
	char magic[8];

	return read_magic(path, magic) && memcmp(magic, none, sizeof(magic)) == 0;
}

bool recorder_may_be_of_run(const char *path, const char *run_id)
{
	char id[sizeof(((struct recorder_identity *)0)->run_id)] = "";
	struct recorder_header header = {.magic = ""};
	int fd = recorder_open_file(path), error;
	bool may = false;

	if (fd < 0)
		return is_shortage(fd);
	error = recorder_read(fd, &header, sizeof(header), 0);
	if (!error && memcmp(header.magic, RECORDER_MAGIC, sizeof(header.magic)) == 0 &&
	    header.identity_offset < (uint64_t)FILE_BYTES_MAX) {
		error = recorder_read(fd, id, sizeof(id),
				      (off_t)(header.identity_offset + offsetof(struct recorder_identity, run_id)));
		may = !error && strncmp(id, run_id, sizeof(id)) == 0;
	}
	close(fd);
	return may || is_shortage(error);
}
