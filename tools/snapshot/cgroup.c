#include "cgroup.h"

#include "proc_number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static FILE *open_groups(int64_t pid)
{
	char path[PROC_PATH_BYTES] = "/proc/self/cgroup";

	if (pid)
		proc_path(path, (pid_t)pid, "cgroup");
	return fopen(path, "re");
}

/* In a container the hierarchy is often mounted at its own group, whose path in /proc is the one outside. */
static void place(const char *root, const char *group, const char *file, char path[CGROUP_PATH_BYTES])
{
	snprintf(path, CGROUP_PATH_BYTES, "%s%.3900s/%s", root, group, file);
	if (access(path, F_OK) != 0)
		snprintf(path, CGROUP_PATH_BYTES, "%s/%s", root, file);
}

/* Lines are "hierarchy:controllers:path"; version 2 is hierarchy 0 without controllers. */
bool cgroup_memory_file(int64_t pid, const char *unified, const char *legacy, char path[CGROUP_PATH_BYTES])
{
	FILE *file = open_groups(pid);
	char line[PATH_MAX];
	bool found = false, version1 = false;

	while (file && !version1 && fgets(line, sizeof(line), file)) {
		char *group = strstr(line, ":memory:");
		line[strcspn(line, "\n")] = '\0';
		version1 = group != NULL;
		if (version1)
			place("/sys/fs/cgroup/memory", group + 8, legacy, path);
		else if (!strncmp(line, "0::", 3))
			place("/sys/fs/cgroup", line + 3, unified, path);
		else
			continue;
		found = true;
	}
	if (file)
		fclose(file);
	return found;
}

/* Version 2 says "max" where there is no limit, version 1 a number near 2^63. */
uint64_t cgroup_memory_number(int64_t pid, const char *unified, const char *legacy)
{
	const uint64_t unlimited = (uint64_t)1 << 60;
	char path[CGROUP_PATH_BYTES];
	uint64_t number = 0;
	FILE *file;

	if (!cgroup_memory_file(pid, unified, legacy, path))
		return 0;
	file = fopen(path, "re");
	if (file && fscanf(file, "%" SCNu64, &number) != 1)
		number = 0;
	if (file)
		fclose(file);
	return number < unlimited ? number : 0;
}
