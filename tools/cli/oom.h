/*
 * oom.h - has the kernel's out-of-memory killer struck? Counters before and after tell.
 */
#ifndef TTLOG_CLI_OOM_H
#define TTLOG_CLI_OOM_H

#include "snapshot.h"

#include <stdbool.h>
#include <stdint.h>

struct oom_count {
	bool known, machine_known;
	uint64_t group;   /* oom_kill of our cgroup, which the child shares */
	uint64_t machine; /* oom_kill of /proc/vmstat */
};

struct oom_count oom_read(void);

/* snapshot->oom: what rose since `before`, in our control group or else on the machine. Nothing where nothing did. */
void oom_add_evidence(struct snapshot *snapshot, const struct oom_count *before);

#endif
