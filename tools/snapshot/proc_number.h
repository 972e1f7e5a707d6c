/*
 * proc_number.h - which process of /proc a number of ours is.
 *
 * /proc has the numbers of the pid namespace that it was mounted in (pid_namespaces(7)). That is another one than ours where a namespace was
 * made and /proc was not mounted anew: `unshare --pid --fork`, `bwrap --unshare-pid --dev-bind / /`. There /proc/8 is not our process 8, but
 * any other. Any thread; no allocation.
 */
#ifndef TTLOG_SNAPSHOT_PROC_NUMBER_H
#define TTLOG_SNAPSHOT_PROC_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROC_PATH_BYTES 96u

/* Numbers mean there what they mean here; also where there is no /proc, which then says so itself. */
bool proc_is_ours(void);

/* The number by which /proc has our process `pid`. 0: it shows none; -errno: it cannot be known for want of descriptors or memory. */
pid_t proc_number(pid_t pid);

/* The number that a process or thread of ours, "4711" or "4711/task/4712" of /proc, has here. 0: it is of no namespace of ours, or gone. */
pid_t proc_own_number(const char *entry);

/* The same of a process by its number there. */
pid_t proc_own_process(pid_t number);

/* The process of /proc that is `number` in the pid namespace `space`, the inode of its ns/pid: as proc_number(). */
pid_t proc_number_in(uint32_t space, pid_t number);

/* The pid namespace of a process of /proc, or of "self". 0: not to be had. */
uint32_t proc_namespace(const char *entry);

/* A process by the number that it has in its own pid namespace, as its recorder names it: ours, or one within. */
struct proc_identity {
	uint32_t space; /* 0: not to be had */
	pid_t number;
};
struct proc_identity proc_identity_of(pid_t pid);

/* "/proc/NUMBER/name" of our process `pid`; a path of nothing where it has no number there. */
void proc_path(char path[PROC_PATH_BYTES], pid_t pid, const char *name);

#endif
