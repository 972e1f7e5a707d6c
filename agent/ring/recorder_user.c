/*
 * A process that began as root, said something, became another user and now dies: its recorder lies in root's directory, where
 * the helper, which runs as that user, may not even look. So the recorder is copied to where it would be if it were made now,
 * and the copy takes its place.
 *
 * If no snapshot can be made, root is left as the one to do it, so it is put back.
 *
 * Not earlier: a process that lives needs no second file, and changes its user at moments that no hook sees.
 */
#include "recorder_file.h"

#include "syscalls.h"

#include <errno.h>
#include <string.h>

static bool put(int fd, uint64_t offset, const void *data, uint64_t bytes)
{
	const char *at = data;
	while (bytes) {
		/* Not by stores: on a full file system this answers -ENOSPC, and a store raises SIGBUS. */
		const long put = SYS4(SYS_pwrite64, fd, at, bytes, offset);
		if (put <= 0)
			return false;
		at += put;
		offset += (uint64_t)put;
		bytes -= (uint64_t)put;
	}
	return true;
}

/* Position before which nothing is surely whole: its units have been handed out again. */
static uint64_t oldest_in_place(const struct lane_control *control)
{
	const uint64_t head = __atomic_load_n(&control->head, __ATOMIC_RELAXED);
	return control->settled && head > control->units ? head - control->units : 0;
}

/* A unit that has changed since it was copied, or is about to, may be torn: it becomes one that was never written (G3). */
static void drop_changed_units(unsigned char *copy, const unsigned char *lane, uint64_t bytes, const struct lane_control *control)
{
	/* The copy comes before this second look. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	const uint64_t oldest = unit_stamp(oldest_in_place(control), UNIT_NONE);
	for (uint64_t at = 0; at < bytes; at += LANE_UNIT_BYTES) {
		uint64_t *stamp = (void *)(copy + at);
		if (*stamp < oldest || *stamp != __atomic_load_n((const uint64_t *)(const void *)(lane + at), __ATOMIC_RELAXED))
			*stamp = 0;
	}
}

static bool put_lane(int fd, unsigned char *memory, uint32_t lane)
{
	const struct recorder_header *h = recorder.header;
	const struct lane_control *control = &recorder.controls[lane];
	const uint64_t offset = (uint64_t)lane * h->lane_units * LANE_UNIT_BYTES;
	const uint64_t bytes = (uint64_t)control->units * LANE_UNIT_BYTES;
	if (!put(fd, h->lanes_offset + offset, recorder.lanes + offset, bytes))
		return false;
	drop_changed_units(memory + h->lanes_offset + offset, recorder.lanes + offset, bytes, control);
	return true;
}

static bool put_all(int fd, unsigned char *memory)
{
	const struct recorder_header *h = recorder.header;
	bool done = put(fd, 0, h, h->lanes_offset) && put(fd, h->sites_offset, recorder.sites, h->sites_used) &&
		    put(fd, h->maps_offset, recorder.maps, h->maps_used) &&
		    put(fd, h->crash_offset, recorder.crash, sizeof(*recorder.crash));
	for (uint32_t lane = 0; done && lane < h->lanes_owned + h->lanes_shared; lane++)
		done = put_lane(fd, memory, lane);
	return done;
}

/* The copy, or NULL with nothing left behind but recorder.path, which names it. */
static unsigned char *copy(uint64_t bytes)
{
	const int fd = recorder_file_make(bytes, RECORDER_PAGE);
	if (fd < 0)
		return NULL;
	unsigned char *memory = sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd);
	const bool mapped = !sys_mmap_failed(memory);
	const bool done = mapped && put_all(fd, memory);
	sys_close(fd);
	if (done)
		return memory;
	if (mapped)
		SYS2(SYS_munmap, memory, bytes);
	sys_unlinkat(AT_FDCWD, recorder.path);
	return NULL;
}

/* As for a copy of a dying one, whose units change as little: a store into a full file system is not risked, for all was written before. */
int recorder_save(const char *path)
{
	const uint64_t bytes = recorder.header->file_bytes;
	const int fd = sys_openat(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fd;
	int error = sys_ftruncate(fd, bytes);
	unsigned char *memory = error ? NULL : sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd);
	if (!error && sys_mmap_failed(memory))
		error = -ENOMEM;
	if (!error && !put_all(fd, memory))
		error = -ENOSPC;
	if (!error)
		((struct crash_record *)(void *)(memory + recorder.header->crash_offset))->reason = CRASH_REQUEST;
	if (memory && !sys_mmap_failed(memory))
		SYS2(SYS_munmap, memory, bytes);
	sys_close(fd);
	if (error)
		sys_unlinkat(AT_FDCWD, path);
	return error;
}

/* Into a file without a name, for a helper that neither shared memory's file system nor the process's own memory is open to. */
int recorder_share(void)
{
	const uint64_t bytes = recorder.header->file_bytes;
	const int fd = (int)SYS2(SYS_memfd_create, "ttlog", MFD_CLOEXEC);
	if (fd < 0)
		return fd;
	unsigned char *memory = (unsigned char *)-1;
	if (sys_ftruncate(fd, bytes) == 0)
		memory = sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd);
	if (sys_mmap_failed(memory) || !put_all(fd, memory)) {
		sys_close(fd);
		return -ENOMEM;
	}
	recorder_place_sections(memory);
	return fd;
}

/* Where the recorder was before. */
static struct {
	unsigned char *memory;
	char path[sizeof(recorder.path)];
} former;

void recorder_follow_user(void)
{
	struct recorder_header *h = recorder.header;
	if (recorder.anonymous || recorder.sandboxed || sys_geteuid() == h->uid)
		return;
	memcpy(former.path, recorder.path, sizeof(former.path));
	unsigned char *memory = copy(h->file_bytes);
	if (!memory) {
		memcpy(recorder.path, former.path, sizeof(recorder.path));
		return;
	}
	/* Other threads go on recording into the former one: what they say from now on is not part of the death. */
	former.memory = (void *)h;
	sys_madvise(memory, h->file_bytes, MADV_DONTFORK);
	sys_madvise(memory, h->file_bytes, MADV_DONTDUMP);
	recorder_place_sections(memory);
	recorder.header->uid = sys_geteuid();
	__atomic_store_n(&h->state, RECORDER_REPLACED, __ATOMIC_RELEASE);
}

/* Threads that saved themselves, as far as there is room. */
static void take_threads(const struct crash_thread *saved, uint32_t count)
{
	for (uint32_t i = 0; i < count && i < recorder.header->threads_max; i++) {
		if (recorder_reserve(&recorder.threads[i], sizeof(*saved)) != 0)
			return;
		memcpy(&recorder.threads[i], &saved[i], sizeof(*saved));
	}
}

void recorder_unfollow_user(void)
{
	const struct recorder_header *copied = recorder.header;
	const struct crash_record *crash = recorder.crash;
	const struct crash_thread *threads = recorder.threads;
	if (!former.memory)
		return;
	recorder_place_sections(former.memory);
	take_threads(threads, crash->threads_answered);
	if (recorder_reserve(recorder.crash, sizeof(*crash)) == 0)
		memcpy(recorder.crash, crash, sizeof(*crash));
	recorder.header->clock.end = copied->clock.end;
	recorder.header->degradations |= copied->degradations;
	__atomic_store_n(&recorder.header->state, copied->state, __ATOMIC_RELEASE);
	sys_unlinkat(AT_FDCWD, recorder.path);
	memcpy(recorder.path, former.path, sizeof(recorder.path));
	former.memory = NULL;
}
