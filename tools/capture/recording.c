#include "recording.h"

#include "recorder_list.h"
#include "recorder_place.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { RECORDER_BYTES_MAX = 1 << 30, ASK_MS = 1000, ASK_SLICE_MS = 20 };

static void load_file(struct recording *recording, int fd)
{
	const char *why;
	recording->present = recorder_load_descriptor(&recording->copy, fd, &why) == 0;
}

static void read_range(struct recording *recording, uint64_t address, uint64_t offset, uint64_t bytes)
{
	if (offset <= recording->copy.bytes && bytes <= recording->copy.bytes - offset)
		target_read(recording->pid, address + offset, (char *)recording->copy.data + offset, bytes);
}

/* A private recorder is mostly untouched: only what its header says was used is read. */
static void load_memory(struct recording *recording, uint64_t address)
{
	struct recorder_header header;
	const char *why;
	if (target_read(recording->pid, address, &header, sizeof(header)) != sizeof(header) ||
	    header.file_bytes > RECORDER_BYTES_MAX)
		return;
	recording->copy.bytes = header.file_bytes;
	recording->copy.data = calloc(1, header.file_bytes);
	if (!recording->copy.data)
		return;
	read_range(recording, address, 0, header.lanes_offset);
	read_range(recording, address, header.sites_offset, header.sites_used);
	read_range(recording, address, header.maps_offset, header.maps_used);
	read_range(recording, address, header.crash_offset, sizeof(struct crash_record));
	if (recorder_view_open(&recording->copy.view, recording->copy.data, recording->copy.bytes, &why) != 0)
		return;
	for (uint32_t lane = 0; lane < recording->copy.view.lanes; lane++) {
		const struct lane_control control = recorder_view_lane(&recording->copy.view, lane);
		const uint64_t lane_bytes = (uint64_t)header.lane_units * LANE_UNIT_BYTES;
		if (control.head)
			read_range(recording, address, header.lanes_offset + lane * lane_bytes, lane_bytes);
	}
	recording->present = true;
}

/* The crash record stands apart from the recorder where the file system was full. */
static void take_crash(struct recording *recording)
{
	struct crash_record *crash = (void *)((char *)recording->copy.data + recording->copy.view.header.crash_offset);
	if (recording->crash_address)
		target_read(recording->pid, recording->crash_address, crash, sizeof(*crash));
}

/* The file itself, to wake the target through: where ptrace is denied there is no other way to write to it. */
static void map_shared(struct recording *recording, int fd)
{
	struct stat status;
	const uint64_t offset = recording->copy.view.header.crash_offset;
	if (fstat(fd, &status) == 0 && (uint64_t)status.st_size >= offset + sizeof(struct crash_record)) {
		recording->map_bytes = (size_t)status.st_size;
		recording->map = mmap(NULL, recording->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (recording->map == MAP_FAILED)
			recording->map = NULL;
		else
			recording->shared_crash = (void *)((char *)recording->map + offset);
	}
}

int recording_open_file(const char *path, bool writable)
{
	return recorder_open_at(path, writable);
}

void recording_open(struct recording *recording, pid_t pid, int file, uint64_t address, uint64_t crash_address)
{
	memset(recording, 0, sizeof(*recording));
	recording->pid = pid;
	recording->crash_address = crash_address;
	if (file >= 0)
		load_file(recording, file);
	if (!recording->present && address)
		load_memory(recording, address);
	if (!recording->present)
		return;
	take_crash(recording);
	if (file >= 0 && crash_address == address + recording->copy.view.header.crash_offset)
		map_shared(recording, file);
}

int recording_find(pid_t pid, char *path, size_t bytes)
{
	struct recorder_list list;
	const int error = recorder_list_open_all(&list);
	int found = 0;
	for (size_t i = 0; i < list.count && !found; i++) {
		found = list.entries[i].pid == pid && strlen(list.entries[i].path) < bytes &&
			recorder_is_alive(pid, list.entries[i].path);
		if (found)
			strcpy(path, list.entries[i].path);
	}
	recorder_list_close(&list);
	return found ? found : error;
}

void recording_close(struct recording *recording)
{
	if (recording->map)
		munmap(recording->map, recording->map_bytes);
	if (recording->present)
		recorder_unload(&recording->copy);
}

static void report_shared(struct crash_record *crash, uint32_t state, const char *path)
{
	if (path) {
		memset(crash->snapshot_path, 0, sizeof(crash->snapshot_path));
		memcpy(crash->snapshot_path, path, strnlen(path, sizeof(crash->snapshot_path) - 1));
	}
	/* Release: the path is there before the state says so. */
	__atomic_store_n(&crash->capture_state, state, __ATOMIC_RELEASE);
	syscall(SYS_futex, &crash->capture_state, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

bool recording_report(struct recording *recording, uint32_t state, const char *path)
{
	const uint64_t at = recording->crash_address;
	if (!at)
		return true;
	if (recording->shared_crash) {
		report_shared(recording->shared_crash, state, path);
		return true;
	}
	/* Not seen at once: the target looks again after its slice of waiting. */
	if (path && target_write(recording->pid, at + offsetof(struct crash_record, snapshot_path), path, strlen(path) + 1) != 0)
		return false;
	return target_write(recording->pid, at + offsetof(struct crash_record, capture_state), &state, sizeof(state)) == 0;
}

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The target turns CAPTURE_WANTS_THREADS into CAPTURE_GATHERED. */
static bool await_gathered(struct crash_record *crash)
{
	const struct timespec slice = {0, ASK_SLICE_MS * 1000000l};
	const uint64_t until = now_ms() + ASK_MS;
	uint32_t state;
	while ((state = __atomic_load_n(&crash->capture_state, __ATOMIC_ACQUIRE)) == CAPTURE_WANTS_THREADS && now_ms() < until)
		syscall(SYS_futex, &crash->capture_state, FUTEX_WAIT, CAPTURE_WANTS_THREADS, &slice, NULL, 0);
	return state == CAPTURE_GATHERED;
}

/*
 * What changed in the file since it was copied: the crash record and the threads behind it. Those not by the mapping: a page of it that the
 * file does not have would be made by looking at it, and where the file system is full that is SIGBUS.
 */
static void read_again(struct recording *recording, int file)
{
	struct recorder_copy *copy = &recording->copy;
	const struct recorder_header *header = &copy->view.header;
	const uint64_t bytes = (uint64_t)header->threads_max * sizeof(struct crash_thread), offset = header->threads_offset;
	memcpy((char *)copy->data + header->crash_offset, recording->shared_crash, sizeof(struct crash_record));
	if (offset <= copy->bytes && bytes <= copy->bytes - offset)
		(void)recorder_read(file, (char *)copy->data + offset, bytes, (off_t)offset);
}

bool recording_ask_threads(struct recording *recording, int file)
{
	if (!recording->shared_crash)
		return false;
	recording_report(recording, CAPTURE_WANTS_THREADS, NULL);
	if (!await_gathered(recording->shared_crash))
		return false;
	read_again(recording, file);
	return true;
}
