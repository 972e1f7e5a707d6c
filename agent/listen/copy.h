/*
 * copy.h - where no helper can be had (a missing file, a limit of processes, a filter of system calls), a snapshot of the living process is a
 * copy of its recorder: the events, without the stacks. The tools read it as they read a snapshot.
 */
#ifndef TTLOG_LISTEN_COPY_H
#define TTLOG_LISTEN_COPY_H

/* <storage>/ttlog-<service>-<pid>-<UTC>-<reason>.rec. By the writer thread. 0 or -errno. */
int copy_recorder(const char *reason) __attribute__((visibility("hidden")));

#endif
