#include "cgroup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static FILE *open_groups(int64_t pid)
{
	char path[64] = "/proc/self/cgroup";

	if (pid)
		snprintf(path, sizeof(path), "/proc/%" PRId64 "/cgroup", pid);
	return fopen(path, "re");
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
			snprintf(path, CGROUP_PATH_BYTES, "/sys/fs/cgroup/memory%.3900s/%s", group + 8, legacy);
		else if (!strncmp(line, "0::", 3))
			snprintf(path, CGROUP_PATH_BYTES, "/sys/fs/cgroup%.3900s/%s", line + 3, unified);
		else
			continue;
		found = true;
	}
	if (file)
		fclose(file);
	return found;
}
