#include "recorder_owner.h"

#include "recorder.h"
#include "recorder_place.h"
#include "shortage.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_NAMESPACE 0xeffffffcu /* PROC_PID_INIT_INO of the kernel: all processes are seen from there */

/* 0: not to be had. */
static uint32_t namespace_of(const char *process)
{
	char path[PATH_MAX], link[64];
	unsigned number;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/pid", process);
	const ssize_t bytes = readlink(path, link, sizeof(link) - 1);
	link[bytes > 0 ? bytes : 0] = 0;
	return sscanf(link, "pid:[%u]", &number) == 1 ? number : 0;
}

/* Of the recorder; 0: unknown, as in older files. -errno: cannot be known now. */
static int64_t namespace_in(const char *path)
{
	struct recorder_header header = {.version = 0};
	const int fd = recorder_open_at(path, false);
	const ssize_t got = fd >= 0 ? pread(fd, &header, sizeof(header), 0) : -1;
	const int why = fd < 0 ? -fd : got < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	if (is_shortage(why))
		return -why;
	return got == (ssize_t)sizeof(header) && memcmp(header.magic, RECORDER_MAGIC, sizeof(header.magic)) == 0
		       ? header.pid_namespace
		       : 0;
}

/* The number that the process has in its own namespace: the last of "NSpid: 4711 8". 0: it is gone. */
static pid_t own_number(const char *process)
{
	char path[PATH_MAX], line[256];
	long number = 0;

	snprintf(path, sizeof(path), "/proc/%.20s/status", process);
	FILE *file = fopen(path, "re");
	if (!file)
		return is_shortage(errno) ? -errno : 0;
	while (fgets(line, sizeof(line), file)) {
		const char *last = strrchr(line, '\t');
		if (strncmp(line, "NSpid:", 6) == 0 && last)
			number = strtol(last, NULL, 10);
	}
	fclose(file);
	return (pid_t)number;
}

/* 0: nobody here; -errno. */
static pid_t find(uint32_t space, pid_t number)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;
	int result;

	if (!processes)
		return -errno;
	while ((result = next_entry(processes, &entry)) > 0 && !found) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || namespace_of(entry->d_name) != space)
			continue;
		const pid_t own = own_number(entry->d_name);
		if (own == number || own < 0)
			found = own < 0 ? own : (pid_t)strtol(entry->d_name, NULL, 10);
	}
	closedir(processes);
	return found || result >= 0 ? found : result;
}

int recorder_owner(const char *path, pid_t *pid)
{
	const int64_t space = namespace_in(path);
	const uint32_t own = space > 0 ? namespace_of("self") : 0;

	if (space < 0)
		return (int)space;
	if (space == own || !own)
		return OWNER_AS_NAMED;
	const pid_t found = find((uint32_t)space, *pid);
	if (found < 0)
		return found;
	if (found) {
		*pid = found;
		return OWNER_FOUND;
	}
	return own == FIRST_NAMESPACE ? OWNER_AS_NAMED : OWNER_UNSEEN;
}
