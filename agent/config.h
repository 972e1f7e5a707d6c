/*
 * config.h - what the TTLOG_ variables say in this process, read once by the constructor.
 *
 * Written by config_load() before any other thread can read it, read by everybody afterwards without locks; only the levels change.
 */
#ifndef TTLOG_CONFIG_H
#define TTLOG_CONFIG_H

#include "variables.h"

struct config {
	struct variables set; /* storage is absolute */
	struct levels own_levels;
	struct levels *levels; /* those in force: the recorder's where there is one, and in a forked child its parent's at first */
	char run_id[32];
	char error[160]; /* first bad value, one sentence; empty: none */
};

extern struct config config __attribute__((visibility("hidden")));

/* `program` names the service where TTLOG_SERVICE does not. Never fails: a bad value leaves the default and config.error. */
void config_load(char *const *environment, const char *program) __attribute__((visibility("hidden")));

#endif
