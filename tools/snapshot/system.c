#include "snapshot.h"

#include <fcntl.h>
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
	if (pid > 0)
		snapshot_add_process(snapshot, pid);
}
