#include "recorder_file.h"

#include "clock.h"
#include "config.h"
#include "lane.h"
#include "layout.h"
#include "libc_ways.h"
#include "namespace.h"
#include "seldom.h"
#include "sweep.h"
#include "syscalls.h"
#include "text.h"

#include <errno.h>
#include <string.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

/* The word holds one of them, and above MAKING_BITS who makes it now: a handler that comes in between knows that it is its own thread. */
enum making { MAKING_NONE = 0, MAKING_NOW = 1, MAKING_DONE = 2, MAKING_FAILED = 3 };
enum { MAKING_BITS = 2 };

enum {
	MAKE_TURNS = 200,     /* of a millisecond and of a turn on a processor */
	MAKE_TURN_CUTS = 100, /* by signals; no more even where the clock stands still */
};

struct recorder recorder;
/* Behind what is smaller. */
union recorder_live_page recorder_live_page __attribute__((aligned(RECORDER_PAGE), section(".bss.page")));

static uint32_t last_generation; /* counts through all forks, so that a call site knows whose id it holds */

static struct recorder_live *live(void)
{
	return &recorder_live_page.live;
}

/*
 * In a forked child: whose memory this is. The first use would find out, unless it is made by a vfork child of this process, which
 * cannot be told from it then.
 */
static void note_fork(void)
{
	if (recorder.sandboxed)
		return;
	live()->pid = sys_getpid();
	/*
	 * A handler that forks may have interrupted a record, which goes on in the child when the handler returns: into memory
	 * that was not inherited. It gets some that nobody reads. (Threads that share a lane look the same from here.)
	 */
	if (thread_state.generation && thread_state.ready == LANE_NOT_READY)
		sys_mmap((unsigned char *)recorder.header + RECORDER_PAGE, recorder.header->file_bytes - RECORDER_PAGE,
			 PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1);
}

bool recorder_init(void)
{
	if (sys_madvise(&recorder_live_page, sizeof(recorder_live_page), MADV_WIPEONFORK) != 0)
		return false;
	live()->pid = sys_getpid();
	/* Only for that: the wiped page is what makes a child safe, also one of a raw clone(2). */
	libc_at_fork(NULL, NULL, note_fork);
	return true;
}

/* File --------------------------------------------------------------------------------------------------------------------- */

