#include "cgroup.h"
#include "snapshot.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define TEXT_BYTES 4096u

/* The whole of a small file of /proc, /sys or /etc; false where it cannot be read. */
static bool read_text(const char *path, char text[TEXT_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = fd < 0 ? -1 : read(fd, text, TEXT_BYTES - 1);

	if (fd >= 0)
		close(fd);
	text[got > 0 ? got : 0] = '\0';
	return got > 0;
}

/* os-release(5): PRETTY_NAME="Debian GNU/Linux 12 (bookworm)". */
static const char *os_name(struct arena *arena)
{
	static const char key[] = "PRETTY_NAME=";
	char text[TEXT_BYTES], *at, *end;

	if (!read_text("/etc/os-release", text) || !(at = strstr(text, key)))
		return "Linux";
	at += sizeof(key) - 1;
	at += *at == '"';
	end = at + strcspn(at, "\"\n");
	return arena_bytes(arena, at, (size_t)(end - at));
}

static uint64_t resident_bytes(int64_t pid)
{
	char path[64], text[TEXT_BYTES];
	uint64_t pages = 0;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/statm", pid);
	if (!read_text(path, text) || sscanf(text, "%*u %" SCNu64, &pages) != 1)
		return 0;
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Version 2 says "max" where there is no limit, version 1 a number near 2^63. */
static uint64_t memory_limit(int64_t pid)
{
	const uint64_t unlimited = (uint64_t)1 << 60;
	char path[CGROUP_PATH_BYTES], text[TEXT_BYTES];
	uint64_t limit = 0;

	if (!cgroup_memory_file(pid, "memory.max", "memory.limit_in_bytes", path) || !read_text(path, text))
		return 0;
	return sscanf(text, "%" SCNu64, &limit) == 1 && limit < unlimited ? limit : 0;
}

void snapshot_add_system(struct snapshot *snapshot, int64_t pid)
{
	struct utsname machine;
	double load[1];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (uname(&machine) == 0) {
		snapshot->hostname = arena_string(&snapshot->arena, machine.nodename);
		snapshot->system.kernel = arena_string(&snapshot->arena, machine.release);
		snapshot->system.arch = arena_string(&snapshot->arena, machine.machine);
	}
	snapshot->system.os = os_name(&snapshot->arena);
	snapshot->system.cpus = cpus > 0 ? (uint32_t)cpus : 0;
	if (getloadavg(load, 1) == 1)
		snapshot->system.load = load[0];
	if (pid > 0) {
		snapshot->system.rss = resident_bytes(pid);
		snapshot->system.memory_limit = memory_limit(pid);
	}
}
