/*
 * tail_modules.h - which modules a living process has in memory, so that the callers of its events get a source line.
 *
 * They are read from /proc when an event comes from none of those that are known: a library was loaded. Single-threaded.
 */
#ifndef TTLOG_CLI_TAIL_MODULES_H
#define TTLOG_CLI_TAIL_MODULES_H

#include "snapshot.h"

#include <stdint.h>
#include <sys/types.h>

/* Begin with all zero. */
struct tail_modules {
	struct snapshot read[2]; /* the last two readings: events of the look before may still be held back */
	unsigned newest;
	uint64_t tried_ns; /* 0: never */
};

/*
 * Gives the snapshot of a look the modules; they stay until the second look after it. `recorder` is the file that the process has mapped
 * while it is the program that the events are of, and not one that exec(3) put in its place. A process of another mount namespace gets
 * none: its paths are other files here.
 */
void tail_modules_give(struct tail_modules *modules, struct snapshot *look, pid_t pid, const char *recorder, uint64_t now_ns);
void tail_modules_fini(struct tail_modules *modules);

#endif
