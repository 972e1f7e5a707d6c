/*
 * raw_stacks.h - code that sets and asks for alternate signal stacks by raw system calls.
 *
 * The Go runtime asks libc for dispositions (in a program with cgo) and the kernel for stacks. So it finds the agent's stack, takes it
 * for its signal stack, and insists that its handlers run there. Everybody else is told that there is none.
 */
#ifndef TTLOG_CRASH_RAW_STACKS_H
#define TTLOG_CRASH_RAW_STACKS_H

#include <stdbool.h>

/*
 * Whether the code at this address belongs to such a module; true also where that cannot be found out (before glibc 2.35). Takes no
 * lock, async-signal-safe.
 */
bool raw_stacks_in_module_of(const void *code) __attribute__((visibility("hidden")));

#endif
