/*
 * namespace.h - in which pid namespace this process is: its pid means nothing in another one, nor do the numbers of
 * /proc, where that was mounted in another one.
 *
 * Async-signal-safe: one or two system calls.
 */
#ifndef TTLOG_SYS_NAMESPACE_H
#define TTLOG_SYS_NAMESPACE_H

#include "syscalls.h"

#include <stdbool.h>

/* "pid:[4026531836]": the number, which no other namespace of the machine has at the same time (namespaces(7)). 0: not to be had. */
static inline uint32_t pid_namespace(void)
{
	char link[32];
	const long bytes = sys_readlinkat(AT_FDCWD, "/proc/self/ns/pid", link, sizeof(link));
	uint32_t number = 0;
	for (long i = 0; i < bytes; i++) {
		if (link[i] >= '0' && link[i] <= '9')
			number = number * 10 + (uint32_t)(link[i] - '0');
	}
	return number;
}

/* Whether the numbers in /proc are ours: not after unshare --pid, or bwrap --unshare-pid, that did not mount it anew. False: nor is there a /proc. */
static inline bool proc_is_ours(void)
{
	char link[32];
	const long bytes = sys_readlinkat(AT_FDCWD, "/proc/self", link, sizeof(link));
	int number = 0;
	for (long i = 0; i < bytes; i++)
		number = number * 10 + (link[i] - '0');
	return number == sys_getpid();
}

#endif
