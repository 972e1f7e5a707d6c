#include "memory_group.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { REMOVE_S = 10 };

static char group[4096];

static bool put(const char *name, const char *text)
{
	char path[4200];
	snprintf(path, sizeof(path), "%s/%s", group, name);
	const int file = open(path, O_WRONLY | O_CLOEXEC);
	const bool done = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
	if (file >= 0)
		close(file);
	return done;
}

/* Lines are "hierarchy:controllers:path". */
static bool find_own(void)
{
	char line[4096];
	bool found = false;
	FILE *file = fopen("/proc/self/cgroup", "re");
	while (file && fgets(line, sizeof(line), file)) {
		const char *legacy = strstr(line, ":memory:");
		line[strcspn(line, "\n")] = 0;
		if (legacy)
			snprintf(group, sizeof(group), "/sys/fs/cgroup/memory%.3900s", legacy + 8);
		else if (strncmp(line, "0::", 3) == 0 && !found)
			snprintf(group, sizeof(group), "/sys/fs/cgroup%.3900s", line + 3);
		else
			continue;
		found = true;
		if (legacy)
			break;
	}
	if (file)
		fclose(file);
	return found;
}

bool memory_group_make(size_t megabytes, const char **why)
{
	char limit[32];
	*why = "no control group with a memory controller";
	if (!find_own())
		return false;
	const size_t used = strlen(group);
	snprintf(group + used, sizeof(group) - used, "/ttlog-test-%d", (int)getpid());
	*why = "no right to make a control group";
	if (mkdir(group, 0755) != 0)
		return false;
	snprintf(limit, sizeof(limit), "%zu", megabytes << 20);
	*why = "the control group has no memory limit: the controller is not enabled for it";
	if (!put("memory.max", limit) && !put("memory.limit_in_bytes", limit)) {
		rmdir(group);
		return false;
	}
	(void)(put("memory.swap.max", "0") || put("memory.memsw.limit_in_bytes", limit));
	return true;
}

const char *memory_group_procs(void)
{
	static char path[4200];
	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	return path;
}

/* The kernel lets go of the last process a moment after it was waited for. */
void memory_group_remove(void)
{
	const time_t until = time(NULL) + REMOVE_S;
	while (rmdir(group) != 0)
		cr_assert(errno == EBUSY && time(NULL) < until, "%s: %s", group, strerror(errno));
}
