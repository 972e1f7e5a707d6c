/*
 * config.h - what the TTLOG_ variables say in this process, read once by the constructor.
 *
 * Written by config_load() before any other thread can read it, read by everybody afterwards without locks; what changes later are the
 * levels, and what ttlog_init() is told.
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
	uint64_t given;  /* by the environment: a bit for each row of the table */
};

extern struct config config __attribute__((visibility("hidden")));

/* `program` names the service where TTLOG_SERVICE does not. Never fails: a bad value leaves the default and config.error. */
void config_load(char *const *environment, const char *program) __attribute__((visibility("hidden")));

/* For the snapshot, where nothing else has been wrong before: a row of the table and its bad value. */
void config_note_bad(const char *name, const char *value) __attribute__((visibility("hidden")));

/*
 * The levels of a recorder that has been made, which were copied at that epoch, are in force. Who changes levels changes them where they
 * are, and then looks whether they still are there; so what was copied is looked at once more from here, and no change is lost.
 */
void config_take_levels(struct levels *levels, const struct levels *copied, uint32_t epoch) __attribute__((visibility("hidden")));

/* Options of the program, one by one into a draft that begins as config.set. What the environment says stays. 0 or -EINVAL. */
int config_draft(struct variables *draft, const char *name, const char *value) __attribute__((visibility("hidden")));
/* The draft holds. By one thread at a time; others read meanwhile, so that what stays as it is is not written. */
void config_apply(const struct variables *draft) __attribute__((visibility("hidden")));
/* Whether the environment says something about it. */
bool config_is_given(const char *name) __attribute__((visibility("hidden")));

#endif
