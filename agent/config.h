/*
 * config.h - what the TTLOG_ variables say (variables.h is their table), read once by the constructor.
 *
 * Written by config_load() before any other thread of the agent's can exist, read by everybody afterwards without locks.
 * Strings are copies: programs overwrite their environment (setproctitle).
 */
#ifndef TTLOG_CONFIG_H
#define TTLOG_CONFIG_H

#include "recorder.h"

#include <stdbool.h>
#include <stdint.h>

enum capture_kind {
	CAPTURE_STDOUT = 1u << 0, /* descriptor 1: stdio and write */
	CAPTURE_STDERR = 1u << 1,
	CAPTURE_SYSLOG = 1u << 2,
	CAPTURE_ABORT = 1u << 3,
};

struct config {
	bool disabled;
	bool quiet;
	bool debug;
	uint32_t capture; /* set of enum capture_kind */
	uint64_t signals; /* bit n - 1: deaths by signal n are captured */
	uint32_t level;
	uint32_t capacity;
	uint32_t capture_timeout_ms;
	uint32_t keep_snapshots, keep_mb;
	uint32_t on_exit;
	char service[64];
	char storage[1024]; /* absolute */
	char run_id[32];
	char error[160]; /* first bad value, one sentence; empty: none */
};

extern struct config config __attribute__((visibility("hidden")));

/* `program` names the service where TTLOG_SERVICE does not. Never fails: a bad value leaves the default and config.error. */
void config_load(char *const *environment, const char *program) __attribute__((visibility("hidden")));

/* "SIGSEGV" for a signal that can be captured, "a signal" for another. Async-signal-safe. */
const char *config_signal_name(int signal) __attribute__((visibility("hidden")));

#endif
