/*
 * sweep.h - removes what earlier processes left in the recorder directory.
 *
 * A process that calls exec, or is killed while nobody runs `ttlog recover`, leaves its file; without a bound /dev/shm would fill. Called when a
 * recorder is made. Async-signal-safe; system calls only; a directory that cannot be read is left alone.
 */
#ifndef TTLOG_RING_SWEEP_H
#define TTLOG_RING_SWEEP_H

/* Recorder files of dead processes that stay for `ttlog recover`. */
#define SWEEP_KEEP 64u

/* `directory` is an open descriptor of it. Removes the oldest files of dead processes beyond SWEEP_KEEP. */
void sweep_dead(int directory) __attribute__((visibility("hidden")));

#endif
