/*
 * deaths.h - snapshots of deaths that nobody died: as many as wanted, of known kinds, at known times.
 */
#ifndef TTLOG_TESTS_DEATHS_H
#define TTLOG_TESTS_DEATHS_H

#include "snapshot.h"

#define DEATH_TIME UINT64_C(1790000000000000000) /* 2026-09-21 14:13:20 UTC */
#define MINUTE_NS  (UINT64_C(60) * 1000000000)

/* What is left out: service "shop", SIGSEGV in "pay", pid 1, at DEATH_TIME. */
struct death {
	const char *service, *reason, *function;
	struct snapshot_text message; /* of abort() */
	int64_t pid;
	uint64_t at;
};

/* Writes it into the directory; the path lives as long as the test. */
const char *death_write(const char *directory, struct death death);

/* `count` of them in a fresh directory, in `kinds` functions pay_0, pay_1, ... in turn, a minute apart, with pids from `pid` on. */
const char *deaths_write(size_t count, size_t kinds, int64_t pid);

#endif
