#include "sweep.h"

#include "clock.h"
#include "namespace.h"
#include "recorder.h"
#include "seldom.h"
#include "syscalls.h"
#include "text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/statfs.h>

enum { ENTRIES_BYTES = 4096, STAT_BYTES = 1024, NAME_BYTES = 40 };

#define STRANGER_NS (86400 * 1000000000ull)

/* getdents64(2) */
struct directory_entry {
	uint64_t inode, offset;
	uint16_t bytes;
	uint8_t type;
	char name[];
};

/* A recorder file by its name, <pid>-<when>.rec. */
struct found {
	const char *name;
	uint64_t when; /* monotonic ns: when its recorder was made */
	int pid;
};

struct dead {
	uint64_t when, bytes;
	char name[NAME_BYTES];
};

struct sweep {
	int directory, pid;
	uint32_t own_namespace; /* 0: not asked yet */
	uint64_t now;
	unsigned one_in; /* of the living: every how manyth is asked for its age; 0: none */
	unsigned files;  /* recorder files met */
	unsigned dead;
	uint64_t bytes; /* that they hold */
	unsigned oldest_count;
	struct recorder_header header;     /* of the file that is looked at */
	char stat[STAT_BYTES];             /* of the process that is asked for its age */
	struct dead oldest[SWEEP_AT_ONCE]; /* oldest first */
	char entries[ENTRIES_BYTES] __attribute__((aligned(8)));
};

/* Names -------------------------------------------------------------------------------------------------------------------- */

/* The number at *text in that base; *text moves behind it. */
static uint64_t take_number(const char **text, unsigned base)
{
	uint64_t number = 0;
	for (;; (*text)++) {
		const char c = **text;
		const unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				       : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
							      : 16;
		if (digit >= base)
			return number;
		number = number * base + digit;
	}
}

static bool parse(const struct directory_entry *entry, struct found *file)
{
	const char *at = file->name = entry->name;
	if (strlen(entry->name) >= NAME_BYTES)
		return false;
	const uint64_t pid = take_number(&at, 10);
	if (pid == 0 || pid > INT32_MAX || *at++ != '-')
		return false;
	file->pid = (int)pid;
	file->when = take_number(&at, 16);
	return strcmp(at, RECORDER_SUFFIX) == 0;
}

/* Life ----------------------------------------------------------------------------------------------------------------------- */

/*
 * When the process began, in monotonic ns; too early rather than too late. 0: not to be had. proc(5): field 22 of stat, in
 * 1/100 s of the clock that also counts sleep; how long the machine had slept by then is not known, only that it was no more
 * than it is now.
 */
static uint64_t began(struct sweep *sweep, int pid)
{
	char path[32], *data = sweep->stat;
	struct text_writer text = text_begin(path, sizeof(path));
	text_string(&text, "/proc/");
	text_number(&text, (unsigned)pid, 10);
	text_string(&text, "/stat");
	const int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	const long bytes = fd < 0 ? fd : sys_read(fd, data, STAT_BYTES - 1);
	if (fd >= 0)
		sys_close(fd);
	if (bytes <= 0)
		return 0;
	data[bytes] = 0;
	const char *at = strrchr(data, ')'); /* the name before it may hold anything */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return 0;
	at++;
	const uint64_t since_boot = take_number(&at, 10) * 10000000u;
	const uint64_t awake = clock_ns(CLOCK_MONOTONIC);
	const uint64_t slept = clock_ns(CLOCK_BOOTTIME) - awake;
	return since_boot > slept ? since_boot - slept : 0;
}

/* The file is older than the process that now bears its pid. */
static bool is_recycled(struct sweep *sweep, const struct found *file)
{
	return file->when < began(sweep, file->pid);
}

/* Asking for an age costs more than all else: of many living only some are asked, others each time. */
static bool is_dead(struct sweep *sweep, const struct found *file)
{
	if ((int)SYS2(SYS_kill, file->pid, 0) == -ESRCH)
		return true;
	return sweep->one_in && (sweep->files + (unsigned)(sweep->now >> 12)) % sweep->one_in == 0 && is_recycled(sweep, file);
}

/* Contents ------------------------------------------------------------------------------------------------------------------- */

static bool read_header(int fd, struct recorder_header *header)
{
	return SYS4(SYS_pread64, fd, header, sizeof(*header), 0) == (long)sizeof(*header) &&
	       memcmp(header->magic, RECORDER_MAGIC, sizeof(header->magic)) == 0 && header->version == RECORDER_VERSION;
}

/* Nobody will ask for it: its process ended well, became another program, or has its snapshot. Not what TTLOG_ON_EXIT keeps for `ttlog run`. */
static bool is_spent(int fd, const struct recorder_header *header)
{
	uint32_t on_exit = 1;
	if (header->state != RECORDER_EXITED)
		return header->state == RECORDER_CAPTURED || header->state == RECORDER_REPLACED;
	const uint64_t at = header->identity_offset + offsetof(struct recorder_identity, on_exit);
	return SYS4(SYS_pread64, fd, &on_exit, sizeof(on_exit), at) == (long)sizeof(on_exit) && on_exit == 0;
}

/*
 * Of another pid namespace: no process here having its number says nothing. It is let be for a day, however it ended; then it counts as any
 * other, so that what is left of namespaces that come and go has a bound.
 */
