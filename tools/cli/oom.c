#include "oom.h"

#include "cgroup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool read_counter(const char *path, uint64_t *count)
{
	FILE *file = fopen(path, "re");
	char line[256];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "oom_kill %" SCNu64, count) == 1;
	if (file)
		fclose(file);
	return found;
}

struct oom_count oom_read(void)
{
	struct oom_count count = {0};
	char path[CGROUP_PATH_BYTES];

	count.known = cgroup_memory_file(0, "memory.events", "memory.oom_control", path) && read_counter(path, &count.group);
	count.machine_known = read_counter("/proc/vmstat", &count.machine);
	return count;
}

void oom_add_evidence(struct snapshot *snapshot, const struct oom_count *before)
{
	struct oom_count after = oom_read();

	if (before->known && after.known && after.group > before->group) {
		snapshot->oom.present = true;
		snapshot->oom.scope = "cgroup";
		snapshot->oom.kills = after.group - before->group;
		snapshot->oom.limit = cgroup_memory_number(0, "memory.max", "memory.limit_in_bytes");
		snapshot->oom.used = cgroup_memory_number(0, "memory.peak", "memory.max_usage_in_bytes");
	} else if (before->machine_known && after.machine_known && after.machine > before->machine) {
		snapshot->oom.present = true;
		snapshot->oom.scope = "machine";
		snapshot->oom.kills = after.machine - before->machine;
	}
}
