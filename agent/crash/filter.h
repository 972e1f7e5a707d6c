/*
 * filter.h - asks a seccomp filter, before it is installed, whether it would let the agent live.
 */
#ifndef TTLOG_CRASH_FILTER_H
#define TTLOG_CRASH_FILTER_H

#include <stdbool.h>

/*
 * True where the classic BPF program (`program` is a struct sock_fprog of the caller's, not believed) kills or traps few
 * calls, none of them one that the agent or its helper makes. False also where it decides by arguments, or cannot be read.
 * Makes system calls.
 */
bool filter_is_harmless(const void *program) __attribute__((visibility("hidden")));

/* True where it allows tgkill(2), whatever its arguments: a signal that was taken can be raised again. */
bool filter_lets_raise(const void *program) __attribute__((visibility("hidden")));

/* True where it allows getpid(2). */
bool filter_lets_ask(const void *program) __attribute__((visibility("hidden")));

#endif