static bool is_stranger(struct sweep *sweep, const struct found *file, const struct recorder_header *header)
{
	if (!header->pid_namespace || sweep->now > file->when + STRANGER_NS)
		return false;
	if (!sweep->own_namespace)
		sweep->own_namespace = pid_namespace();
	return header->pid_namespace != sweep->own_namespace;
}

/* The oldest stay in `oldest`, in order; the newest of them gives way. */
static void note_dead(struct sweep *sweep, const struct found *file, uint64_t bytes)
{
	unsigned at = sweep->oldest_count;
	sweep->dead++;
	sweep->bytes += bytes;
	if (at == SWEEP_AT_ONCE && file->when >= sweep->oldest[at - 1].when)
		return;
	if (at < SWEEP_AT_ONCE)
		sweep->oldest_count++;
	else
		at--;
	for (; at > 0 && sweep->oldest[at - 1].when > file->when; at--)
		sweep->oldest[at] = sweep->oldest[at - 1];
	sweep->oldest[at].when = file->when;
	sweep->oldest[at].bytes = bytes;
	memcpy(sweep->oldest[at].name, file->name, strlen(file->name) + 1);
}

static void look_at_dead(struct sweep *sweep, const struct found *file)
{
	struct recorder_header *header = &sweep->header;
	struct stat status;
	const int fd = sys_openat(sweep->directory, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sys_fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == sys_geteuid()) {
		const bool known = read_header(fd, header);
		if (known && is_stranger(sweep, file, header))
			;
		else if (known && is_spent(fd, header))
			sys_unlinkat(sweep->directory, file->name);
		else
			note_dead(sweep, file, (uint64_t)status.st_blocks * 512);
	}
	sys_close(fd);
}

/* The directory ---------------------------------------------------------------------------------------------------------------- */

static void look_at(struct sweep *sweep, const struct found *file)
{
	sweep->files++;
	if (file->pid == sweep->pid || is_dead(sweep, file))
		look_at_dead(sweep, file);
}

static void read_directory(struct sweep *sweep)
{
	SYS3(SYS_lseek, sweep->directory, 0, 0);
	for (long bytes; (bytes = SYS3(SYS_getdents64, sweep->directory, sweep->entries, sizeof(sweep->entries))) > 0;) {
		for (long at = 0; at < bytes;) {
			const struct directory_entry *entry = (const void *)(sweep->entries + at);
			struct found file;
			at += entry->bytes;
			if (parse(entry, &file))
				look_at(sweep, &file);
		}
	}
}

static uint64_t bytes_allowed(int directory)
{
	struct statfs system;
	if (SYS2(SYS_fstatfs, directory, &system) != 0 || system.f_blocks == 0)
		return SWEEP_BYTES;
	const uint64_t share = system.f_blocks * (uint64_t)system.f_bsize / SWEEP_SHARE;
	return share < SWEEP_BYTES ? share : SWEEP_BYTES;
}

/* The newest stays whatever it holds: it is what somebody may be about to ask for. */
static void remove_oldest(struct sweep *sweep)
{
	const uint64_t allowed = sweep->dead > 1 ? bytes_allowed(sweep->directory) : UINT64_MAX;
	for (unsigned i = 0; i < sweep->oldest_count && sweep->dead > 1; i++) {
		if (sweep->dead <= SWEEP_KEEP && sweep->bytes <= allowed)
			return;
		sys_unlinkat(sweep->directory, sweep->oldest[i].name);
		sweep->dead--;
		sweep->bytes -= sweep->oldest[i].bytes;
	}
}

/* About how many entries it has: tmpfs counts 20 bytes for each, other file systems not much less. Wrong, it costs time and no more. */
static unsigned entries_about(int directory)
{
	struct stat status;
	return sys_fstat(directory, &status) == 0 ? (unsigned)(status.st_size / 20) : 0;
}

/* `one_in`: of the living, every how manyth is asked for its age; 0: none. */
static void sweep_closely(int directory, int pid, uint64_t now, unsigned one_in)
{
	/* 8 KB, which a thread with a stack of 16 may not have: a process has one maker of its recorder. */
	SELDOM static struct sweep sweep;
	sweep.directory = directory;
	sweep.pid = pid;
	sweep.own_namespace = 0;
	sweep.now = now;
	sweep.one_in = one_in && proc_is_ours() ? one_in : 0;
	sweep.files = sweep.dead = sweep.oldest_count = 0;
	sweep.bytes = 0;
	read_directory(&sweep);
	remove_oldest(&sweep);
}

void sweep_all(int directory, int pid, uint64_t now)
{
	sweep_closely(directory, pid, now, 1);
}

/* By the clock, not by the pid: pids come in patterns. */
static bool is_chosen(uint64_t now)
{
	return (now >> 10) * 0x9e3779b97f4a7c15u >> 32 < (1ull << 32) / SWEEP_ONE_IN;
}

void sweep_dead(int directory, int pid, uint64_t now)
{
	const unsigned entries = entries_about(directory);
	const bool chosen = is_chosen(now);
	if (chosen || entries <= SWEEP_FEW)
		sweep_closely(directory, pid, now, chosen ? 1 + entries / SWEEP_FEW : 0);
}
