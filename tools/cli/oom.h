/*
 * oom.h - has the kernel's out-of-memory killer struck? Counters before and after tell.
 */
#ifndef TTLOG_CLI_OOM_H
#define TTLOG_CLI_OOM_H

#include <stdbool.h>
#include <stdint.h>

struct oom_count {
	bool known, machine_known;
	uint64_t group;   /* oom_kill of our cgroup, which the child shares */
	uint64_t machine; /* oom_kill of /proc/vmstat */
};

struct oom_count oom_read(void);

/* A sentence for people, or NULL where nothing rose. */
const char *oom_compare(const struct oom_count *before, const struct oom_count *after);

#endif
