/*
 * cgroup.h - files of the memory controller of a process's control group, version 2 or 1: cgroups(7).
 */
#ifndef TTLOG_SNAPSHOT_CGROUP_H
#define TTLOG_SNAPSHOT_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define CGROUP_PATH_BYTES (PATH_MAX + 64u)

/*
 * The path of `unified` ("memory.max") in the group of `pid` (0: the caller), or of `legacy` ("memory.limit_in_bytes") where a
 * version 1 memory controller is in use. False where neither can be found; the file need not exist.
 */
bool cgroup_memory_file(int64_t pid, const char *unified, const char *legacy, char path[CGROUP_PATH_BYTES]);

/* The number in that file; 0 where there is none, or no limit. */
uint64_t cgroup_memory_number(int64_t pid, const char *unified, const char *legacy);

#endif
