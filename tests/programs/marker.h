/*
 * marker.h - the system call by which the program faulty tells inject that what comes from now on is its death.
 */
#ifndef TTLOG_TESTS_MARKER_H
#define TTLOG_TESTS_MARKER_H

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MARKER_CALL     SYS_getpriority
#define MARKER_ARGUMENT 7474 /* no such kind of process group: answers EINVAL */

/* sends: the signal comes of a tgkill(2) or kill(2) of the program's own. */
static inline void marker_set(int sends)
{
	syscall(MARKER_CALL, MARKER_ARGUMENT, sends);
}

#endif
