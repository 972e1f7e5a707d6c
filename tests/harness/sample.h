/*
 * sample.h - snapshots made for a test of what reads them: known events, at a known time.
 */
#ifndef TTLOG_TESTS_SAMPLE_H
#define TTLOG_TESTS_SAMPLE_H

#include "snapshot.h"

#define SAMPLE_END UINT64_C(1790000000000000000) /* 2026-09-21 14:13:20 UTC */

/* An event `before_us` microseconds before the end. */
#define SAMPLE_EVENT(before_us, level_, source_, tid_, text_)                                                                      \
	{                                                                                                                          \
		.timestamp = SAMPLE_END - (uint64_t)(before_us)*1000, .level = level_, .source = source_, .tid = tid_,             \
		.message = {                                                                                                       \
			text_,                                                                                                     \
			sizeof(text_) - 1                                                                                          \
		}                                                                                                                  \
	}

/* A service "sample", pid 4711, that died of SIGSEGV, written into place_storage(). The path lives as long as the test. */
const char *sample_write(struct snapshot_event *events, size_t count);

/* So many events, each "event N of many" from 1 on, a microsecond apart, by threads 100 to 103. */
const char *sample_write_many(size_t count);

#endif
