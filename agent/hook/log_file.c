#include "log_file.h"

#include "lane.h"
#include "outlet.h"
#include "pattern.h"
#include "recorder_file.h"
#include "seldom.h"
#include "site.h"
#include "syscalls.h"

#include <errno.h>
#include <string.h>

enum { PATH_BYTES = 256 };

/* A path that matched, for good: its descriptors come and go, and its events name it. */
struct log_file {
	struct ttlog_site site;
	char path[PATH_BYTES];
};

SELDOM static struct log_file files[LOG_FILES];
static uint32_t files_used;
SELDOM static struct stream_slot slots[LOG_DESCRIPTORS];
static const char *patterns = "";

uint32_t log_descriptors;

void log_file_init(const char *globs)
{
	patterns = globs;
}

static struct log_file *find_file(const char *path)
{
	const uint32_t used = __atomic_load_n(&files_used, __ATOMIC_ACQUIRE);
	for (uint32_t i = 0; i < used && i < LOG_FILES; i++) {
		if (__atomic_load_n(&files[i].site.target, __ATOMIC_ACQUIRE) && strcmp(files[i].path, path) == 0)
			return &files[i];
	}
	return NULL;
}

/* Two threads that come with the same path at once make two entries of it: no harm. */
static struct log_file *add_file(const char *path)
{
	const size_t bytes = strnlen(path, PATH_BYTES);
	if (bytes == PATH_BYTES || __atomic_load_n(&files_used, __ATOMIC_RELAXED) >= LOG_FILES)
		return NULL;
	const uint32_t i = __atomic_fetch_add(&files_used, 1, __ATOMIC_ACQ_REL);
	if (i >= LOG_FILES)
		return NULL;
	struct log_file *file = &files[i];
	memcpy(file->path, path, bytes + 1);
	file->site.level = LEVEL_INFO;
	__atomic_store_n(&file->site.target, file->path, __ATOMIC_RELEASE);
	return file;
}

/* Asked only where something would change, so most opens and closes pay no system call; and in a sandbox none does. */
static bool in_foreign_memory(void)
{
	const int32_t pid = recorder_live_page.live.pid;
	return pid != 0 && !recorder.sandboxed && pid != sys_getpid();
}

static void set(int fd, struct log_file *file)
{
	struct stream_slot *slot = &slots[fd];
	struct log_file *before = __atomic_load_n(&slot->file, __ATOMIC_RELAXED);
	if (before == file || in_foreign_memory())
		return;
	slot->stream = NULL;
	slot->sink = SINK_UNKNOWN;
	__atomic_store_n(&slot->file, file, __ATOMIC_RELEASE);
	if (!before != !file)
		__atomic_fetch_add(&log_descriptors, file ? 1 : -1u, __ATOMIC_RELAXED);
}

static bool is_tracked(int fd)
{
	return fd > 2 && fd < LOG_DESCRIPTORS;
}

void log_file_opened(int fd, const char *path, bool writing)
{
	struct log_file *file = NULL;
	if (thread_state.own_descriptors)
		return;
	stream_forget_sink(fd);
	if (!is_tracked(fd))
		return;
	const int saved_errno = errno;
	if (writing && *patterns && pattern_list_matches(patterns, path)) {
		file = find_file(path);
		if (!file)
			file = add_file(path);
	}
	if (file || log_descriptors)
		set(fd, file);
	errno = saved_errno;
}

void log_file_copied(int from, int to)
{
	if (thread_state.own_descriptors)
		return;
	stream_forget_sink(to);
	if (!log_descriptors || !is_tracked(to) || from == to)
		return;
	struct stream_slot *slot = log_slot_find(from);
	set(to, slot ? slot->file : NULL);
}

void log_file_closing(int fd)
{
	if (thread_state.own_descriptors)
		return;
	stream_forget_sink(fd);
	if (log_descriptors && is_tracked(fd))
		set(fd, NULL);
}

void log_file_closing_range(unsigned first, unsigned last)
{
	for (unsigned fd = first; fd <= last && fd < LOG_DESCRIPTORS; fd++)
		log_file_closing((int)fd);
}

struct stream_slot *log_slot_find(int fd)
{
	const bool open = is_tracked(fd) && !thread_state.own_descriptors && __atomic_load_n(&slots[fd].file, __ATOMIC_ACQUIRE);
	return open ? &slots[fd] : NULL;
}

struct record_origin log_origin(struct log_file *file, const void *caller)
{
	return (struct record_origin){SOURCE_FILE, LEVEL_INFO, caller, site_id(&file->site)};
}
