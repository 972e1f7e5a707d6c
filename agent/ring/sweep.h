/*
 * sweep.h - removes what earlier processes left in the recorder directory.
 *
 * A process that is killed while nobody runs `ttlog recover`, or that changed its user and may not remove its file, leaves it;
 * without a bound /dev/shm would fill. What goes: files that nobody will want any more (exited, replaced by exec, captured),
 * and the oldest of the dead beyond SWEEP_KEEP files or SWEEP_BYTES of memory. What stays: all files of the living, for a day those
 * of another pid namespace, of which nobody here knows who lives, the newest of the dead, and whatever is no recorder file of this user. Nothing is followed, nothing is trusted but the name, and what
 * the header says only where its owner is dead.
 *
 * Making a recorder is on the path of every process that says something, so a directory with more than SWEEP_FEW entries is
 * read by one process of SWEEP_ONE_IN only. Called when a recorder is made. Async-signal-safe; system calls only; some 2 KB of
 * stack. One at a time in a process: what it needs besides is static.
 */
#ifndef TTLOG_RING_SWEEP_H
#define TTLOG_RING_SWEEP_H

#include <stdint.h>

enum {
	SWEEP_KEEP = 64,         /* files of the dead that stay for `ttlog recover` */
	SWEEP_BYTES = 256 << 20, /* of memory that they may hold: some 250 processes with one thread and full history */
	SWEEP_SHARE = 8,         /* but no more than this part of the file system: a container's /dev/shm is 64 MB */
	SWEEP_FEW = 8,
	SWEEP_ONE_IN = 8,
	SWEEP_AT_ONCE = 32, /* more than SWEEP_ONE_IN: it gets ahead of processes that each leave a file */
};

/*
 * `directory` is an open descriptor of it, `pid` the calling process, which has no recorder yet: a file of that pid is its own
 * from before an exec, or that of a dead process with the same number. `now` is CLOCK_MONOTONIC in nanoseconds; chance is
 * drawn from it.
 */
void sweep_dead(int directory, int pid, uint64_t now) __attribute__((visibility("hidden")));

/* The same, looking at every file. */
void sweep_all(int directory, int pid, uint64_t now) __attribute__((visibility("hidden")));

#endif