/* A directory that only this user can have made: others could have put a link or a file of their own there. Descriptor or -errno. */
static int open_directory(void)
{
	char name[48];
	struct stat status;
	struct text_writer text = text_begin(name, sizeof(name));
	text_string(&text, RECORDER_DIRECTORY);
	text_number(&text, sys_geteuid(), 10);
	sys_mkdirat(AT_FDCWD, name, 0700);
	const int dir = sys_openat(AT_FDCWD, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (dir < 0)
		return dir;
	if (sys_fstat(dir, &status) == 0 && status.st_uid == sys_geteuid() && (status.st_mode & 022) == 0)
		return dir;
	sys_close(dir);
	return -EPERM;
}

static void name_file(char *path, size_t bytes, const char **base)
{
	struct text_writer text = text_begin(path, bytes);
	text_string(&text, RECORDER_DIRECTORY);
	text_number(&text, sys_geteuid(), 10);
	text_char(&text, '/');
	*base = path + text.used;
	text_number(&text, (uint64_t)sys_getpid(), 10);
	text_char(&text, '-');
	text_number(&text, clock_monotonic_ns(), 16); /* a predecessor with this pid may still wait for `ttlog recover` */
	text_string(&text, RECORDER_SUFFIX);
}

/* Memory for that part of a file, now. On tmpfs, up to Linux 6.1 at least, a signal that comes ends it with EINTR: then none comes meanwhile. */
static int reserve(int fd, uint64_t offset, uint64_t bytes)
{
	const uint64_t all = ~0ull;
	uint64_t mask = 0;
	int error = sys_fallocate(fd, offset, bytes);
	if (error != -EINTR)
		return error;
	sys_sigmask(SIG_SETMASK, &all, &mask);
	error = sys_fallocate(fd, offset, bytes);
	sys_sigmask(SIG_SETMASK, &mask, NULL);
	return error;
}

int recorder_file_make(uint64_t bytes, uint64_t reserved)
{
	const char *base;
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
	sys_getrlimit(RLIMIT_FSIZE, &limit);
	if (bytes > limit.rlim_cur)
		return -EFBIG; /* ftruncate(2) would raise SIGXFSZ */
	const int dir = open_directory();
	if (dir < 0)
		return dir;
	sweep_dead(dir, sys_getpid(), clock_monotonic_ns());
	name_file(recorder.path, sizeof(recorder.path), &base);
	int fd = sys_openat(dir, base, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int error = fd < 0 ? fd : sys_ftruncate(fd, bytes);
	if (!error)
		error = reserve(fd, 0, reserved);
	if (error && fd >= 0) {
		sys_unlinkat(dir, base);
		sys_close(fd);
	}
	sys_close(dir);
	return error ? error : fd;
}

/* Address or NULL. Private memory is the fall-back: a crash can be captured from it, a SIGKILL cannot. */
static unsigned char *map_memory(uint64_t bytes, uint64_t reserved)
{
	void *memory = NULL;
	const int fd = recorder_file_make(bytes, reserved);
	recorder.anonymous = fd < 0;
	if (fd >= 0) {
		memory = sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd);
		sys_close(fd);
		if (!sys_mmap_failed(memory))
			return memory;
		sys_unlinkat(AT_FDCWD, recorder.path);
		recorder.anonymous = true;
	}
	recorder.path[0] = 0;
	memory = sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	return sys_mmap_failed(memory) ? NULL : memory;
}

/* Before Linux 5.14: by the file, for as long as its path can be reached. */
static int reserve_by_path(uint64_t offset, uint64_t bytes)
{
	const int fd = sys_openat(AT_FDCWD, recorder.path, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	const int error = reserve(fd, offset, bytes);
	sys_close(fd);
	return error;
}

int recorder_reserve(void *address, size_t bytes)
{
	if (recorder.anonymous)
		return 0;
	if (recorder.sandboxed)
		return -EPERM;
	const uintptr_t begin = (uintptr_t)address & ~(uintptr_t)(RECORDER_PAGE - 1);
	const uintptr_t end = recorder_page_align((uintptr_t)address + bytes);
	const int error = sys_madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
	return error == -EINVAL ? reserve_by_path(begin - (uintptr_t)recorder.header, end - begin) : error;
}

/* Contents ----------------------------------------------------------------------------------------------------------------- */

/* The file's content, NUL-terminated; bytes without the NUL. */
static uint32_t read_file(const char *path, char *data, size_t bytes)
{
	size_t used = 0;
	const int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	while (fd >= 0 && used < bytes - 1) {
		const long n = sys_read(fd, data + used, bytes - 1 - used);
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (fd >= 0)
		sys_close(fd);
	data[used] = 0;
	return (uint32_t)used;
}

static void copy_text(char *to, size_t bytes, const char *from)
{
	struct text_writer text = text_begin(to, bytes);
	text_string(&text, from);
}

static void fill_settings(struct recorder_identity *id)
{
	copy_text(id->service, sizeof(id->service), config.set.service);
	copy_text(id->storage, sizeof(id->storage), config.set.storage);
	copy_text(id->redact, sizeof(id->redact), config.set.redact);
	id->capture_timeout_ms = config.set.capture_timeout_ms;
	id->keep_snapshots = config.set.keep_snapshots;
	id->keep_mb = config.set.keep_mb;
	id->on_exit = config.set.on_exit;
	id->quiet = config.set.quiet;
}

void recorder_note_config(void)
{
	if (recorder_now() && !recorder.sandboxed)
		fill_settings(recorder.identity);
}

static void fill_identity(struct recorder_identity *id)
{
	fill_settings(id);
	copy_text(id->run_id, sizeof(id->run_id), config.run_id);
	copy_text(id->config_error, sizeof(id->config_error), config.error);
	sys_readlinkat(AT_FDCWD, "/proc/self/exe", id->exe, sizeof(id->exe) - 1);
	if (sys_getcwd(id->cwd, sizeof(id->cwd)) < 0)
		id->cwd[0] = 0;
	id->cmdline_bytes = read_file("/proc/self/cmdline", id->cmdline, sizeof(id->cmdline));
}

void recorder_note_maps(void)
{
	struct recorder_header *h = recorder.header;
	/* The text is read page by page, so that only what is used has to be reserved. */
	char *const maps = recorder.maps;
	const int fd = sys_openat(AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
	uint32_t used = 0;
	while (fd >= 0 && used + RECORDER_PAGE <= h->maps_bytes) {
		if (recorder_reserve(maps + used, RECORDER_PAGE) != 0)
			break;
		const long n = sys_read(fd, maps + used, RECORDER_PAGE);
		if (n <= 0)
			break;
		used += (uint32_t)n;
	}
	if (fd >= 0)
		sys_close(fd);
	if (used)
		__atomic_store_n(&h->maps_used, used, __ATOMIC_RELEASE);
}

void recorder_place_sections(unsigned char *memory)
{
	struct recorder_header *h = recorder.header = (void *)memory;
	recorder.identity = (void *)(memory + h->identity_offset);
	recorder.pairs = (void *)(memory + h->pairs_offset);
	recorder.controls = (void *)(memory + h->controls_offset);
	recorder.lanes = memory + h->lanes_offset;
	recorder.sites = memory + h->sites_offset;
	recorder.maps = (void *)(memory + h->maps_offset);
	recorder.crash = (void *)(memory + h->crash_offset);
	recorder.threads = (void *)(memory + h->threads_offset);
}

static bool build(void)
{
	/* Half a KB, which a handler in the smallest thread may not have: a process has one maker of its recorder. */
	SELDOM static struct recorder_header header;
	memset(&header, 0, sizeof(header));
	layout_choose(&header);
	unsigned char *memory = map_memory(header.file_bytes, layout_initial_bytes(&header));
	if (memory)
		sys_madvise(memory + RECORDER_PAGE, header.file_bytes - RECORDER_PAGE, MADV_DONTFORK);
	else if (!(memory = layout_last_room(&header)))
		return false;
	layout_hide_last_room();
	sys_madvise(memory, header.file_bytes, MADV_DONTDUMP); /* or all of it, holes and all, is written into each core */
	header.version = RECORDER_VERSION;
	header.state = RECORDER_LIVE;
	header.pid = (uint32_t)sys_getpid();
	header.ppid = (uint32_t)sys_getppid();
	header.uid = sys_geteuid();
	header.pid_namespace = pid_namespace();
	header.generation = ++last_generation;
	const struct levels *levels = __atomic_load_n(&config.levels, __ATOMIC_ACQUIRE); /* of a forked child: its parent's */
	const uint32_t epoch = header.levels.epoch = __atomic_load_n(&levels->epoch, __ATOMIC_ACQUIRE);
	levels_copy(header.levels.text, levels);
	header.clock.kind = clock_choose();
	header.clock.begin = clock_pair_now(header.clock.kind);
	header.clock_noted = header.clock.begin.ticks;
	header.degradations = (recorder.anonymous ? DEGRADED_ANONYMOUS : 0) | (config.error[0] ? DEGRADED_CONFIG : 0);
	memcpy(memory, &header, sizeof(header));
	recorder_place_sections(memory);
	recorder.clock_kind = header.clock.kind;
	fill_identity(recorder.identity);
	recorder_note_maps();
	/* Last, so that a reader of a half-made file sees no recorder. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(recorder.header->magic, RECORDER_MAGIC, sizeof(recorder.header->magic));
	__atomic_store_n(&live()->made, recorder.header, __ATOMIC_RELEASE); /* its levels are told from a parent's by that */
	config_take_levels(&recorder.header->levels, levels, epoch);
	if (recorder.made)
		recorder.made();
	return true;
}

/* Whether this process may have a recorder of its own: a vfork child runs in its parent's memory and may not. */
static bool owns_memory(void)
{
	const int pid = sys_getpid();
	if (live()->pid == 0)
		live()->pid = pid; /* forked: the page was wiped */
	return live()->pid == pid;
}

static uint32_t made_by(int tid)
{
	return MAKING_NOW | (uint32_t)tid << MAKING_BITS;
}

static bool is_being_made(uint32_t making)
{
	return making > MAKING_FAILED;
}

static bool is_still(uint32_t making)
{
	return __atomic_load_n(&live()->making, __ATOMIC_ACQUIRE) == making;
}

/* What a signal leaves of it is slept through, too: handlers that come all the time take the maker's time as well as ours. */
static void wait_a_turn(uint32_t making)
{
	const uint64_t turn_ns = 1000000, end = clock_monotonic_ns() + turn_ns;
	uint64_t now = end - turn_ns;
	for (unsigned i = 0; i < MAKE_TURN_CUTS && now < end && is_still(making); i++) {
		const struct timespec left = {0, (long)(end - now)};
		if (sys_futex_wait(&live()->making, making, &left) != -EINTR)
			return;
		now = clock_monotonic_ns();
	}
}

/*
 * Another thread makes the recorder: some 0.1 ms, much more where many want the processors. So patience is counted in turns of one's
 * own, which get rarer as the maker's do, and they are slept through: whoever yields instead takes the maker's time. A handler that
 * interrupted the maker itself has nothing to wait for; and a maker that was left by longjmp is waited for once, then never again.
 */
static bool wait_for_maker(uint32_t making)
{
	if (making == made_by(sys_gettid()))
		return false;
	for (unsigned i = 0; i < MAKE_TURNS && is_still(making); i++)
		wait_a_turn(making);
	__atomic_compare_exchange_n(&live()->making, &making, MAKING_FAILED, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	return __atomic_load_n(&live()->generation, __ATOMIC_ACQUIRE) != 0;
}

static void end_making(enum making how)
{
	__atomic_store_n(&live()->making, how, __ATOMIC_RELEASE);
	sys_futex_wake(&live()->making);
}

/*
 * What came before there was a recorder is counted in it. Called by the maker after it has published the generation, and by
 * whoever counted an event; each first does its part and then looks for the other's (hence SEQ_CST), so no event is forgotten.
 */
static void hand_over_dropped(void)
{
	if (!__atomic_load_n(&live()->generation, __ATOMIC_SEQ_CST))
		return;
	const uint64_t dropped = __atomic_exchange_n(&live()->dropped_early, 0, __ATOMIC_SEQ_CST);
	if (dropped)
		__atomic_fetch_add(&recorder.header->dropped_early, dropped, __ATOMIC_RELAXED);
}

static bool make_as_owner(void)
{
	const bool owner = owns_memory(), made = owner && build();
	if (made) {
		__atomic_store_n(&live()->generation, last_generation, __ATOMIC_SEQ_CST);
		hand_over_dropped();
		if (recorder.published)
			recorder.published();
	}
	end_making(made ? MAKING_DONE : owner ? MAKING_FAILED : MAKING_NONE);
	return made;
}

bool recorder_make(void)
{
	uint32_t making = __atomic_load_n(&live()->making, __ATOMIC_ACQUIRE);
	bool made;
	if (config.set.disable || recorder.sandboxed)
		return false;
	clock_look();
	if (making == MAKING_NONE &&
	    __atomic_compare_exchange_n(&live()->making, &making, made_by(sys_gettid()), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		made = make_as_owner();
	else if (is_being_made(making))
		made = wait_for_maker(making);
	else
		made = making == MAKING_DONE;
	if (!made) {
		__atomic_fetch_add(&live()->dropped_early, 1, __ATOMIC_SEQ_CST);
		hand_over_dropped();
	}
	return made;
}

void recorder_leave(void)
{
	if (!__atomic_load_n(&live()->generation, __ATOMIC_ACQUIRE) || (!recorder.sandboxed && live()->pid != sys_getpid()))
		return;
	uint32_t expected = RECORDER_LIVE;
	if (!__atomic_compare_exchange_n(&recorder.header->state, &expected, RECORDER_EXITED, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return; /* dying, or already left */
	if (!recorder.anonymous && !recorder.sandboxed && recorder.identity->on_exit == 0)
		sys_unlinkat(AT_FDCWD, recorder.path);
}

bool recorder_note_exec(bool begins)
{
	if (!__atomic_load_n(&live()->generation, __ATOMIC_ACQUIRE) || recorder.asks_nobody || live()->pid != sys_getpid())
		return false;
	uint32_t expected = begins ? RECORDER_LIVE : RECORDER_REPLACED;
	return __atomic_compare_exchange_n(&recorder.header->state, &expected, begins ? RECORDER_REPLACED : RECORDER_LIVE, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void recorder_remove_parents(void)
{
	if (!recorder.anonymous && !recorder.sandboxed)
		sys_unlinkat(AT_FDCWD, recorder.path);
}
