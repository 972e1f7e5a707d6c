#include "proc_number.h"

#include "shortage.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPACES_MAX 33 /* pid namespaces in each other: MAX_PID_NS_LEVEL of the kernel, and the first */

/* The number of "self"; 0: there is no /proc. */
static pid_t number_of_self(void)
{
	char link[32];
	const ssize_t bytes = readlink("/proc/self", link, sizeof(link) - 1);

	link[bytes > 0 ? bytes : 0] = 0;
	return (pid_t)strtol(link, NULL, 10);
}

bool proc_is_ours(void)
{
	const pid_t self = number_of_self();

	return self == 0 || self == getpid();
}

uint32_t proc_namespace(const char *entry)
{
	char path[PROC_PATH_BYTES], link[64];
	unsigned number;

	snprintf(path, sizeof(path), "/proc/%.64s/ns/pid", entry);
	const ssize_t bytes = readlink(path, link, sizeof(link) - 1);
	link[bytes > 0 ? bytes : 0] = 0;
	return sscanf(link, "pid:[%u]", &number) == 1 ? number : 0;
}

/* "NSpid:	4711	8": its number in /proc's namespace, and in each further one down to its own. How many; 0: it is gone; -errno. */
static int read_numbers(const char *entry, pid_t numbers[SPACES_MAX])
{
	char path[PROC_PATH_BYTES], line[512];
	int count = 0;

	snprintf(path, sizeof(path), "/proc/%.64s/status", entry);
	FILE *file = fopen(path, "re");
	if (!file)
		return is_shortage(errno) ? -errno : 0;
	while (count == 0 && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "NSpid:", 6) != 0)
			continue;
		char *at = line + 6, *end;
		for (long number; count < SPACES_MAX && (number = strtol(at, &end, 10)) > 0; at = end)
			numbers[count++] = (pid_t)number;
	}
	fclose(file);
	return count;
}

/* 1: it is, 0, -errno. */
static int is_number_in(const char *entry, uint32_t space, pid_t number)
{
	pid_t numbers[SPACES_MAX];

	if (proc_namespace(entry) != space)
		return 0;
	const int count = read_numbers(entry, numbers);
	return count < 0 ? count : count > 0 && numbers[count - 1] == number;
}

pid_t proc_number_in(uint32_t space, pid_t number)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;
	int result;

	if (!processes)
		return -errno;
	while ((result = next_entry(processes, &entry)) > 0 && !found) {
		const int same = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? is_number_in(entry->d_name, space, number)
										    : 0;
		found = same > 0 ? (pid_t)strtol(entry->d_name, NULL, 10) : same;
	}
	closedir(processes);
	return found || result >= 0 ? found : result;
}

pid_t proc_own_number(const char *entry)
{
	const char *slash = strrchr(entry, '/');
	const pid_t number = (pid_t)strtol(slash ? slash + 1 : entry, NULL, 10); /* 0: "..", "self" */
	pid_t numbers[SPACES_MAX];

	if (number <= 0 || proc_is_ours())
		return number;
	const int ours = read_numbers("self", numbers), own = ours > 0 ? numbers[ours - 1] : 0;
	const int count = own == getpid() ? read_numbers(entry, numbers) : 0;
	return count >= ours ? numbers[ours - 1] : 0;
}

pid_t proc_own_process(pid_t number)
{
	char entry[16];

	snprintf(entry, sizeof(entry), "%d", number);
	return proc_own_number(entry);
}

pid_t proc_number(pid_t pid)
{
	static _Thread_local pid_t last, last_number; /* one process is asked about many times, and all of /proc is read for it */
	const pid_t self = number_of_self();
	char entry[16];

	if (self == 0 || self == getpid())
		return pid;
	if (pid == getpid())
		return self;
	const uint32_t space = proc_namespace("self");
	snprintf(entry, sizeof(entry), "%d", last_number);
	if (last != pid || is_number_in(entry, space, pid) != 1) {
		last_number = proc_number_in(space, pid);
		last = pid;
	}
	return last_number;
}

struct proc_identity proc_identity_of(pid_t pid)
{
	pid_t numbers[SPACES_MAX];
	char entry[16];

	snprintf(entry, sizeof(entry), "%d", proc_number(pid));
	const int count = read_numbers(entry, numbers);
	const uint32_t space = count > 0 ? proc_namespace(entry) : 0;
	return (struct proc_identity){space, space ? numbers[count - 1] : 0};
}

void proc_path(char path[PROC_PATH_BYTES], pid_t pid, const char *name)
{
	const pid_t number = proc_number(pid);

	snprintf(path, PROC_PATH_BYTES, "/proc/%d/%s", number > 0 ? number : 0, name);
}
